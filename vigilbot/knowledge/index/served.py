"""The vector index on a Chroma server, which several bots may share: each sees its own collections only."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from vigilbot.errors import KnowledgeError
from vigilbot.knowledge.index.base import WRITE_SECONDS, VectorIndex, one_line
from vigilbot.knowledge.index.chroma import ChromaStore

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from vigilbot.knowledge.index.chroma import Server


class ServerIndex(VectorIndex):
    """Filled and held against the database at every start, like the embedded one."""

    def __init__(self, server: Server, folder: Path, embedder: str) -> None:
        """Beside `folder`, where an embedded index would be, lies the name of its collections on the server."""
        self._server = server
        self._own = f"vigilbot-{_name(folder.with_suffix('.name'))}-"
        prefix = f"{self._own}{hashlib.blake2b(embedder.encode(), digest_size=4).hexdigest()}-"
        super().__init__(ChromaStore(server, prefix), embedder, prefix)

    async def open(self) -> None:
        await self._call(self._writing, self._chroma.open, WRITE_SECONDS)

    async def close(self) -> None:
        """Leave the server, whether it still answers or not."""
        try:
            await self._call(self._writing, self._chroma.close, WRITE_SECONDS)
        finally:
            await super().close()

    async def settle(self) -> None:
        """The server looks after its own files."""

    async def wipe(self) -> None:
        """Drop the collections of this embedder."""
        await self._call(self._writing, lambda: _drop(self._chroma), WRITE_SECONDS)

    async def drop_other_embedders(self) -> None:
        """What another embedder had filled for the same data folder."""
        await self._drop_own(spared=self._chroma.names())

    async def drop_all(self) -> None:
        """What any embedder has filled for this data folder."""
        await self._drop_own()

    async def _drop_own(self, spared: Collection[str] = ()) -> None:
        def drop() -> None:
            own = ChromaStore(self._server, self._own)
            own.open()
            _drop(own, spared)
            own.close()

        await self._call(self._writing, drop, WRITE_SECONDS)

    async def _before_write(self) -> None:
        """Nothing to prepare."""

    def _fault(self, error: BaseException) -> KnowledgeError:
        return KnowledgeError(
            f"CHROMA_URL={self._server.url}: no answer to be used ({one_line(error)}); "
            "start the Chroma server or correct the address, or unset it to use the embedded index"
        )


async def empty(server: Server, folder: Path) -> None:
    """Drop every collection of the data folder whose embedded index `folder` would be. Raises KnowledgeError."""
    index = ServerIndex(server, folder, embedder="")
    try:
        await index.drop_all()
    finally:
        await index.close()


def _drop(chroma: ChromaStore, spared: Collection[str] = ()) -> None:
    for name in chroma.names():
        if name not in spared:
            chroma.drop(name)


def _name(file: Path) -> str:
    """Drawn once for each data folder."""
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(secrets.token_hex(6), "ascii")
        return file.read_text("ascii").strip()
    except OSError as error:
        raise KnowledgeError(f"{file}: cannot be used ({error.strerror}); check VIGIL_DATA_DIR") from None
