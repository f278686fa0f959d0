"""Edits and deletions: what a message has become does not depend on the order in which they, and it, come in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.chat.base import MessageDeleted, MessageEdited, MessagePosted
from vigilbot.chat.wire import decode
from vigilbot.storage import inbox, sessions

if TYPE_CHECKING:
    import aiosqlite

Change = MessageEdited | MessageDeleted


async def take_effect(tx: aiosqlite.Connection, event: MessagePosted | Change) -> bool:
    """Bring the stored message that an event is about to its last known state; whether its words are others now.

    While the message has not come, nothing happens: its changes lie in the inbox, and are looked up when it does.
    """
    session_id, message_id = event.place.session_id, event.message_id
    key = f"{session_id}/{message_id}"
    known = [*map(decode, await inbox.changes_of(tx, key)), event]
    if any(isinstance(change, MessageDeleted) for change in known):
        await sessions.delete_message(tx, session_id, message_id)
        with_words = [change.event_id for change in known if not isinstance(change, MessageDeleted)]
        await inbox.forget_words(tx, key, with_words)
        return False
    edits = [change for change in known if isinstance(change, MessageEdited)]
    if not edits:
        return False
    latest = max(edits, key=lambda edit: edit.edited_at)
    return await sessions.edit_message(tx, session_id, message_id, latest.text, latest.edited_at)
