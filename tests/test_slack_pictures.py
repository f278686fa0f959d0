"""Pictures from a Slack thread to the model: real uploads, the real door and the real endpoint; bad ones go unseen."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from PIL import Image as Pillow

from tests.chat.slack.support import RecordingIntake, settings_for
from tests.reasoning.prompted.conftest import dialogue, says
from tests.standins.aimock import Aimock, aimock
from tests.standins.slack import CUSTOMER, LocalSlack, local_slack
from vigilbot import config
from vigilbot.chat.base import MessagePosted
from vigilbot.chat.slack.platform import SlackPlatform
from vigilbot.reasoning.prompted import PromptedReasoner
from vigilbot.storage.calls import CallLog
from vigilbot.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    Upload = Callable[[bytes], Awaitable[list[dict[str, Any]]]]

IN_SCOPE = says("identify", {"reasoning": "", "scope": "within_scope"})
UNSEEN = "1 picture(s) of the turn could not be seen; do not guess what they show."


def png(width: int = 3000, height: int = 300) -> bytes:
    out = io.BytesIO()
    Pillow.new("RGB", (width, height), "teal").save(out, "PNG")
    return out.getvalue()


def bomb() -> bytes:
    """A well-formed PNG of 2.5 thousand million pixels in a few kilobytes."""
    width, height = 50_000, 50_000

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\x00" * ((width // 8 + 1) * 400), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest_asyncio.fixture
async def shown(tmp_path: Path) -> AsyncIterator[Upload]:
    """Uploads a file as a customer would; returns the parts of the user message that the model then got."""
    intake = RecordingIntake()
    async with aimock([IN_SCOPE]) as llm, local_slack() as slack:
        platform = SlackPlatform(settings_for(slack))
        await platform.start(intake)
        accounts = await Database.open(tmp_path / "accounts.db")
        settings = config.load(None, model="openai/sees", model_api_base=llm.base_url)
        reasoner = PromptedReasoner(settings, CallLog(accounts), platform.fetch_image)
        await reasoner.warm()
        yield lambda content: _asked_about(content, slack, intake, reasoner, llm)
        await reasoner.close()
        await accounts.close()
        await platform.stop()


async def _asked_about(
    content: bytes, slack: LocalSlack, intake: RecordingIntake, reasoner: PromptedReasoner, llm: Aimock
) -> list[dict[str, Any]]:
    await slack.upload(CUSTOMER, "screen.png", content, "image/png", "what is this?")
    posted = intake.events[-1]
    assert isinstance(posted, MessagePosted)
    await reasoner.identify(dialogue(posted.text, images=posted.images))
    said = (await llm.requests())[-1]["messages"][1]["content"]
    return said if isinstance(said, list) else [{"type": "text", "text": said}]


async def test_a_screenshot_reaches_the_model_small_and_written_anew(shown: Upload) -> None:
    text, picture = await shown(png() + b"trailing data")
    assert "1 picture(s) of the turn are attached." in text["text"]
    kind, data = picture["image_url"]["url"].split(",")
    assert kind == "data:image/png;base64"
    received = base64.b64decode(data)
    assert b"trailing data" not in received
    with Pillow.open(io.BytesIO(received)) as image:
        assert image.size == (1568, 157)


@pytest.mark.parametrize(
    "content",
    [b"<html><script>alert(1)</script></html>", bomb(), png(20, 20) + bytes(21_000_000), png()[:100]],
    ids=["html", "bomb", "21 MB", "cut off"],
)
async def test_a_bad_one_is_said_to_be_unseen(shown: Upload, content: bytes) -> None:
    [text] = await shown(content)
    assert UNSEEN in text["text"]
