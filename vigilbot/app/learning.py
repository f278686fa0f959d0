"""How learning is put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.app.courtesies import permalinks
from vigilbot.learning.closing import Closing
from vigilbot.learning.keeping import Keeper
from vigilbot.learning.worker import Learner

if TYPE_CHECKING:
    from vigilbot.activity import Activity
    from vigilbot.chat.base import ChatPlatform
    from vigilbot.clock import Clock
    from vigilbot.config import Settings
    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.reasoning.base import Reasoner
    from vigilbot.sessions.feed import Feed
    from vigilbot.storage.database import Database


def learner_for(
    settings: Settings,
    db: Database,
    clock: Clock,
    reasoner: Reasoner,
    knowledge: LocalKnowledge,
    platform: ChatPlatform,
    activity: Activity,
    feed: Feed,
) -> Learner | None:
    """Who learns from sessions; None when nothing is to be learnt."""
    if settings.learning == "off":
        return None
    keeper = Keeper(knowledge, clock, permalinks(platform), settings.learning, settings.learn_for)
    closing = Closing(db, reasoner, keeper, settings.scope)
    return Learner(closing, db, clock, activity, feed.publish, settings.checkpoint * 60)
