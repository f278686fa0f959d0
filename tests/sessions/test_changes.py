from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from tests.sessions.conftest import PLACE, Room, open_room
from vigilbot.chat.base import MessageDeleted, MessageEdited, MessagePosted
from vigilbot.storage import inbox, sessions, turns

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.chat.base import ChatEvent

POSTED = MessagePosted("m", PLACE, "1", "cleo", "customer", "how do I instal?", 1.0)
FIRST = MessageEdited("m-edit-1", PLACE, "1", "how do I install?", 2.0)
SECOND = MessageEdited("m-edit-2", PLACE, "1", "how do I uninstall?", 3.0)
DELETED = MessageDeleted("m-deleted", PLACE, "1", 4.0)


async def told(room: Room, *events: ChatEvent) -> None:
    for event in events:
        assert await room.intake.receive(event)
    await room.passes(5)


async def test_an_edit_that_comes_before_its_message_is_kept_for_it(tmp_path: Path) -> None:
    async with open_room(tmp_path, engage="always") as room:
        await told(room, FIRST, POSTED)
        assert room.heard == [["how do I install?"]]
        [message] = await sessions.messages(room.db, PLACE.session_id)
        assert (message.text, message.edited_at) == ("how do I install?", 2.0)


async def test_a_deletion_that_comes_before_its_message_leaves_no_word_of_it(tmp_path: Path) -> None:
    async with open_room(tmp_path, engage="always") as room:
        await told(room, DELETED, POSTED)
        [message] = await sessions.messages(room.db, PLACE.session_id)
        assert (message.deleted, message.text) == (True, "")
        assert room.heard == [[""]]  # the turn is concluded, and finds that nothing is asked


@pytest.mark.parametrize("order", list(permutations((POSTED, FIRST, SECOND))))
async def test_the_latest_edit_stands_in_whatever_order_they_come(tmp_path: Path, order: tuple[ChatEvent, ...]) -> None:
    async with open_room(tmp_path, engage="always") as room:
        await told(room, *order)
        [message] = await sessions.messages(room.db, PLACE.session_id)
        assert message.text == SECOND.text
        assert room.heard[-1] == [SECOND.text]
        assert [turn.outcome for turn in await turns.of_session(room.db, PLACE.session_id)] == ["refused"]


async def test_an_edit_back_to_the_first_words_outlives_the_edit_that_comes_after_it(tmp_path: Path) -> None:
    back = MessageEdited("m-back", PLACE, "1", POSTED.text, 3.0)
    async with open_room(tmp_path, engage="always") as room:
        await told(room, POSTED, back, FIRST)
        [message] = await sessions.messages(room.db, PLACE.session_id)
        assert message.text == POSTED.text


async def test_an_edit_outlives_a_restart_until_its_message_comes(tmp_path: Path) -> None:
    async with open_room(tmp_path, engage="always") as room:
        await told(room, FIRST)
        assert await inbox.unfinished(room.db) == []  # nothing that every start would take up again
    async with open_room(tmp_path, engage="always") as room:
        await room.intake.resume()
        await told(room, POSTED)
        assert room.heard == [["how do I install?"]]


async def test_an_edit_is_for_the_message_of_its_own_thread_alone(tmp_path: Path) -> None:
    elsewhere = MessageEdited("other", type(PLACE)("recorded", "C1", "2"), "1", "something else", 2.0)
    async with open_room(tmp_path, engage="always") as room:
        await told(room, elsewhere, POSTED)
        assert room.heard == [["how do I instal?"]]


@pytest.mark.parametrize("order", list(permutations((POSTED, FIRST, DELETED))))
async def test_no_word_of_a_deleted_message_is_kept(tmp_path: Path, order: tuple[ChatEvent, ...]) -> None:
    async with open_room(tmp_path, engage="always") as room:
        await told(room, *order)
        rows = await room.db.rows("SELECT CAST(payload AS TEXT) AS payload FROM inbox")
        assert len(rows) == len(order)
        assert not [row["payload"] for row in rows if "how do I" in row["payload"]]
        assert (await sessions.get(room.db, PLACE.session_id)).title == "(deleted)"
        assert await inbox.unfinished(room.db) == []
        assert not await room.intake.receive(POSTED)  # brought once more, it does not begin anew


async def test_the_title_outlives_another_message(tmp_path: Path) -> None:
    second = MessagePosted("m2", PLACE, "2", "cleo", "customer", "on Linux", 2.0)
    async with open_room(tmp_path, engage="always") as room:
        await told(room, POSTED, second, MessageDeleted("m2-deleted", PLACE, "2", 4.0))
        assert (await sessions.get(room.db, PLACE.session_id)).title == POSTED.text
