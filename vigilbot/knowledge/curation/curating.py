"""What people do to entries: approve, reject, edit, retire, revert. Each is a version that says who did it and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vigilbot.embedding.base import Embedded
from vigilbot.errors import EntryConflict, NotFound
from vigilbot.knowledge.texts import normalised
from vigilbot.models import Origin
from vigilbot.safety.redaction.redact import without_secrets
from vigilbot.storage import entries, tokens
from vigilbot.storage import vectors as stored
from vigilbot.storage.entries import Content, NewVersion, Ref, Shelf

if TYPE_CHECKING:
    import aiosqlite

    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.models import Entry, EntryStatus
    from vigilbot.storage.entries import Change, PastVersion, Written


async def revert(knowledge: LocalKnowledge, entry_id: str, to: int | None, by: Change) -> Entry:
    """Let an entry say again what it said in version `to` (None: the one before the current), with its status then.

    So reverting a retirement brings it back. What came in between is no longer among its origins.
    Raises NotFound, EntryConflict.
    """
    past = await _history(knowledge, entry_id)
    now = past[0]
    wanted = to if to is not None else now.version - 1
    then = next((version for version in past if version.version == wanted), None)
    if then is None and to is None:
        raise EntryConflict(f"{entry_id} has only one version: nothing to revert")
    if then is None:
        raise NotFound(f"{entry_id} has no version {to}; it has {past[-1].version} to {now.version}")
    if (then.content, then.status) == (now.content, now.status):
        raise EntryConflict(f"{entry_id} says in version {wanted} what it says now: nothing to revert")
    return await _say(knowledge, entry_id, then.content, then.status, by, built_on=wanted)


async def retire(knowledge: LocalKnowledge, entry_id: str, by: Change) -> Entry:
    """Take an entry out of use; its versions stay. Raises NotFound, EntryConflict."""
    if (await knowledge.get(entry_id)).status == "retired":
        raise EntryConflict(f"{entry_id} is retired already")
    await knowledge.retire([entry_id], by)
    return await knowledge.get(entry_id)


async def approve(knowledge: LocalKnowledge, entry_id: str, by: Change) -> Entry:
    """Take a pending entry into use as it is. Raises NotFound, EntryConflict."""
    entry = await _pending(knowledge, entry_id)
    return await _say(knowledge, entry_id, _content(entry), "active", by)


async def reject(knowledge: LocalKnowledge, entry_id: str, by: Change) -> Entry:
    """Never take a pending entry into use. Raises NotFound, EntryConflict."""
    await _pending(knowledge, entry_id)
    return await retire(knowledge, entry_id, by)


async def edit(
    knowledge: LocalKnowledge, entry_id: str, by: Change, *, title: str, question: str, text: str, approve: bool = False
) -> Entry:
    """Say it in other words, and with `approve` take it into use. Whoever edits is an origin of what it says now.

    Raises NotFound, EntryConflict.
    """
    entry = await knowledge.get(entry_id)
    if entry.status == "retired":
        raise EntryConflict(f"{entry_id} is retired: revert that before you edit it")
    if approve and entry.status != "pending":
        raise EntryConflict(f"{entry_id} is not pending: it is {entry.status}")
    title, text, question = (without_secrets(normalised(said).strip()) for said in (title, text, question))
    content = Content(title, text, entry.source, question)
    if not content.text or (entry.kind == "qa" and not content.question):
        raise EntryConflict("an entry needs a text, and a pair a question too")
    if content == _content(entry) and not approve:
        raise EntryConflict(f"{entry_id} says that already")
    by = replace(by, origins=(*by.origins, Origin(people=(by.who,))))
    return await _say(knowledge, entry_id, content, "active" if approve else entry.status, by)


async def _history(knowledge: LocalKnowledge, entry_id: str) -> list[PastVersion]:
    if past := await knowledge.history(entry_id):
        return past
    raise NotFound(f"no entry {entry_id}")


async def _pending(knowledge: LocalKnowledge, entry_id: str) -> Entry:
    entry = await knowledge.get(entry_id)
    if entry.status != "pending":
        raise EntryConflict(f"{entry_id} is not pending: it is {entry.status}")
    return entry


async def _say(
    knowledge: LocalKnowledge,
    entry_id: str,
    content: Content,
    status: EntryStatus,
    by: Change,
    built_on: int | None = None,
) -> Entry:
    """Write the next version; what this entry has said before need not be embedded again."""
    now = await entries.get(knowledge.db, entry_id)
    new = NewVersion(entry_id, Shelf(now.kind, now.audience), content, status, built_on=built_on)
    serving = knowledge.serving
    embedder = serving.embedder.name
    known = await stored.of_content(knowledge.db, entry_id, content, embedder)
    if known is None:
        await knowledge.put([new], by)
        return await knowledge.get(entry_id)
    packs = await tokens.of_versions(knowledge.db, [Ref(entry_id, known.version)], embedder)

    async def keep_tokens(tx: aiosqlite.Connection, written: list[Written]) -> list[Written]:
        await tokens.write(tx, [(item.ref, pack) for item in written for pack in packs.values()], embedder)
        return []

    await knowledge.write([new], Embedded(known.vector, None), serving, by, keep_tokens)
    return await knowledge.get(entry_id)


def _content(entry: Entry) -> Content:
    return Content(entry.title, entry.text, entry.source, entry.question)
