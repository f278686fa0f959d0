"""What was ingested: files, pages, corpora. A document is unfinished until its last entry is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.models import Audience

if TYPE_CHECKING:
    import sqlite3

    import aiosqlite

    from vigilbot.storage.database import Database


@dataclass(frozen=True, slots=True)
class Document:
    """An ingested file, page or corpus, for one audience."""

    id: int
    location: str
    """What identifies it: an absolute path, a URL, or `docs/…` for the built-in ones."""
    audience: Audience
    name: str
    content_hash: str
    """Empty while its ingest is unfinished."""
    ingested_at: float
    etag: str
    """What the page's server called this content; empty when it did not say, or for files."""
    checked_at: float | None
    """When the page was last asked for."""
    dead_since: float | None
    """When it was first found gone."""
    failures: int
    """Visits in a row at which the page was not to be had, for another reason than being gone."""
    failing_since: float | None
    """The first of them."""


@dataclass(frozen=True, slots=True)
class SourceCount:
    """One document with what can be found of it."""

    name: str
    location: str
    audience: Audience
    entries: int
    """Active ones."""
    ingested_at: float


async def find(db: Database, location: str, audience: Audience) -> Document | None:
    row = await db.row("SELECT * FROM documents WHERE location = ? AND audience = ?", (location, audience))
    return _document_of(row) if row else None


async def below(db: Database, root: str, audience: Audience) -> list[Document]:
    """Every document of this audience that lies in a folder and still has entries in use."""
    rows = await db.rows(
        """SELECT d.* FROM documents d WHERE d.audience = ?1 AND substr(d.location, 1, length(?2) + 1) = ?2 || '/'
             AND EXISTS (SELECT 1 FROM entries e WHERE e.document_id = d.id AND e.status <> 'retired')""",
        (audience, root.rstrip("/")),
    )
    return [_document_of(row) for row in rows]


async def reopen(tx: aiosqlite.Connection, document_id: int) -> None:
    """Look at it anew, whatever its content, should it turn up again."""
    await tx.execute("UPDATE documents SET content_hash = '' WHERE id = ?", (document_id,))


async def hashes(db: Database, audience: Audience) -> dict[str, str]:
    """The content hash of every document of this audience, by location."""
    rows = await db.rows("SELECT location, content_hash FROM documents WHERE audience = ?", (audience,))
    return {row["location"]: row["content_hash"] for row in rows}


async def entries_in_use(db: Database, location: str, audience: Audience) -> int:
    """How many entries of a document are not retired."""
    row = await db.row(
        """SELECT count(*) AS n FROM documents d JOIN entries e ON e.document_id = d.id
           WHERE d.location = ? AND d.audience = ? AND e.status <> 'retired'""",
        (location, audience),
    )
    return int(row["n"]) if row else 0


async def begin(tx: aiosqlite.Connection, location: str, audience: Audience, name: str, at: float) -> int:
    """The id of the document, new or known, now marked unfinished."""
    [(document_id,)] = await tx.execute_fetchall(
        """INSERT INTO documents (location, audience, name, content_hash, ingested_at) VALUES (?, ?, ?, '', ?)
           ON CONFLICT (location, audience) DO UPDATE SET content_hash = '', name = excluded.name
           RETURNING id""",
        (location, audience, name, at),
    )
    return int(document_id)


async def finish(tx: aiosqlite.Connection, document_id: int, content_hash: str, at: float) -> None:
    """Every entry of it is written: the same content need not be looked at again."""
    await tx.execute(
        "UPDATE documents SET content_hash = ?, ingested_at = ? WHERE id = ?", (content_hash, at, document_id)
    )


async def checked(tx: aiosqlite.Connection, document_id: int, at: float, *, etag: str) -> None:
    """The page was asked for and is there."""
    await tx.execute(
        """UPDATE documents SET checked_at = ?, etag = ?, dead_since = NULL, failures = 0, failing_since = NULL
           WHERE id = ?""",
        (at, etag, document_id),
    )


async def found_dead(tx: aiosqlite.Connection, document_id: int, at: float) -> None:
    """The page was asked for and is gone: its entries stay, and are shown for review."""
    await tx.execute(
        "UPDATE documents SET checked_at = ?1, dead_since = coalesce(dead_since, ?1) WHERE id = ?2", (at, document_id)
    )


async def found_failing(tx: aiosqlite.Connection, document_id: int, at: float) -> None:
    """The page was asked for and not to be had: its entries stay, and are shown for review if that goes on."""
    await tx.execute(
        """UPDATE documents SET checked_at = ?1, failures = failures + 1, failing_since = coalesce(failing_since, ?1)
           WHERE id = ?2""",
        (at, document_id),
    )


async def counts(db: Database) -> list[SourceCount]:
    """Every document with its number of active entries, largest first."""
    rows = await db.rows(
        """SELECT d.name, d.location, d.audience, d.ingested_at, count(e.seq) AS entries
           FROM documents d LEFT JOIN entries e ON e.document_id = d.id AND e.status = 'active'
           GROUP BY d.id ORDER BY entries DESC, d.name"""
    )
    return [
        SourceCount(row["name"], row["location"], Audience(row["audience"]), row["entries"], row["ingested_at"])
        for row in rows
    ]


def _document_of(row: sqlite3.Row) -> Document:
    return Document(**{**dict(row), "audience": Audience(row["audience"])})
