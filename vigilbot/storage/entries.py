"""Entries of the knowledge base: every version, who made it and why, and the current version's vector."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vigilbot.errors import EntryConflict, NotFound
from vigilbot.models import Audience, Entry, EntryKind, EntryStatus
from vigilbot.storage import postings, provenance
from vigilbot.storage.provenance import Descent

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    import aiosqlite
    from numpy.typing import NDArray

    from vigilbot.models import Origin
    from vigilbot.storage.database import Database
    from vigilbot.storage.provenance import Sourced


class Shelf(NamedTuple):
    """What one collection of the index holds: the active entries of one kind for one audience."""

    kind: EntryKind
    audience: Audience


class Ref(NamedTuple):
    """One version of one entry, as the index knows it."""

    entry_id: str
    version: int


@dataclass(frozen=True, slots=True)
class Content:
    """What an entry says. `question` is empty for documents."""

    title: str
    text: str
    source: str
    question: str = ""

    @property
    def hash(self) -> str:
        said = "\0".join((self.title, self.text, self.question, self.source))
        return hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What an entry is to be from now on. A new `id` adds an entry, a known one gets its next version."""

    id: str
    shelf: Shelf
    content: Content
    status: EntryStatus = "active"
    document_id: int | None = None
    key: str = ""
    """The entry's place in its document."""
    built_on: int | None = None
    """The earlier version whose origins it keeps (0: no version); None is the one that is current now."""


@dataclass(frozen=True, slots=True)
class Change:
    """Who makes a version, why, when, and what that rests on."""

    who: str
    why: str
    at: float
    origins: tuple[Origin, ...] = ()
    """Added to those of the version that the new one is built on, so a merge holds both."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did to one entry. `replaced` is the version that was current before, if there was one."""

    ref: Ref
    shelf: Shelf
    status: EntryStatus
    replaced: int | None


@dataclass(frozen=True, slots=True)
class Known:
    """What re-ingesting a document has to compare with."""

    id: str
    content_hash: str
    status: EntryStatus
    who: str
    """Made the current version."""


@dataclass(frozen=True, slots=True)
class PastVersion:
    """One version of an entry, with its origins."""

    version: int
    status: EntryStatus
    content: Content
    change: Change
    """Its `origins` are what this change brought."""
    origins: tuple[Origin, ...]
    """All that the version rests on."""


async def write(
    tx: aiosqlite.Connection, new: Sequence[NewVersion], vectors: NDArray[np.float32], embedder: str, by: Change
) -> list[Written]:
    """Store new versions with their vectors, shape (len(new), dimensions); ids must differ from one another.

    Raises EntryConflict for a version that is meant for another shelf than its entry stands on: whoever may see the
    entry would see it.
    """
    known = {
        row["id"]: row
        for row in await tx.execute_fetchall(
            "SELECT seq, id, version, kind, audience FROM entries WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps([item.id for item in new]),),
        )
    }
    [(last,)] = await tx.execute_fetchall("SELECT coalesce(max(seq), 0) FROM entries")
    rows: list[tuple[int, int, NewVersion]] = []
    written = []
    for item in new:
        row = known.get(item.id)
        if row and _shelf_of(row) != item.shelf:
            raise EntryConflict(f"{item.id} is for {row['audience']}: what is for {item.shelf.audience} stands apart")
        seq, version = (row["seq"], row["version"] + 1) if row else (last := last + 1, 1)
        rows.append((seq, version, item))
        written.append(Written(Ref(item.id, version), item.shelf, item.status, row["version"] if row else None))
    await _write_rows(tx, rows, by)
    await write_vectors(tx, [(seq, version) for seq, version, _ in rows], vectors, embedder)
    return written


async def _write_rows(tx: aiosqlite.Connection, rows: Sequence[tuple[int, int, NewVersion]], by: Change) -> None:
    seqs = [seq for seq, _, _ in rows]
    await postings.remove(tx, seqs)
    await tx.executemany(
        """INSERT INTO entries (seq, id, kind, audience, status, version, document_id, key, created_at, updated_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (seq) DO UPDATE SET status = excluded.status, version = excluded.version,
             updated_at = excluded.updated_at""",
        [
            (seq, item.id, *item.shelf, item.status, version, item.document_id, item.key, by.at, by.at)
            for seq, version, item in rows
        ],
    )
    await tx.executemany(
        """INSERT INTO entry_versions (entry_seq, version, status, title, text, question, source, content_hash, who,
                                       why, created_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [(seq, version, item.status, *_columns(item.content), by.who, by.why, by.at) for seq, version, item in rows],
    )
    descents = [
        Descent(seq, version, version - 1 if item.built_on is None else item.built_on) for seq, version, item in rows
    ]
    await provenance.record(tx, descents, by.origins)
    await postings.add(tx, seqs)


async def write_vectors(
    tx: aiosqlite.Connection, owners: Iterable[tuple[int, int]], vectors: NDArray[np.float32], embedder: str
) -> None:
    """One vector for each (seq, version), in the same order."""
    await tx.executemany(
        """INSERT INTO vectors (entry_seq, embedder, version, vector) VALUES (?, ?, ?, ?)
           ON CONFLICT (entry_seq, embedder) DO UPDATE SET version = excluded.version, vector = excluded.vector""",
        [
            (seq, embedder, version, vector.tobytes())
            for (seq, version), vector in zip(owners, np.asarray(vectors, np.float32), strict=True)
        ],
    )


async def retire(tx: aiosqlite.Connection, ids: Sequence[str], by: Change) -> list[Written]:
    """Take active or pending entries out of use: a version of its own, saying why. Unknown ids are passed over."""
    rows = list(
        await tx.execute_fetchall(
            "SELECT * FROM current_entries WHERE status <> 'retired' AND id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
    )
    retired = [(row["seq"], row["version"] + 1, replace(_version_of(row), status="retired")) for row in rows]
    await _write_rows(tx, retired, by)
    return [Written(Ref(item.id, version), item.shelf, "retired", version - 1) for _, version, item in retired]


async def restore(tx: aiosqlite.Connection, back: Sequence[tuple[int, int]], by: Change) -> None:
    """For each (seq, version): say again what that version said, with its status and origins, as the latest version."""
    found = [
        (row["seq"], row["last"] + 1, replace(_version_of(row), built_on=row["version"]))
        for seq, version in back
        for row in await tx.execute_fetchall(
            """SELECT e.seq, e.id, e.kind, e.audience, v.version, v.status, v.title, v.text, v.question, v.source,
                      (SELECT max(version) FROM entry_versions WHERE entry_seq = e.seq) AS last
               FROM entries e JOIN entry_versions v ON v.entry_seq = e.seq WHERE e.seq = ? AND v.version = ?""",
            (seq, version),
        )
    ]
    await _write_rows(tx, found, by)


async def get(db: Database, entry_id: str) -> Entry:
    """The current version. Raises NotFound."""
    if row := await db.row("SELECT * FROM current_entries WHERE id = ?", (entry_id,)):
        return entry_of(row)
    raise NotFound(f"no entry {entry_id}")


async def active(db: Database, ids: Sequence[str], audiences: frozenset[Audience]) -> dict[str, Entry]:
    """Those of `ids` that are active and of these audiences, in their current version."""
    rows = await db.rows(
        """SELECT * FROM current_entries WHERE status = 'active'
             AND id IN (SELECT value FROM json_each(?)) AND audience IN (SELECT value FROM json_each(?))""",
        (json.dumps(list(ids)), json.dumps(sorted(audiences))),
    )
    return {row["id"]: entry_of(row) for row in rows}


async def learnt(db: Database, ids: Iterable[str]) -> set[str]:
    """Those of `ids` that no document says: a session taught them, or a person wrote them."""
    rows = await db.rows(
        "SELECT id FROM entries WHERE document_id IS NULL AND id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    return {row["id"] for row in rows}


async def history(db: Database, entry_id: str) -> list[PastVersion]:
    """Every version, newest first; empty when there is no such entry."""
    rows = await db.rows(
        """SELECT v.* FROM entry_versions v JOIN entries e ON e.seq = v.entry_seq
           WHERE e.id = ? ORDER BY v.version DESC""",
        (entry_id,),
    )
    sourced = await provenance.of_entry(db, entry_id)
    return [_past(row, [item for item in sourced if item.version == row["version"]]) for row in rows]


async def count_active(db: Database) -> int:
    row = await db.row("SELECT count(*) AS n FROM entries WHERE status = 'active'")
    return int(row["n"]) if row else 0


async def of_document(db: Database, document_id: int) -> dict[str, Known]:
    """What is stored of a document, by key."""
    rows = await db.rows(
        "SELECT key, id, status, content_hash, who FROM current_entries WHERE document_id = ?",
        (document_id,),
    )
    return {row["key"]: Known(row["id"], row["content_hash"], row["status"], row["who"]) for row in rows}


def _columns(content: Content) -> tuple[str, str, str, str, str]:
    return content.title, content.text, content.question, content.source, content.hash


def _content_of(row: sqlite3.Row) -> Content:
    return Content(row["title"], row["text"], row["source"], row["question"])


def _shelf_of(row: sqlite3.Row) -> Shelf:
    return Shelf(row["kind"], Audience(row["audience"]))


def _version_of(row: sqlite3.Row) -> NewVersion:
    return NewVersion(row["id"], _shelf_of(row), _content_of(row), row["status"])


def _past(row: sqlite3.Row, sourced: Sequence[Sourced]) -> PastVersion:
    brought = tuple(item.origin for item in sourced if item.brought)
    change = Change(row["who"], row["why"], row["created_at"], brought)
    return PastVersion(row["version"], row["status"], _content_of(row), change, tuple(item.origin for item in sourced))


def entry_of(row: sqlite3.Row) -> Entry:
    """From a row of `current_entries`."""
    return Entry(**{field.name: row[field.name] for field in fields(Entry)})
