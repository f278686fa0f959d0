"""Links to threads, for whoever can do without one: knowledge is learnt although its thread has no address."""

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
    """`ChatPlatform.permalink` that gives an empty address, and logs why, where the platform gives none."""

    async def permalink(session: Session) -> str:
        try:
            return await platform.permalink(session)
        except ChatError as error:
            log.warning("permalink_failed", session=session.id, error=str(error))
            return ""

    return permalink
