from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.sessions.conftest import PLACE, Room, open_room
from vigilbot.chat.base import MessageDeleted, MessageEdited, MessagePosted
from vigilbot.chat.wire import encode
from vigilbot.models import Turn
from vigilbot.storage import inbox, sessions, turns

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.models import Session
    from vigilbot.storage.database import Database


async def test_nothing_is_heard_before_an_analyst_has_joined(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.say("customer", "the root question")
        await room.passes(10)
        assert room.heard == []
        await room.say("analyst", "hi, let me look")
        await room.say("customer", "and does it work on Windows?")
        await room.passes(10)
        assert room.heard == [["and does it work on Windows?"]]
        session = await sessions.get(room.db, PLACE.session_id)
        assert (session.state, session.title) == ("engaged", "the root question")


async def test_engage_always_hears_the_first_message(tmp_path: Path) -> None:
    async with open_room(tmp_path, engage="always") as room:
        await room.say("customer", "hello?")
        await room.passes(2)
        assert room.heard == [["hello?"]]


async def test_a_burst_is_one_turn_and_a_pause_ends_it(tmp_path: Path) -> None:
    async with open_room(tmp_path, engage="always") as room:
        await room.say("customer", "it fails")
        await room.passes(1)
        await room.say("customer", "with error 42")
        await room.passes(1)
        await room.say("customer", "what now?")
        await room.passes(1.4)
        assert room.heard == []
        await room.passes(0.2)
        assert room.heard == [["it fails", "with error 42", "what now?"]]
        await room.say("customer", "still there?")
        await room.passes(2)
        assert room.heard[1:] == [["still there?"]]


async def test_a_burst_that_ends_while_the_next_message_waits_for_the_database_loses_no_message(tmp_path: Path) -> None:
    async with open_room(tmp_path, engage="always") as room:
        await room.say("customer", "it fails")
        await room.passes(1)
        await room.say("customer", "what now?")
        async with room.db.transaction():  # its effect waits for us
            room.clock.advance_to(room.clock.now() + 2)
            await asyncio.sleep(0.05)
        await room.passes(5)
        assert room.heard == [["it fails"], ["what now?"]]


async def test_somebody_who_never_stops_typing_is_answered_all_the_same(tmp_path: Path) -> None:
    async with open_room(tmp_path, engage="always") as room:
        for number in range(12):
            await room.say("customer", f"line {number}")
            await room.passes(1)
        assert len(room.heard[0]) in (6, 7)


async def test_an_analysts_word_parts_two_bursts(tmp_path: Path) -> None:
    async with open_room(tmp_path, engage="always") as room:
        await room.say("customer", "first")
        await room.say("analyst", "let me check")
        await room.say("customer", "second")
        await room.passes(5)
        assert room.heard == [["first"], ["second"]]


async def test_an_analysts_first_word_that_is_brought_last_still_opens_the_ears_from_its_moment_on(
    tmp_path: Path,
) -> None:
    async with open_room(tmp_path) as room:
        began = room.clock.now()
        await room.say("customer", "hello", posted_at=began)
        await room.say("customer", "how do I reset it?", posted_at=began + 20)
        await room.say("analyst", "which version is it?", posted_at=began + 30)
        await room.passes(60)
        assert room.heard == []
        await room.say("analyst", "hi, tell me", author="ann", posted_at=began + 10)
        await room.passes(5)
        assert room.heard == [["how do I reset it?"]]


async def test_bots_neither_engage_nor_ask(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.say("bot", "I am a first-line bot?")
        await room.say("customer", "hello?")
        await room.passes(5)
        assert room.heard == []


async def test_mute_and_unmute(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.say("analyst", "hi")
        await room.command("mute")
        await room.say("customer", "a question?")
        await room.passes(5)
        assert room.heard == []
        await room.command("unmute")
        await room.say("customer", "another?")
        await room.passes(5)
        assert room.heard == [["another?"]]
        assert len(room.platform.notices) == 2


async def test_whoever_addresses_the_bot_gets_a_reason(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.say("customer", "@vigilbot do you know?", addressed=True)
        await room.passes(5)
        assert room.heard == [["@vigilbot do you know?"]]
        assert room.platform.notices == ["I found nothing in my sources that answers this reliably."]


async def test_the_same_event_and_the_same_message_count_once(tmp_path: Path) -> None:
    async with open_room(tmp_path, engage="always") as room:
        assert await room.say("customer", "once?", event_id="a", message_id="m")
        assert not await room.say("customer", "once?", event_id="a", message_id="m")
        assert not await room.say("customer", "once?", event_id="b", message_id="m")
        await room.passes(5)
        assert room.heard == [["once?"]]
        assert await inbox.unfinished(room.db) == []


async def test_a_message_edited_or_deleted_within_the_burst(tmp_path: Path) -> None:
    async with open_room(tmp_path, engage="always") as room:
        await room.say("customer", "how do I instal?")
        await room.say("customer", "oops")
        await room.intake.receive(MessageEdited("e-edit", PLACE, "0001", "how do I install?", room.clock.now()))
        await room.intake.receive(MessageDeleted("e-del", PLACE, "0002", room.clock.now()))
        await room.passes(5)
        assert room.heard == [["how do I install?", ""]]
        assert [message.deleted for message in await sessions.messages(room.db, PLACE.session_id)] == [False, True]


async def test_close_and_reopen(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.say("customer", "help")
        await room.say("analyst", "hi")
        await room.command("close")
        assert (await sessions.get(room.db, PLACE.session_id)).state == "closed"
        await room.say("customer", "it fails again, why?")
        await room.passes(5)
        assert (await sessions.get(room.db, PLACE.session_id)).state == "engaged"
        assert room.heard == [["it fails again, why?"]]


async def test_an_idle_session_is_closed(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        await room.say("customer", "help")
        room.tasks.spawn(room.intake.close_idle_sessions(3600), name="idle")
        await room.passes(3500)
        assert (await sessions.get(room.db, PLACE.session_id)).state == "open"
        await room.passes(300)
        assert (await sessions.get(room.db, PLACE.session_id)).state == "closed"


async def test_who_writes_while_idle_sessions_are_being_closed_keeps_the_session_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sessions.idle_since

    async def and_then_somebody_writes(db: Database, moment: float) -> list[Session]:
        if found := await real(db, moment):
            await room.say("customer", "it is back: why?")
        return found

    monkeypatch.setattr(sessions, "idle_since", and_then_somebody_writes)
    async with open_room(tmp_path, engage="always") as room:
        await room.say("customer", "help")
        room.tasks.spawn(room.intake.close_idle_sessions(3600), name="idle")
        await room.passes(3700)
        assert (await sessions.get(room.db, PLACE.session_id)).state == "open"
        await room.passes(3600)
        assert room.heard == [["help"], ["it is back: why?"]]


async def test_what_a_crash_left_unfinished_is_resumed(tmp_path: Path) -> None:
    async with open_room(tmp_path, engage="always") as room:
        await room.say("customer", "will I be heard?")
        await room.activity.quiet()
    # The process ended within the quiet window: the turn is stored, without outcome.
    async with open_room(tmp_path, engage="always") as room:
        [turn] = await turns.unfinished(room.db)
        assert isinstance(turn, Turn)
        await room.intake.resume()
        await room.passes(1)
        assert room.heard == [["will I be heard?"]]
        assert await turns.unfinished(room.db) == []


@pytest.mark.parametrize("text", ["", "x" * 40_000, "שלום? 🙂\u202e", "'; DROP TABLE messages; --"])
async def test_odd_texts_are_kept_as_they_are(tmp_path: Path, text: str) -> None:
    async with open_room(tmp_path, engage="always") as room:
        await room.say("customer", text)
        await room.passes(5)
        assert room.heard == [[text]]


async def test_a_question_brought_before_the_word_that_engaged_is_heard(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        at = room.clock.now()
        await room.say("customer", "it does not start, why?", message_id="3", posted_at=at + 3)
        await room.say("customer", "Hi, can somebody help?", message_id="1", posted_at=at + 1)
        await room.passes(5)
        assert room.heard == []
        await room.say("analyst", "Hello", message_id="2", posted_at=at + 2)
        await room.passes(5)
        assert room.heard == [["it does not start, why?"]]


async def test_what_was_asked_before_the_analyst_came_stays_unheard_however_late_it_is_brought(tmp_path: Path) -> None:
    async with open_room(tmp_path) as room:
        at = room.clock.now()
        await room.say("analyst", "Hello", message_id="2", posted_at=at + 2)
        await room.say("customer", "Hi, can somebody help?", message_id="1", posted_at=at + 1)
        await room.passes(5)
        assert room.heard == []


async def test_the_last_word_edited_is_judged_anew_when_it_got_no_card(tmp_path: Path) -> None:
    async with open_room(tmp_path, engage="always") as room:
        await room.say("customer", "how do I instal?")
        await room.passes(5)
        await room.intake.receive(MessageEdited("edit-1", PLACE, "0001", "how do I install?", room.clock.now()))
        await room.passes(5)
        assert room.heard == [["how do I instal?"], ["how do I install?"]]
        await room.intake.receive(MessageEdited("edit-2", PLACE, "0001", "how do I install?", room.clock.now()))
        await room.say("analyst", "like this")
        await room.intake.receive(MessageEdited("edit-3", PLACE, "0001", "how do I uninstall?", room.clock.now()))
        await room.passes(5)
        assert len(room.heard) == 2
        [turn] = await turns.of_session(room.db, PLACE.session_id)
        assert turn.outcome == "refused"


async def test_an_event_that_nobody_can_read_any_more_keeps_nobody_from_starting(tmp_path: Path) -> None:
    async with open_room(tmp_path, engage="always") as room:
        async with room.db.transaction() as tx:
            await inbox.add(tx, [inbox.Row("odd", None, "recorded", '{"kind": "Vanished"}', room.clock.now())])
            await inbox.add(tx, [inbox.Row("e1", None, "recorded", encode(said(room)), room.clock.now())])
        await room.intake.resume()
        await room.passes(5)
        assert room.heard == [["how?"]]


def said(room: Room) -> MessagePosted:
    return MessagePosted("e1", PLACE, "0001", "customer", "customer", "how?", room.clock.now())
