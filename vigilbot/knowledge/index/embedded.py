"""The vector index in a folder of its own, within this process."""

from __future__ import annotations

import asyncio
import shutil
import sys
from typing import TYPE_CHECKING

import structlog

from vigilbot.errors import KnowledgeError
from vigilbot.knowledge.index import seal
from vigilbot.knowledge.index.base import WRITE_SECONDS, VectorIndex, one_line
from vigilbot.knowledge.index.chroma import ChromaStore, Embedded

if TYPE_CHECKING:
    from pathlib import Path

log = structlog.get_logger(__name__)

TRIAL_SECONDS = 300.0
CHROMA_FILE = "chroma.sqlite3"


class FolderIndex(VectorIndex):
    """Damage to its files is recognised before Chroma can die of it, and answered by starting empty."""

    def __init__(self, folder: Path, embedder: str) -> None:
        """`folder` belongs to the index alone: it is emptied when it turns out to be damaged."""
        super().__init__(ChromaStore(Embedded(folder)), embedder)
        self._folder = folder
        self._opened = False
        self._sealed = False

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
        await super().close()

    async def settle(self) -> None:
        """From here on, damage to the files is recognised without searching them."""
        if not self._sealed:
            await self._call(self._writing, lambda: seal.close(self._folder), WRITE_SECONDS)
            self._sealed = True

    async def wipe(self) -> None:
        self._sealed = False
        await self._call(self._writing, self._wipe, WRITE_SECONDS)

    def is_gone(self) -> bool:
        return self._opened and not (self._folder / CHROMA_FILE).exists()

    async def _before_write(self) -> None:
        if self._sealed:
            self._sealed = False
            await self._call(self._writing, lambda: seal.open_for_writing(self._folder), WRITE_SECONDS)

    def _fault(self, error: BaseException) -> KnowledgeError:
        if isinstance(error, OSError):
            return KnowledgeError(
                f"{self._folder}: the index cannot be used ({error.strerror or error}); "
                "check VIGIL_DATA_DIR, its permissions and free space"
            )
        return KnowledgeError(f"the index failed: {one_line(error)}")

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

    async def _survives_trial(self) -> bool:
        """Whether a child process can search the index; garbage in its files would have killed this one."""
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "vigilbot.knowledge.index.trial",
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
