"""What the command line does with the knowledge base of a data folder that no running bot holds."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from vigilbot.embedding.loading import load_embedder
from vigilbot.errors import IngestError
from vigilbot.knowledge.ingest import ingest
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.models import Audience
from vigilbot.storage.database import Database
from vigilbot.storage.folder import DATABASE, INDEX, locked

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from vigilbot.config import Settings
    from vigilbot.knowledge.ingest import Follow
    from vigilbot.knowledge.report import IngestReport

AUDIENCE = re.compile(r"everyone|(channel|customer):\S+")


async def ingest_paths(settings: Settings, paths: Sequence[Path], audience: str, follow: Follow) -> IngestReport:
    """`vigilbot ingest`. Raises VigilError in one line."""
    if not AUDIENCE.fullmatch(audience):
        raise IngestError(f"--audience {audience}: must be `everyone`, `channel:<id>` or `customer:<id>`")
    async with opened(settings) as knowledge:
        return await ingest(knowledge, paths, audience=Audience(audience), follow=follow)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[LocalKnowledge]:
    """The knowledge base alone, without chat and reasoners."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(locked(settings.data_dir))
        db = await Database.open(folder / DATABASE)
        stack.push_async_callback(db.close)
        embedder = await load_embedder(settings.embedding_model)
        stack.push_async_callback(embedder.close)
        knowledge = LocalKnowledge(db, embedder, folder / INDEX)
        stack.push_async_callback(knowledge.close)
        await knowledge.open()
        yield knowledge
