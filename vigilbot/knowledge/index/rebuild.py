"""Bring the index in line with SQLite, from the stored vectors: nothing is embedded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from vigilbot.errors import KnowledgeError
from vigilbot.storage import postings
from vigilbot.storage import vectors as stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.knowledge.index.base import VectorIndex
    from vigilbot.storage.database import Database
    from vigilbot.storage.entries import Shelf

log = structlog.get_logger(__name__)

ROWS_AT_ONCE = 2000
PROBES = 32
LEAST_FOUND = 0.9
"""Share of probes that must find their own vector; the graph search itself misses about one in fifty."""


async def rebuild(db: Database, index: VectorIndex, embedder: str) -> None:
    """Make the index hold the current version of every active entry that `embedder` has seen, and nothing else.

    An index that fails or does not find what it holds is wiped and made anew. Raises KnowledgeError when that
    fails too.
    """
    await _fill_lexical(db)
    try:
        await _reconcile(db, index, embedder)
    except KnowledgeError as error:
        log.warning("index_rebuild", reason=str(error))
        await index.wipe()
        await _reconcile(db, index, embedder)
    await index.settle()


async def _reconcile(db: Database, index: VectorIndex, embedder: str) -> None:
    shelves = await stored.shelves(db)
    await index.keep_only(shelves)
    for shelf in shelves:
        held = await index.held(shelf)  # first: what is written meanwhile must not look superfluous
        wanted = await stored.on_shelf(db, shelf, embedder)
        await index.remove(shelf, held - wanted.keys())
        missing = [seq for ref, seq in wanted.items() if ref not in held]
        for start in range(0, len(missing), ROWS_AT_ONCE):
            refs, vectors = await stored.of_entries(db, missing[start : start + ROWS_AT_ONCE], embedder)
            await index.add(shelf, refs, vectors)
        if missing:
            log.info("index_filled", kind=shelf.kind, audience=shelf.audience, entries=len(missing))
        await _probe(db, index, shelf, list(wanted.values()), embedder)


async def _probe(db: Database, index: VectorIndex, shelf: Shelf, seqs: Sequence[int], embedder: str) -> None:
    """Look a spread of entries up by their own vectors. Raises KnowledgeError when too many do not turn up."""
    if not seqs:
        return
    _, vectors = await stored.of_entries(db, seqs[:: -(-len(seqs) // PROBES)], embedder)
    hits = await index.nearest([shelf], vectors, 1)
    found = sum(1 for hit in hits if hit and hit[0][1] > 1 - 1e-3)
    if found < LEAST_FOUND * len(vectors):
        raise KnowledgeError(f"the index finds only {found} of {len(vectors)} vectors that it holds")


async def _fill_lexical(db: Database) -> None:
    """Only after an upgrade that changed its rules is there anything to do."""
    more = True
    while more:
        async with db.transaction() as tx:
            more = await postings.fill(tx)
