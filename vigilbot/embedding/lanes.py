"""Threads for inference: a question never queues behind an ingest."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, TypeVar

from vigilbot.errors import EmbeddingError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

QUICK_TEXTS = 16
"""Up to so many texts go by the quick lane: a question with its sub-questions, an answer, a handful of chunks."""


class Lanes:
    """One thread for questions, one for bulk; both infer in the same session, which allows it."""

    def __init__(self) -> None:
        self._quick = ThreadPoolExecutor(1, "embed-quick")
        self._bulk = ThreadPoolExecutor(1, "embed-bulk")
        self._closing = Event()

    async def run(self, texts: int, work: Callable[[], T]) -> T:
        """Run `work`, which embeds so many texts, on the lane of its size. Raises EmbeddingError once closed."""
        self.check_open()
        lane = self._quick if texts <= QUICK_TEXTS else self._bulk
        return await asyncio.get_running_loop().run_in_executor(lane, work)

    def check_open(self) -> None:
        """For long work to call now and then: ends it when the process is about to stop. Raises EmbeddingError."""
        if self._closing.is_set():
            raise EmbeddingError("the embedding model has been closed")

    async def close(self) -> None:
        """Let what runs end at its next `check_open`, then end the threads."""
        self._closing.set()
        for lane in (self._quick, self._bulk):
            await asyncio.to_thread(lane.shutdown, cancel_futures=True)
