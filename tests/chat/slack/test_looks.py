"""What a look at the channels reads, and what one channel or author may cost the others."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.chat.slack.support import AT_HOME, RecordingIntake, connected, message
from tests.standins.slack import CHANNEL
from tests.standins.wiremock import as_json
from vigilbot.chat.base import MessagePosted
from vigilbot.chat.slack import catch_up as catching_up

if TYPE_CHECKING:
    from tests.standins.wiremock import Wiremock

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_catching_up_one_unknown_author_keeps_nobody_elses_message_back(wire: Wiremock) -> None:
    intake, now = RecordingIntake(), time.time()
    async with connected(wire, intake) as platform:
        assert platform._connection is not None
        catch_up = platform._connection.catch_up
        said = [message(text, user=user, ts=f"{now + at:.6f}") for text, user, at in (("a", "U08", 2), ("b", "U09", 1))]
        await wire.answers("/api/users.conversations", {"ok": True, "channels": [{"id": CHANNEL}]})
        await wire.answers("/api/conversations.history", {"ok": True, "messages": said})
        await wire.answers("/api/users.info", AT_HOME)
        await wire.stub("/api/users.info", {"status": 503}, times=3)  # all that is asked about U08
        await catch_up._look(deep=False)
        assert [event.text for event in intake.events if isinstance(event, MessagePosted)] == ["b"]
        await catch_up._look(deep=False)
        assert [event.text for event in intake.events if isinstance(event, MessagePosted)] == ["b", "a"]


async def test_catching_up_a_channel_that_slack_refuses_keeps_no_other_back(wire: Wiremock) -> None:
    intake, now = RecordingIntake(), time.time()
    async with connected(wire, intake) as platform:
        assert platform._connection is not None
        catch_up = platform._connection.catch_up
        await wire.answers("/api/users.conversations", {"ok": True, "channels": [{"id": "C0GONE"}, {"id": CHANNEL}]})
        await wire.answers("/api/users.info", AT_HOME)
        said = {"ok": True, "messages": [message("a", ts=f"{now + 1:.6f}")]}
        await wire.answers("/api/conversations.history", said)
        await wire.stub("/api/conversations.history", as_json({"ok": False, "error": "not_in_channel"}), times=1)
        await catch_up._look(deep=True)
    assert [event.text for event in intake.events if isinstance(event, MessagePosted)] == ["a"]


async def test_a_thread_is_read_once_and_again_after_a_socket_was_replaced(wire: Wiremock) -> None:
    intake, now = RecordingIntake(), time.time()
    async with connected(wire, intake) as platform:
        assert platform._connection is not None
        catch_up = platform._connection.catch_up
        root = message("a", ts=f"{now + 1:.6f}")
        reply = message("b", ts=f"{now + 2:.6f}", thread_ts=root["ts"])
        await wire.answers("/api/users.conversations", {"ok": True, "channels": [{"id": CHANNEL}]})
        await wire.answers("/api/users.info", AT_HOME)
        told = {"ok": True, "messages": [root | {"latest_reply": reply["ts"]}]}
        await wire.answers("/api/conversations.history", told)
        await wire.answers("/api/conversations.replies", {"ok": True, "messages": [root, reply]})
        await catch_up._look(deep=True)
        assert len(await catch_up.catch_up(CHANNEL, root["ts"])) == 2
        assert len(await wire.requests("conversations.replies")) == 1
        catch_up.look_deep()
        assert len(await catch_up.catch_up(CHANNEL, root["ts"])) == 2
        await catch_up._look(deep=True)
        assert len(await wire.requests("conversations.replies")) == 2
    assert [event.text for event in intake.events if isinstance(event, MessagePosted)] == ["a", "b"]


@pytest.mark.parametrize("channels", [1, 2, 5, 9, 10, 30])
async def test_every_channel_is_read_in_its_turn_wherever_people_speak(wire: Wiremock, channels: int) -> None:
    async with connected(wire, RecordingIntake()) as platform:
        assert platform._connection is not None
        catch_up, spoken = platform._connection.catch_up, Random(channels)  # noqa: S311 - no secret
        names = [f"C{number}" for number in range(channels)]
        catch_up._read_to.update(dict.fromkeys(names, 0.0))
        turn, looks = -(-(channels - 1) // catching_up.OTHERS) or 1, []
        for look in range(100):
            looks.append(catch_up._due())
            catch_up._looked_at.update(dict.fromkeys(looks[-1], float(look)))
            catch_up._somebody_spoke(spoken.choice(names[:5]), 1.0)
        assert max(map(len, looks)) <= 1 + catching_up.OTHERS
        for begin in range(len(looks) - turn):
            assert {name for look in looks[begin : begin + turn + 1] for name in look} == set(names)
