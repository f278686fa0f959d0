"""What the model is scripted to say, dialogues to ask it about, and a reasoner that asks it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from vigilbot import config
from vigilbot.errors import ChatError
from vigilbot.models import EVERYONE, Dialogue, Image, Message, Role
from vigilbot.reasoning.prompted import PromptedReasoner
from vigilbot.storage.calls import CallLog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from contextlib import AbstractAsyncContextManager

    from tests.standins.aimock import Aimock
    from vigilbot.storage.database import Database

Json = dict[str, Any]

ASKS = {
    "identify": "Classify the turn.",
    "rewrite": "Rewrite the turn.",
    "choose_tools": "Choose the tools.",
    "answer": "Answer or refuse each question.",
    "extract": "Extract the answer.",
    "review": "Review the answer.",
    "judge_page": "Judge the page.",
    "judge_annotation": "Judge the annotation.",
    "understand": "Classify and rewrite the turn.",
    "triage": "Name the category.",
    "argue": "Argue for the category.",
    "problem": "State the problem.",
    "same_problem": "Compare the problems.",
    "joint_problem": "Join the statements.",
    "judge_answer": "Grade the answer.",
}
"""The last words of each prompt, by which a fixture knows its task."""


def says(task: str, content: object, **more: object) -> Json:
    """A fixture: for this task the model replies so. `more` stands beside the content (usage, finishReason)."""
    return {"match": {"userMessage": ASKS[task]}, "response": {"content": content, **more}}


def then(task: str, *contents: object) -> list[Json]:
    """Fixtures: for this task the model replies with these, one after the other."""
    return [
        {"match": {"userMessage": ASKS[task], "sequenceIndex": index}, "response": {"content": content}}
        for index, content in enumerate(contents)
    ]


def dialogue(
    *turn: str, history: Sequence[tuple[Role, str]] = (), images: tuple[Image, ...] = (), scope: str = "Acme Backup"
) -> Dialogue:
    """A session: `history`, then one turn of these customer messages, the pictures hanging on its last message."""
    said = [*history, *(("customer", text) for text in turn)]
    messages = tuple(
        Message(str(n), "s1", role, role, text, float(n), images if n == len(said) - 1 else ())
        for n, (role, text) in enumerate(said)
    )
    return Dialogue("s1", "t1", messages, messages[len(history) :], scope, frozenset({EVERYONE}))


def followed(turn: Sequence[str], *after: tuple[Role, str], before: Sequence[tuple[Role, str]] = ()) -> Dialogue:
    """A session to its end: what was said before, the turn, and what followed. Ids are `m1`, `m2`, …"""
    said = [*before, *(("customer", text) for text in turn), *after]
    messages = tuple(Message(f"m{n}", "s1", role, role, text, float(n)) for n, (role, text) in enumerate(said, start=1))
    asked = messages[len(before) : len(before) + len(turn)]
    return Dialogue("s1", "t1", messages, asked, "Acme Backup", frozenset({EVERYONE}))


async def calls(db: Database) -> list[Json]:
    """Every model call on record, in order."""
    return [dict(row) for row in await db.rows("SELECT * FROM model_calls ORDER BY id")]


class Thinking(Protocol):
    """Opens a reasoner on the endpoint; settings by field name, pictures by location."""

    def __call__(
        self, *, pictures: dict[str, bytes] | None = None, **settings: object
    ) -> AbstractAsyncContextManager[PromptedReasoner]: ...


@pytest.fixture
def thinking(llm: Aimock, accounts: Database) -> Thinking:
    @asynccontextmanager
    async def opened(
        *, pictures: dict[str, bytes] | None = None, **settings: object
    ) -> AsyncIterator[PromptedReasoner]:
        async def fetch(image: Image) -> bytes:
            if pictures is None or image.location not in pictures:
                raise ChatError("no such picture")
            return pictures[image.location]

        chosen = {"model": "openai/x", "model_api_base": llm.base_url, "model_timeout": 10, **settings}
        reasoner = PromptedReasoner(config.load(None, **chosen), CallLog(accounts), fetch)
        try:
            yield reasoner
        finally:
            await reasoner.close()

    return opened
