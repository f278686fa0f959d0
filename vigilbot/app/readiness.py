"""Whether the process can answer yet, and what it waits for."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from vigilbot.models import Turn
    from vigilbot.sessions.actor import Respond


class Readiness:
    """What is still being loaded, in words for a person; turns wait until nothing is."""

    def __init__(self) -> None:
        self.loading = ""
        self._ready = asyncio.Event()
        self._ready.set()

    @asynccontextmanager
    async def while_loading(self, what: str) -> AsyncIterator[None]:
        """Not ready within the block; ready after it even when loading failed, since every turn then says why."""
        self.loading = what
        self._ready.clear()
        try:
            yield
        finally:
            self.loading = ""
            self._ready.set()

    async def reached(self) -> None:
        """Return once nothing is being loaded."""
        await self._ready.wait()

    def before(self, respond: Respond) -> Respond:
        """`respond`, which waits until nothing is being loaded."""

        async def when_ready(turn: Turn) -> Turn | None:
            await self.reached()
            return await respond(turn)

        return when_ready
