"""Pictures of a turn: shown to models that see, said to be unseen to those that do not."""

from __future__ import annotations

import asyncio
import base64
import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image as Pillow

from tests.reasoning.prompted.conftest import Json, dialogue, says
from vigilbot.models import Image
from vigilbot.reasoning.deadline import within
from vigilbot.reasoning.prompted.pictures import Pictures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.reasoning.prompted.conftest import Thinking
    from tests.standins.aimock import Aimock
    from vigilbot.reasoning.prompted import PromptedReasoner

pytestmark = pytest.mark.asyncio(loop_scope="session")

GOOD = says("identify", {"reasoning": "", "scope": "within_scope"})
REWRITTEN = says("rewrite", {"reasoning": "", "question": "q", "sub_questions": []})


def png(width: int = 2000, height: int = 1000) -> bytes:
    out = io.BytesIO()
    Pillow.new("RGB", (width, height), "teal").save(out, "PNG")
    return out.getvalue()


def turn(*locations: str) -> Json:
    return {"images": tuple(Image(location, "image/png", location) for location in locations)}


async def asked(reasoner: PromptedReasoner, llm: Aimock, *locations: str) -> Sequence[Json]:
    """Identify a turn with these pictures; returns the parts of the last prompt's user message."""
    await reasoner.identify(dialogue("see the picture", **turn(*locations)))
    content = (await llm.requests())[-1]["messages"][1]["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


async def test_a_picture_is_shown_made_small(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace([GOOD])
    async with thinking(pictures={"a.png": png()}) as reasoner:
        text, picture = await asked(reasoner, llm, "a.png")
    assert "1 picture(s) of the turn are attached." in text["text"]
    assert 'pictures="1">see the picture' in text["text"]
    kind, data = picture["image_url"]["url"].split(",")
    assert kind == "data:image/png;base64"
    with Pillow.open(io.BytesIO(base64.b64decode(data))) as shown:
        assert shown.size == (1568, 784)


@pytest.mark.parametrize(
    "data", [b"<html><script>alert(1)</script></html>", png()[:200], b"", None], ids=["html", "broken", "empty", "gone"]
)
async def test_what_is_no_picture_is_said_to_be_unseen(llm: Aimock, thinking: Thinking, data: bytes | None) -> None:
    await llm.replace([GOOD])
    async with thinking(pictures={"bad.png": data} if data is not None else {}) as reasoner:
        (text,) = await asked(reasoner, llm, "bad.png")
    assert "1 picture(s) of the turn could not be seen; do not guess what they show." in text["text"]


async def test_good_and_bad_pictures_are_told_apart(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace([GOOD])
    async with thinking(pictures={"a.png": png(20, 20), "b.png": b"no"}) as reasoner:
        text, *shown = await asked(reasoner, llm, "a.png", "b.png")
    assert len(shown) == 1
    assert "1 picture(s) of the turn are attached." in text["text"]
    assert "1 picture(s) of the turn could not be seen" in text["text"]


async def test_a_model_known_not_to_see_is_told_so_without_fetching(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace([GOOD])
    async with thinking(model="gpt-3.5-turbo", pictures={}) as reasoner:
        (text,) = await asked(reasoner, llm, "a.png")
    assert "1 picture(s) of the turn could not be seen" in text["text"]


async def test_an_endpoint_that_rejects_pictures_is_asked_without(llm: Aimock, thinking: Thinking) -> None:
    refused = {"error": {"message": "x is not a multimodal model", "type": "invalid_request_error"}, "status": 400}
    await llm.replace([{"match": {"sequenceIndex": 0}, "response": refused}, GOOD])
    async with thinking(pictures={"a.png": png(20, 20)}) as reasoner:
        (text,) = await asked(reasoner, llm, "a.png")
    assert "1 picture(s) of the turn could not be seen" in text["text"]
    first, second = await llm.requests()
    assert isinstance(first["messages"][1]["content"], list)
    assert "response_format" in second


async def test_identify_and_rewrite_fetch_a_picture_once(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace([GOOD, REWRITTEN])
    fetched: list[str] = []

    class Counted(dict[str, bytes]):
        def __getitem__(self, location: str) -> bytes:
            fetched.append(location)
            return super().__getitem__(location)

    async with thinking(pictures=Counted({"a.png": png(20, 20)})) as reasoner:
        shown = dialogue("see", **turn("a.png"))
        await asyncio.gather(reasoner.identify(shown), reasoner.rewrite(shown))
    assert fetched == ["a.png"]
    assert all(len(request["messages"][1]["content"]) == 2 for request in await llm.requests())


async def test_only_the_newest_few_are_shown(llm: Aimock, thinking: Thinking) -> None:
    await llm.replace([GOOD])
    names = [f"{n}.png" for n in range(6)]
    async with thinking(pictures={name: png(20, 20) for name in names}) as reasoner:
        text, *shown = await asked(reasoner, llm, *names)
    assert len(shown) == 4
    assert "2 picture(s) of the turn could not be seen" in text["text"]


async def test_a_slow_picture_leaves_the_model_its_time() -> None:
    async def fetch(image: Image) -> bytes:
        await asyncio.sleep(60)
        return image.name.encode()

    async with within(0.4):
        assert await Pictures(fetch).data_urls(dialogue("see", **turn("a.png")).turn_messages) == ()
