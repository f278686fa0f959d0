"""Tells watchers (the console page) that a session has changed; they then read what they need."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


class Feed:
    """Who watches which session; publishing costs next to nothing when nobody does."""

    def __init__(self) -> None:
        self._watchers: dict[asyncio.Event, str | None] = {}

    def publish(self, session_id: str) -> None:
        """Wake everybody who watches this session, or all of them."""
        for changed, watched in self._watchers.items():
            if watched in (None, session_id):
                changed.set()

    def publish_all(self) -> None:
        """Wake everybody: something that every session depends on has changed."""
        for changed in self._watchers:
            changed.set()

    @contextmanager
    def subscribe(self, session_id: str | None) -> Iterator[AsyncIterator[None]]:
        """An iterator that yields once for any number of changes since the last time; None watches every session."""
        changed = asyncio.Event()
        self._watchers[changed] = session_id
        try:
            yield self._changes(changed)
        finally:
            del self._watchers[changed]

    async def _changes(self, changed: asyncio.Event) -> AsyncIterator[None]:
        while True:
            await changed.wait()
            changed.clear()
            yield
