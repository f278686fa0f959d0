"""How learning is put together."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from vigilbot.app.permalinks import permalinks
from vigilbot.knowledge.parsing.parsers import Parsers
from vigilbot.learning.closing import Closing
from vigilbot.learning.keeping import Keeper
from vigilbot.learning.links import LinkReader
from vigilbot.learning.worker import Learner
from vigilbot.safety.fetching.door import FetchDoor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from vigilbot.app.foundation import Foundation
    from vigilbot.chat.base import ChatPlatform
    from vigilbot.config import Settings
    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.reasoning.base import Reasoner
    from vigilbot.runtime.clock import Clock
    from vigilbot.storage.database import Database


@asynccontextmanager
async def closing_for(
    settings: Settings,
    db: Database,
    clock: Clock,
    reasoner: Reasoner,
    knowledge: LocalKnowledge,
    platform: ChatPlatform,
    *,
    links: bool = True,
) -> AsyncIterator[Closing | None]:
    """What finds and keeps what a session teaches; None when nothing is to be learnt (VIGIL_LEARNING=off).

    Without `links`, pages that analysts shared are not read.
    """
    if settings.learning == "off":
        yield None
        return
    keeper = Keeper(knowledge, clock, permalinks(platform), settings.learning, settings.learn_for)
    if not links:
        yield Closing(db, reasoner, keeper, settings.scope)
        return
    door = FetchDoor(domains=settings.link_domains, networks=settings.link_networks, ports=settings.link_ports)
    async with Parsers() as parsers:
        reader = LinkReader(
            knowledge=knowledge,
            reasoner=reasoner,
            door=door,
            parsers=parsers,
            clock=clock,
            scope=settings.scope,
            policy=settings.learning,
            learn_for=settings.learn_for,
        )
        yield Closing(db, reasoner, keeper, settings.scope, reader)


def learner_for(base: Foundation, closing: Closing | None) -> Learner | None:
    """Who learns in the background of a running bot; None when nothing is to be learnt."""
    if closing is None:
        return None
    checkpoint_seconds = base.settings.checkpoint * 60
    return Learner(closing, base.db, base.clock, base.activity, base.feed.publish, checkpoint_seconds)
