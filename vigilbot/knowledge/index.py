"""The vector index: disposable, made from SQLite, one collection per kind and audience. Chroma runs in threads."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import structlog

from vigilbot.errors import KnowledgeError
from vigilbot.knowledge import seal
from vigilbot.knowledge.chroma import ChromaFolder
from vigilbot.storage.entries import Ref

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from vigilbot.storage.entries import Shelf

T = TypeVar("T")
Hits = list[tuple[Ref, float]]
"""Entry versions with their cosine, best first."""

log = structlog.get_logger(__name__)

READERS = 4
SEARCH_SECONDS = 10.0
WRITE_SECONDS = 300.0
TRIAL_SECONDS = 300.0


class VectorIndex:
    """Every method raises KnowledgeError when Chroma fails or does not answer in time."""

    def __init__(self, folder: Path, embedder: str) -> None:
        """`folder` belongs to the index alone: it is emptied when it turns out to be damaged."""
        self._folder = folder
        self._embedder = embedder
        self._chroma = ChromaFolder(folder)
        self._opened = False
        self._sealed = False
        # Writes have a thread of their own: no question waits for an ingest.
        self._reading = ThreadPoolExecutor(READERS, "index-read")
        self._writing = ThreadPoolExecutor(1, "index-write")

    async def open(self) -> None:
        """Open what is there, unless it is damaged: then start empty."""
        condition = await self._call(self._writing, lambda: seal.condition(self._folder), WRITE_SECONDS)
        if condition == "unknown" and not await self._survives_trial():
            condition = "damaged"
        if condition == "damaged":
            log.warning("index_damaged", folder=str(self._folder), doing="rebuilding it from the database")
            await self._call(self._writing, lambda: shutil.rmtree(self._folder), WRITE_SECONDS)
        self._sealed = condition == "whole"
        await self._call(self._writing, self._open, WRITE_SECONDS)
        self._opened = True

    async def close(self) -> None:
        """Seal the folder, if opening had got as far as that, and end the threads."""
        if self._opened:
            await self._call(self._writing, self._chroma.close, WRITE_SECONDS)
            await self.settle()
        for lane in (self._reading, self._writing):
            lane.shutdown(wait=False, cancel_futures=True)

    async def settle(self) -> None:
        """No writes are expected for now: from here on, damage to the files is recognised without searching them."""
        if not self._sealed:
            await self._call(self._writing, lambda: seal.close(self._folder), WRITE_SECONDS)
            self._sealed = True

    async def wipe(self) -> None:
        """Forget everything and start empty."""
        self._sealed = False
        await self._call(self._writing, self._wipe, WRITE_SECONDS)

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
        """Drop every other collection: of audiences that have no entries any more, or of another embedder."""
        kept = {self._name(shelf) for shelf in shelves}
        for name in set(self._chroma.names()) - kept:
            await self._write(lambda name=name: self._chroma.drop(name))  # type: ignore[misc]  # binds this round's name

    async def nearest(self, shelves: Sequence[Shelf], vectors: NDArray[np.float32], count: int) -> list[Hits]:
        """For each vector the `count` nearest entry versions on exactly these shelves."""
        names = [self._name(shelf) for shelf in shelves]
        found = await self._call(
            self._reading, lambda: [self._chroma.nearest(name, vectors, count) for name in names], SEARCH_SECONDS
        )
        return [
            sorted(
                ((_ref(id_), cosine) for shelf in found for id_, cosine in shelf[row]),
                key=lambda hit: -hit[1],
            )[:count]
            for row in range(len(vectors))
        ]

    def _open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._chroma.open()
        except Exception as error:  # whatever Chroma finds wrong with its own files, they can be made again
            log.warning("index_unreadable", folder=str(self._folder), reason=str(error))
            self._sealed = False
            self._wipe()

    def _wipe(self) -> None:
        self._chroma.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._chroma.open()

    async def _write(self, work: Callable[[], None]) -> None:
        if self._sealed:
            self._sealed = False
            await self._call(self._writing, lambda: seal.open_for_writing(self._folder), WRITE_SECONDS)
        await self._call(self._writing, work, WRITE_SECONDS)

    async def _call(self, lane: ThreadPoolExecutor, work: Callable[[], T], seconds: float) -> T:
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.get_running_loop().run_in_executor(lane, _guarded, work)
        except TimeoutError:
            raise KnowledgeError(f"the index did not answer within {seconds:.0f} s") from None
        except OSError as error:
            raise KnowledgeError(
                f"{self._folder}: the index cannot be used ({error.strerror or error}); "
                "check VIGIL_DATA_DIR, its permissions and free space"
            ) from error

    async def _survives_trial(self) -> bool:
        """Whether a child process can search the index; garbage in its files would have killed this one."""
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "vigilbot.knowledge.trial",
            str(self._folder),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(TRIAL_SECONDS):
                return await child.wait() == 0
        except TimeoutError:
            return False
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()

    def _name(self, shelf: Shelf) -> str:
        """A collection name Chroma allows, whatever characters an audience or a model's name holds."""
        digest = hashlib.blake2b(f"{self._embedder}\0{shelf.audience}".encode(), digest_size=16).hexdigest()
        return f"{shelf.kind}-{digest}"


def _guarded(work: Callable[[], T]) -> T:
    try:
        return work()
    except OSError:
        raise
    except BaseException as error:  # Chroma's Rust side panics with a BaseException
        lines = str(error).strip().splitlines()
        raise KnowledgeError(f"the index failed: {lines[0] if lines else type(error).__name__}") from error


def _id(ref: Ref) -> str:
    return f"{ref.entry_id}:{ref.version}"


def _ref(id_: str) -> Ref:
    entry_id, _, version = id_.rpartition(":")
    return Ref(entry_id, int(version))
