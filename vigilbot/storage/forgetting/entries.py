"""Forgetting versions of entries. What stays of an entry becomes its current version, as a version of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vigilbot.storage import entries, postings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aiosqlite

    from vigilbot.storage.entries import Change
    from vigilbot.storage.forgetting.target import Fate

PER_VERSION = ("vectors", "token_vectors")
"""Tables that hold something made from one version of an entry."""


async def forget_versions(tx: aiosqlite.Connection, fates: Sequence[Fate], by: Change) -> None:
    """Remove the forgotten versions and everything made from them; entries of which nothing stays are removed."""
    gone = [fate.seq for fate in fates if fate.back_to is None]
    await postings.remove(tx, gone)
    await tx.execute("DELETE FROM entries WHERE seq IN (SELECT value FROM json_each(?))", (json.dumps(gone),))
    back = [(fate.seq, fate.back_to) for fate in fates if fate.back_to is not None and fate.is_current]
    await entries.restore(tx, back, by)
    versions = [(fate.seq, version) for fate in fates if fate.back_to is not None for version in fate.forgotten]
    for table in (*PER_VERSION, "entry_versions"):
        await tx.executemany(f"DELETE FROM {table} WHERE entry_seq = ? AND version = ?", versions)  # noqa: S608 - constants


async def forget_origins(tx: aiosqlite.Connection) -> None:
    """Remove every origin that no version rests on any longer."""
    await tx.execute(
        "DELETE FROM origins WHERE NOT EXISTS (SELECT 1 FROM version_origins vo WHERE vo.origin_id = origins.id)"
    )


async def forget_document(tx: aiosqlite.Connection, location: str) -> None:
    """Remove a document whose entries are gone."""
    await tx.execute(
        """DELETE FROM documents WHERE location = ?
             AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.document_id = documents.id)""",
        (location,),
    )
