"""What the command line does with the knowledge base of a data folder, with or without a bot running there."""

from __future__ import annotations

import os
import re
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from vigilbot.embedding.loading import load_embedder
from vigilbot.errors import IngestError, KnowledgeError
from vigilbot.knowledge.index.chroma import server_of
from vigilbot.knowledge.ingest.ingesting import ingest
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.models import Audience
from vigilbot.safety.fetching.door import FetchDoor
from vigilbot.storage.database import Database
from vigilbot.storage.folder import DATABASE, INDEX, locked_for_change

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from vigilbot.config import Settings
    from vigilbot.knowledge.ingest.ingesting import Follow
    from vigilbot.knowledge.ingest.report import IngestReport

NICENESS = 10
"""Not lower: whoever holds SQLite's write lock must not be kept from finishing."""

AUDIENCE = re.compile(r"everyone|(channel|customer):\S+")


def audience_of(option: str) -> Audience:
    """What `--audience` names. Raises KnowledgeError: a misspelt one would look like one that nothing is kept for."""
    if not AUDIENCE.fullmatch(option):
        raise KnowledgeError(f"--audience {option}: must be `everyone`, `channel:<id>` or `customer:<id>`")
    return Audience(option)


async def ingest_places(
    settings: Settings, places: Sequence[str], audience: str, follow: Follow, *, pruning: bool = False
) -> IngestReport:
    """`vigilbot ingest`: files, folders, URLs. Raises VigilError in one line."""
    readers = audience_of(audience)
    if not all(place.strip() for place in places):
        raise IngestError("one of the places to read is empty: name a file, a folder or an address")
    door = FetchDoor(domains=settings.link_domains, networks=settings.link_networks, ports=settings.link_ports)
    async with opened(settings) as knowledge:
        return await ingest(knowledge, places, audience=readers, follow=follow, door=door, pruning=pruning)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[LocalKnowledge]:
    """The knowledge base alone, without chat, reasoners and VIGIL_RERANK_MODEL, to be read and changed.

    Who searches as the bot does uses `standalone.search`.

    Beside a running bot only the database is written, at a low priority: the bot follows it within a second or two.
    Raises DataFolderLocked while another command changes the knowledge.
    """
    async with AsyncExitStack() as stack:
        alone = stack.enter_context(locked_for_change(settings.data_dir))
        if not alone:
            os.setpriority(os.PRIO_PROCESS, 0, NICENESS)  # whoever waits for an answer comes first
        folder = settings.data_dir
        db = await Database.open(folder / DATABASE)
        stack.push_async_callback(db.close)
        embedder = await load_embedder(settings.embedding_model)
        stack.push_async_callback(embedder.close)
        knowledge = LocalKnowledge(db, embedder, folder / INDEX if alone else None, server=server_of(settings))
        stack.push_async_callback(knowledge.close)
        await knowledge.open(embed_later=not alone)
        yield knowledge
