"""Forgetting a source so that nothing of it is left in the data folder. No bot may be running there."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vigilbot.errors import NotFound, StorageError
from vigilbot.knowledge.index import served
from vigilbot.storage.database import Database
from vigilbot.storage.entries import Change
from vigilbot.storage.folder import DATABASE, INDEX
from vigilbot.storage.forgetting import dialogues, quotes
from vigilbot.storage.forgetting.entries import forget_document, forget_origins, forget_versions
from vigilbot.storage.forgetting.target import fates

if TYPE_CHECKING:
    from pathlib import Path

    import aiosqlite

    from vigilbot.knowledge.index.chroma import Server
    from vigilbot.storage.forgetting.target import Fate, Target


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What forgetting a source comes to."""

    target: Target
    removed: tuple[Fate, ...]
    """Entries of which nothing stays."""
    reverted: tuple[Fate, ...]
    """Entries that go back to a version from before."""
    trimmed: tuple[Fate, ...]
    """Entries that lose earlier versions only."""
    messages: int
    """Of the session, or by the person."""

    def as_json(self) -> dict[str, Any]:
        return {
            self.target.kind: self.target.name,
            "removed": [{"id": fate.id, "title": fate.title} for fate in self.removed],
            "reverted": [{"id": fate.id, "title": fate.title, "to_version": fate.back_to} for fate in self.reverted],
            "trimmed": [{"id": fate.id, "title": fate.title} for fate in self.trimmed],
            "messages": self.messages,
        }

    def text(self) -> str:
        lines = [f"remove   {fate.id}  {_line(fate)}" for fate in self.removed]
        lines += [f"revert   {fate.id}  to version {fate.back_to}: {_line(fate)}" for fate in self.reverted]
        lines += [f"trim     {fate.id}  earlier versions only: {_line(fate)}" for fate in self.trimmed]
        if self.messages:
            lines.append(f"messages {self.messages:,}, and what was answered to them")
        return "\n".join(lines)


MESSAGES = {
    "session": "SELECT count(*) AS n FROM messages WHERE session_id = ?",
    "person": "SELECT count(*) AS n FROM messages WHERE author = ?",
}
KNOWN = {
    "session": "SELECT 1 FROM sessions WHERE id = ?",
    "person": " UNION ".join(
        f"SELECT 1 FROM {table} WHERE {column} = ?1"  # noqa: S608 - constants
        for table, column in (*dialogues.PEOPLE, *dialogues.SAID_BY)
    ),
    "url": "SELECT 1 FROM documents WHERE location = ?",
}


async def foreseen(db: Database, target: Target) -> Forgetting:
    """What would be forgotten. Raises NotFound when nothing comes from there."""
    affected = await fates(db, target)
    counted = await db.row(MESSAGES[target.kind], (target.name,)) if target.kind in MESSAGES else None
    messages = counted["n"] if counted else 0
    known = target.kind in KNOWN and await db.row(KNOWN[target.kind], (target.name,))
    if not (affected or messages or known):
        raise NotFound(f"nothing comes from {target.kind} {target.name}")
    staying = [fate for fate in affected if fate.back_to is not None]
    return Forgetting(
        target,
        removed=tuple(fate for fate in affected if fate.back_to is None),
        reverted=tuple(fate for fate in staying if fate.is_current),
        trimmed=tuple(fate for fate in staying if not fate.is_current),
        messages=messages,
    )


async def forget(folder: Path, target: Target, at: float, server: Server | None = None) -> Forgetting:
    """Forget a source in a data folder that is locked by the caller; the index is made anew at the next opening.

    The index goes first, in the folder and on the `server`: its files keep what was removed from them. Killed at any
    point, everything is either there or gone, and nothing but the command's own success is missing.
    Raises NotFound, StorageError, and KnowledgeError when the server does not answer: then nothing was forgotten.
    """
    db = await Database.open(folder / DATABASE)
    try:
        what = await foreseen(db, target)
        if server:
            await served.empty(server, folder / INDEX)
        await asyncio.to_thread(_remove_index, folder / INDEX)
        async with db.transaction() as tx:
            before = await dialogues.pictures(tx)
            await _forget(tx, what, at)
            unused = before - await dialogues.pictures(tx)
        await asyncio.to_thread(_remove_pictures, folder, unused)
        await db.compact()
    finally:
        await db.close()
    return what


async def _forget(tx: aiosqlite.Connection, what: Forgetting, at: float) -> None:
    await tx.execute("PRAGMA secure_delete = ON")
    affected = (*what.removed, *what.reverted, *what.trimmed)
    await quotes.forget_quotes(tx, affected)
    await forget_versions(tx, affected, Change("forget", "a source of what it said since was forgotten", at))
    await forget_origins(tx)
    match what.target.kind:
        case "session":
            await dialogues.forget_session(tx, what.target.name)
        case "person":
            await dialogues.forget_person(tx, what.target.name)
        case "url":
            await forget_document(tx, what.target.name)
        case "entry":
            pass  # nothing but the entry itself


def _remove_index(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StorageError(f"{folder}: cannot be emptied ({error.strerror}); nothing was forgotten") from None


def _remove_pictures(folder: Path, locations: set[str]) -> None:
    for location in locations:
        path = (folder / location).resolve()
        if path.is_relative_to(folder.resolve()):
            path.unlink(missing_ok=True)


def _line(fate: Fate) -> str:
    return " ".join(fate.title.split())[:80]
