"""Slack's socket cut, frozen, asked to leave, or silently deaf: noticed in time, and every message caught up."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tests.chat.slack.support import RecordingIntake, settings_for
from tests.standins.badwire import BadWire, bad_wire
from tests.standins.slack import ANALYST, CHANNEL, CUSTOMER, OTHER_CHANNEL, LocalSlack, local_slack
from vigilbot.chat.base import MessageEdited, MessagePosted
from vigilbot.chat.slack import catch_up
from vigilbot.chat.slack.platform import SlackPlatform

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import pytest

NOTICED_SECONDS = 30.0
"""Promised: a dead or frozen socket is noticed within this time."""


class Stage:
    def __init__(self, slack: LocalSlack, wire: BadWire, platform: SlackPlatform, intake: RecordingIntake) -> None:
        self.slack, self.wire, self.platform, self.intake = slack, wire, platform, intake
        self.said: list[str] = []

    async def say(self, text: str, thread: str | None = None, channel: str = CHANNEL) -> str:
        """Without waiting: the stand-in answers only when the app has acknowledged."""
        before = len(await self.slack.messages(channel))
        self._saying = asyncio.create_task(self.slack.say(CUSTOMER, text, thread, channel))
        async with asyncio.timeout(5):
            while len(messages := await self.slack.messages(channel)) == before:  # noqa: ASYNC110  # no event to wait for
                await asyncio.sleep(0.01)
        self.said.append(text)
        return str(messages[-1]["ts"])

    @property
    def heard(self) -> list[str]:
        return [event.text for event in self.intake.events if isinstance(event, MessagePosted)]


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    async with local_slack() as slack, bad_wire(slack) as (wire, through):
        intake = RecordingIntake()
        platform = SlackPlatform(settings_for(through))
        await platform.start(intake)
        try:
            yield Stage(slack, wire, platform, intake)
        finally:
            wire.thaw()
            await platform.stop()


async def until(condition: Callable[[], bool], seconds: float = NOTICED_SECONDS) -> float:
    """Seconds until it holds."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "not in time"
        await asyncio.sleep(0.05)
    return time.monotonic() - began


async def test_a_cut_socket_is_replaced_and_what_was_said_meanwhile_is_caught_up() -> None:
    async with staged() as stage:
        root = await stage.say("before")
        stage.wire.cut_now()
        await until(lambda: bool(stage.platform.fault), 3)
        await stage.say("a reply meanwhile", root)
        await stage.say("a new thread meanwhile")
        await stage.say("in another channel", channel=OTHER_CHANNEL)
        stage.wire.cut = False
        await until(lambda: not stage.platform.fault)
        await until(lambda: set(stage.heard) == set(stage.said))
        await stage.say("after", root)
        await until(lambda: set(stage.heard) == set(stage.said), 3)
        assert len(stage.heard) == len(stage.said)


async def test_a_frozen_socket_is_noticed() -> None:
    async with staged() as stage:
        root = await stage.say("before")
        await until(lambda: stage.heard == stage.said, 3)
        stage.wire.freeze()
        await stage.say("into the ice", root)
        await until(lambda: bool(stage.platform.fault) or stage.wire.sockets > 1)
        stage.wire.thaw()
        await until(lambda: set(stage.heard) == set(stage.said))
        await until(lambda: not stage.platform.fault)


async def test_a_socket_that_answers_pings_but_brings_no_events_is_noticed() -> None:
    async with staged() as stage:
        root = await stage.say("before")
        await until(lambda: stage.heard == stage.said, 3)
        stage.wire.deaf = True
        await stage.say("does anybody hear me?", root)
        await stage.say("a new thread")
        noticed = until(lambda: bool(stage.platform.fault) or stage.wire.sockets > 1)
        caught_up = until(lambda: set(stage.heard) == set(stage.said))
        assert max(await asyncio.gather(noticed, caught_up)) < NOTICED_SECONDS
        stage.wire.deaf = False
        await until(lambda: stage.wire.sockets > 1, 3)
        await stage.say("after", root)
        await until(lambda: not stage.platform.fault and set(stage.heard) == set(stage.said), 3)


async def test_edits_are_caught_up_too() -> None:
    async with staged() as stage:
        root = await stage.say("How do I reset it?")
        await until(lambda: stage.heard == stage.said, 3)
        stage.wire.deaf = True
        editing = asyncio.create_task(stage.slack.edit(CUSTOMER, root, "How do I restart it?"))
        await until(lambda: isinstance(stage.intake.events[-1], MessageEdited), 12)
        edit = stage.intake.events[-1]
        assert isinstance(edit, MessageEdited)
        assert (edit.message_id, edit.text) == (root, "How do I restart it?")
        editing.cancel()


async def test_slacks_own_request_for_another_connection_is_followed() -> None:
    async with staged() as stage:
        await stage.say("before")
        await until(lambda: stage.heard == stage.said, 3)
        connection = stage.platform._connection
        assert connection is not None
        assert connection.catch_up.sockets is not None
        socket = connection.catch_up.sockets._socket
        assert socket is not None
        await socket._handler.client.enqueue_message('{"type": "disconnect", "reason": "refresh_requested"}')
        await until(lambda: stage.wire.sockets == 2, 5)
        await stage.say("after")
        await until(lambda: stage.heard == stage.said, 3)


async def test_while_everything_is_heard_nothing_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over several looks; one may read a message just before its event comes, which then counts as told again."""
    monkeypatch.setattr(catch_up, "LOOK_SECONDS", 2.0)
    async with staged() as stage:
        for number in range(20):
            await stage.say(f"message {number}", channel=(CHANNEL, OTHER_CHANNEL)[number % 2])
            await stage.slack.say(ANALYST, f"answer {number}")
            stage.said.append(f"answer {number}")
            await asyncio.sleep(0.3)
        await until(lambda: len(stage.heard) == len(stage.said), 3)
        assert set(stage.heard) == set(stage.said)
        assert stage.wire.sockets == 1
        assert stage.platform.fault == ""
