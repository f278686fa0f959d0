"""How learning is put together."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from vigilbot.app.courtesies import permalinks
from vigilbot.knowledge.parsing.parsers import Parsers
from vigilbot.learning.closing import Closing
from vigilbot.learning.keeping import Keeper
from vigilbot.learning.links import LinkReader
from vigilbot.learning.worker import Learner
from vigilbot.safety.fetching.door import FetchDoor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from vigilbot.activity import Activity
    from vigilbot.chat.base import ChatPlatform
    from vigilbot.clock import Clock
    from vigilbot.config import Settings
    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.reasoning.base import Reasoner
    from vigilbot.sessions.feed import Feed
    from vigilbot.storage.database import Database


@asynccontextmanager
async def closing_for(
    settings: Settings,
    db: Database,
    clock: Clock,
    reasoner: Reasoner,
    knowledge: LocalKnowledge,
    platform: ChatPlatform,
) -> AsyncIterator[Closing | None]:
    """What a session teaches is found and kept by this; None when nothing is to be learnt."""
    if settings.learning == "off":
        yield None
        return
    keeper = Keeper(knowledge, clock, permalinks(platform), settings.learning, settings.learn_for)
    door = FetchDoor(domains=settings.link_domains, networks=settings.link_networks, ports=settings.link_ports)
    async with Parsers() as parsers:
        links = LinkReader(
            knowledge=knowledge,
            reasoner=reasoner,
            door=door,
            parsers=parsers,
            clock=clock,
            scope=settings.scope,
            policy=settings.learning,
            learn_for=settings.learn_for,
        )
        yield Closing(db, reasoner, keeper, settings.scope, links)


def learner_for(
    closing: Closing | None, settings: Settings, db: Database, clock: Clock, activity: Activity, feed: Feed
) -> Learner | None:
    """Who learns in the background of a running bot; None when nothing is to be learnt."""
    if closing is None:
        return None
    return Learner(closing, db, clock, activity, feed.publish, settings.checkpoint * 60)
