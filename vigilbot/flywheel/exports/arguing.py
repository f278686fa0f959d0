"""Who writes the reasoning of an alert anew: the models of VIGIL_MODEL_TRIAGE, or the built-in reasoner."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from vigilbot.embedding.loading import load_embedder
from vigilbot.errors import ChatError
from vigilbot.flywheel.exports import triage
from vigilbot.reasoning.extractive import ExtractiveReasoner
from vigilbot.storage.calls import CallLog
from vigilbot.tickets import categories

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import AsyncIterator

    from vigilbot.config import Settings
    from vigilbot.flywheel.exports.writing import Row, Wanted
    from vigilbot.models import Image
    from vigilbot.reasoning.base import Reasoner
    from vigilbot.storage.database import Database


async def rows_of(settings: Settings, db: Database, wanted: Wanted) -> tuple[list[Row], Counter[str]]:
    """The rows of `export triage`, by the admin's categories. Raises ConfigError, EmbeddingError and PromptError."""
    menu = categories.load(settings.tickets, settings.data_dir)
    async with _arguing(settings, db) as reasoner:
        return await triage.rows(db, wanted, menu, reasoner)


@asynccontextmanager
async def _arguing(settings: Settings, db: Database) -> AsyncIterator[Reasoner]:
    embedder = await load_embedder(settings.embedding_model)
    reasoner: Reasoner = ExtractiveReasoner(embedder)
    if settings.uses_models:
        from vigilbot.reasoning.fallback import with_fallbacks  # noqa: PLC0415 - brings prompts and litellm along

        reasoner = with_fallbacks(settings, CallLog(db), _no_picture, reasoner)
    try:
        yield reasoner
    finally:
        await reasoner.close()
        await embedder.close()


async def _no_picture(image: Image) -> bytes:
    raise ChatError(f"{image.location}: triage sees no pictures")
