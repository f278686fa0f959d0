"""How the courier is put together: which carrier brings which kind of delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.pipeline.withdraw import withdraw
from vigilbot.sessions.carriers import usual_carriers
from vigilbot.sessions.courier import Courier

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vigilbot.app.leftovers import Leftovers
    from vigilbot.chat.base import ChatPlatform
    from vigilbot.models import Session, Turn
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
    take_up: Callable[[Session, Turn], None],
    more: Mapping[str, Carrier] | None = None,
) -> Courier:
    """The courier with the carriers that every bot has, and `more` by kind of delivery.

    `take_up` runs a turn that lost its outcome with a card that was taken back.
    """

    async def taken_back(card_id: str) -> bool:
        await leftovers.before_posting(card_id)
        withdrawn = await withdraw(card_id, db, stand_down, clock.now())
        if withdrawn is None:
            return False
        for turn in withdrawn.again:
            take_up(withdrawn.session, turn)
        return True

    platforms = {platform.name: platform}
    carriers = {**usual_carriers(db, platforms, taken_back), **(more or {})}
    return Courier(db, platforms, carriers, clock, tasks, feed, activity)
