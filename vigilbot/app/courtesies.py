"""What may fail at the platform without harm: it is logged, and work goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import structlog

from vigilbot.errors import ChatError

if TYPE_CHECKING:
    from vigilbot.chat.base import ChatPlatform
    from vigilbot.models import Session

log = structlog.get_logger(__name__)

Notify = Callable[["Session", str, "str | None"], Awaitable[None]]


def notifier(platform: ChatPlatform) -> Notify:
    """A notice that cannot be posted is no reason to fail a turn: it is logged."""

    async def notify(session: Session, text: str, to: str | None) -> None:
        try:
            await platform.post_notice(session, text, to)
        except ChatError as error:
            log.warning("notice_failed", session=session.id, error=str(error))

    return notify


def permalinks(platform: ChatPlatform) -> Callable[[Session], Awaitable[str]]:
    """What is learnt from a thread whose address is not to be had cites the thread without a link."""

    async def permalink(session: Session) -> str:
        try:
            return await platform.permalink(session)
        except ChatError as error:
            log.warning("permalink_failed", session=session.id, error=str(error))
            return ""

    return permalink
