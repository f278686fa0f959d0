"""Entries as JSONL that `vigilbot ingest` reads back, with where each comes from."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson

from vigilbot.storage import catalogue, provenance, uses

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from vigilbot.models import Entry
    from vigilbot.storage.catalogue import Filter
    from vigilbot.storage.database import Database


async def exported(db: Database, wanted: Filter) -> AsyncIterator[str]:
    """One line an entry. Ingest reads its `id, title, text | question, answer, url` and passes over the rest."""
    async for entry in catalogue.each(db, wanted):
        yield orjson.dumps(await _row(db, entry)).decode()


async def _row(db: Database, entry: Entry) -> dict[str, Any]:
    said = {"question": entry.question, "answer": entry.text} if entry.kind == "qa" else {"text": entry.text}
    origins = await provenance.of_current(db, [entry.id])
    return {
        "id": entry.id,
        "title": entry.title,
        **said,
        "url": entry.source,
        "kind": entry.kind,
        "audience": entry.audience,
        "status": entry.status,
        "version": entry.version,
        "created_at": entry.created_at,
        "updated_at": entry.updated_at,
        "uses": asdict((await uses.of_entries(db, [entry.id]))[entry.id]),
        "origins": [asdict(origin) for origin in origins],
    }
