"""How the courier is put together: which carrier brings which kind of delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.pipeline.withdraw import withdraw
from vigilbot.sessions.carriers import usual_carriers
from vigilbot.sessions.courier import Courier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vigilbot.app.leftovers import Leftovers
    from vigilbot.chat.base import ChatPlatform
    from vigilbot.pipeline.standdown import StandDown
    from vigilbot.runtime.activity import Activity
    from vigilbot.runtime.clock import Clock
    from vigilbot.runtime.tasks import Tasks
    from vigilbot.sessions.carriers import Carrier
    from vigilbot.sessions.feed import Feed
    from vigilbot.storage.database import Database


def courier_for(
    db: Database,
    platform: ChatPlatform,
    stand_down: StandDown,
    clock: Clock,
    tasks: Tasks,
    feed: Feed,
    activity: Activity,
    leftovers: Leftovers,
    more: Mapping[str, Carrier] | None = None,
) -> Courier:
    """The courier with the carriers that every bot has, and `more` by kind of delivery."""

    async def taken_back(card_id: str) -> bool:
        await leftovers.before_posting(card_id)
        return await withdraw(card_id, db, stand_down, clock.now())

    platforms = {platform.name: platform}
    carriers = {**usual_carriers(db, platforms, taken_back), **(more or {})}
    return Courier(db, platforms, carriers, clock, tasks, feed, activity)
