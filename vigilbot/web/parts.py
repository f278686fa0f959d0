"""What the routes work with, under one key of the application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vigilbot.chat.console.platform import ConsolePlatform
    from vigilbot.config import Settings
    from vigilbot.knowledge.local import LocalKnowledge
    from vigilbot.runtime.clock import Clock
    from vigilbot.sessions.feed import Feed
    from vigilbot.storage.database import Database
    from vigilbot.web.probes import Health
    from vigilbot.web.status import Status


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything the console's routes read from and hand requests to."""

    settings: Settings
    db: Database
    feed: Feed
    clock: Clock
    console: ConsolePlatform
    knowledge: LocalKnowledge
    status: Callable[[], Awaitable[Status]]
    health: Health
    categories: tuple[str, ...] = ()
    """What a ticket can be; empty when there is no triage."""


PARTS = web.AppKey("parts", Parts)
STATUS: web.AppKey[Callable[[], Awaitable[Status]]] = web.AppKey("status")
