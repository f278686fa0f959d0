"""What may fail at the platform without harm: it is logged, and work goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from vigilbot.errors import ChatError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vigilbot.chat.base import ChatPlatform
    from vigilbot.models import Session

log = structlog.get_logger(__name__)


def permalinks(platform: ChatPlatform) -> Callable[[Session], Awaitable[str]]:
    """What is learnt from a thread whose address is not to be had cites the thread without a link."""

    async def permalink(session: Session) -> str:
        try:
            return await platform.permalink(session)
        except ChatError as error:
            log.warning("permalink_failed", session=session.id, error=str(error))
            return ""

    return permalink
