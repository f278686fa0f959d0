"""The vector index: disposable, made from SQLite, one collection per kind and audience. Chroma runs in threads."""

from __future__ import annotations

import asyncio
import hashlib
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from vigilbot.errors import KnowledgeError
from vigilbot.storage.entries import Ref

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from vigilbot.knowledge.index.chroma import ChromaStore
    from vigilbot.storage.entries import Shelf

T = TypeVar("T")
Hits = list[tuple[Ref, float]]
"""Entry versions with their cosine, best first."""

READERS = 4
SEARCH_SECONDS = 10.0
WRITE_SECONDS = 300.0


class VectorIndex(ABC):
    """What embedded and served index share. Every method raises KnowledgeError when Chroma fails or is too slow."""

    def __init__(self, chroma: ChromaStore, embedder: str, prefix: str = "") -> None:
        """`prefix` begins the name of every collection."""
        self._chroma = chroma
        self._embedder = embedder
        self._prefix = prefix
        # Writes have a thread of their own: no question waits for an ingest.
        self._reading = ThreadPoolExecutor(READERS, "index-read")
        self._writing = ThreadPoolExecutor(1, "index-write")

    @abstractmethod
    async def open(self) -> None:
        """Open what is there, or start empty."""

    @abstractmethod
    async def settle(self) -> None:
        """No writes are expected for now."""

    @abstractmethod
    async def wipe(self) -> None:
        """Forget everything and start empty."""

    def is_gone(self) -> bool:
        """Whether somebody has taken its files away; searching what is open does not always show that."""
        return False

    @abstractmethod
    async def _before_write(self) -> None:
        """Something is about to change."""

    @abstractmethod
    def _fault(self, error: BaseException) -> KnowledgeError:
        """What Chroma raised, in one sentence for an admin."""

    async def close(self) -> None:
        """End the threads."""
        for lane in (self._reading, self._writing):
            lane.shutdown(wait=False, cancel_futures=True)

    async def held(self, shelf: Shelf) -> set[Ref]:
        """What is on a shelf."""
        name = self._name(shelf)
        return {_ref(id_) for id_ in await self._call(self._reading, lambda: self._chroma.ids(name), WRITE_SECONDS)}

    async def add(self, shelf: Shelf, refs: Sequence[Ref], vectors: NDArray[np.float32]) -> None:
        """Put versions on a shelf; vectors have the shape (len(refs), dimensions)."""
        name, ids = self._name(shelf), [_id(ref) for ref in refs]
        await self._write(lambda: self._chroma.add(name, ids, vectors))

    async def remove(self, shelf: Shelf, refs: Iterable[Ref]) -> None:
        name, ids = self._name(shelf), [_id(ref) for ref in refs]
        if ids:
            await self._write(lambda: self._chroma.remove(name, ids))

    async def keep_only(self, shelves: Iterable[Shelf]) -> None:
        """Drop every other collection: of audiences that have no entries any more."""
        kept = {self._name(shelf) for shelf in shelves}
        for name in set(self._chroma.names()) - kept:
            await self._write(lambda name=name: self._chroma.drop(name))  # type: ignore[misc]  # binds this round's name

    async def nearest(self, shelves: Sequence[Shelf], vectors: NDArray[np.float32], count: int) -> list[Hits]:
        """For each vector the `count` nearest entry versions on exactly these shelves."""
        held = set(self._chroma.names())
        found = await asyncio.gather(
            *(
                self._call(self._reading, partial(self._chroma.nearest, name, vectors, count), SEARCH_SECONDS)
                for name in map(self._name, shelves)
                if name in held
            )
        )
        return [
            sorted(
                ((_ref(id_), cosine) for shelf in found for id_, cosine in shelf[row]),
                key=lambda hit: -hit[1],
            )[:count]
            for row in range(len(vectors))
        ]

    async def _write(self, work: Callable[[], None]) -> None:
        await self._before_write()
        await self._call(self._writing, work, WRITE_SECONDS)

    async def _call(self, lane: ThreadPoolExecutor, work: Callable[[], T], seconds: float) -> T:
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.get_running_loop().run_in_executor(lane, self._guarded, work)
        except TimeoutError:
            raise KnowledgeError(f"the index did not answer within {seconds:.0f} s") from None

    def _guarded(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except BaseException as error:  # Chroma's Rust side panics with a BaseException
            raise self._fault(error) from error

    def _name(self, shelf: Shelf) -> str:
        """A collection name Chroma allows, whatever characters an audience or a model's name holds."""
        digest = hashlib.blake2b(f"{self._embedder}\0{shelf.audience}".encode(), digest_size=16).hexdigest()
        return f"{self._prefix}{shelf.kind}-{digest}"


def one_line(error: BaseException) -> str:
    """The first line of what an error says."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _id(ref: Ref) -> str:
    return f"{ref.entry_id}:{ref.version}"


def _ref(id_: str) -> Ref:
    entry_id, _, version = id_.rpartition(":")
    return Ref(entry_id, int(version))
