"""Entries that an embedder has not seen: after VIGIL_EMBEDDING_MODEL has changed, all of them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import structlog

from vigilbot.embedding.base import embed_tokens
from vigilbot.embedding.loading import load_former
from vigilbot.embedding.tokenvectors import packed
from vigilbot.errors import EmbeddingError
from vigilbot.knowledge.texts import embedded_text
from vigilbot.storage import entries
from vigilbot.storage import tokens as token_vectors
from vigilbot.storage import vectors as stored

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from vigilbot.embedding.base import Embedder
    from vigilbot.storage.database import Database

log = structlog.get_logger(__name__)

TEXTS_AT_ONCE = 128


async def embed_lacking(
    db: Database,
    embedder: Embedder,
    *,
    among: Sequence[int] | None = None,
    after_batch: Callable[[list[int]], Awaitable[None]] | None = None,
) -> int:
    """Embed what this embedder lacks, of all active entries or of those with the `seq` in `among`; how many it was.

    Each batch is committed, so that an interrupted run continues where it stopped; `after_batch` is told its `seq`.
    Raises EmbeddingError.
    """
    done = 0
    while lacking := await stored.lacking(db, embedder.name, TEXTS_AT_ONCE, among):
        texts = [embedded_text(shelf.kind, content) for _, _, shelf, content in lacking]
        vectors, tokens = await embed_tokens(embedder, texts)
        async with db.transaction() as tx:
            owners = [(seq, ref.version) for seq, ref, _, _ in lacking]
            await entries.write_vectors(tx, owners, vectors, embedder.name)
            refs = [ref for _, ref, _, _ in lacking]
            packs = [(ref, packed(one)) for ref, one in zip(refs, tokens or (), strict=bool(tokens))]
            await token_vectors.write(tx, packs, embedder.name)
        done += len(lacking)
        if after_batch:
            await after_batch([seq for seq, _, _, _ in lacking])
    if done:
        log.info("entries_embedded", embedder=embedder.name, entries=done)
    return done


async def add_tokens(db: Database, embedder: Embedder) -> int:
    """Token vectors for entries that were stored before there were any; how many it was.

    Nothing to do for an embedder that gives none. Each batch is committed. Raises EmbeddingError.
    """
    done = 0
    while lacking := await token_vectors.lacking(db, embedder.name, TEXTS_AT_ONCE):
        _, tokens = await embed_tokens(embedder, [embedded_text(shelf.kind, content) for _, shelf, content in lacking])
        if tokens is None:
            break
        async with db.transaction() as tx:
            packs = [(ref, packed(one)) for (ref, _, _), one in zip(lacking, tokens, strict=True)]
            await token_vectors.write(tx, packs, embedder.name)
        done += len(lacking)
    if done:
        log.info("tokens_added", embedder=embedder.name, entries=done)
    return done


async def former_embedder(db: Database, configured: Embedder) -> Embedder | None:
    """The embedder to serve with until the configured one has seen every entry.

    None when that has seen the most already, or when the former one cannot be loaded any more.
    """
    seen = await stored.counts(db)
    if not seen:
        return None
    name = max(seen, key=seen.__getitem__)
    if seen[name] <= seen.get(configured.name, 0):
        return None
    try:
        return await load_former(name)
    except EmbeddingError as error:
        log.warning("former_embedder_gone", former=name, reason=str(error), serving=configured.name)
        return None


def folder_name(embedder: str) -> str:
    """Of this embedder's index: characters that every file system takes, and Chroma too."""
    return hashlib.blake2b(embedder.encode(), digest_size=8).hexdigest()
