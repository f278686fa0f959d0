"""One child process that reads documents, from outside: asked, waited for, given up."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import Self

import orjson

from vigilbot.config import without_secrets
from vigilbot.errors import IngestError
from vigilbot.knowledge.parsing import wire

START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """How long one document may take: `seconds`, and `per_page` more for every page that gave text, up to `most`.

    So a manual of 300 pages is read, and what only burns time is not.
    """

    seconds: float = 5.0
    per_page: float = 0.0
    most: float = 5.0


class Reader:
    """A started child. It reads one document at a time; after a crash or a time-out it is `dead`."""

    def __init__(
        self, process: asyncio.subprocess.Process, requests: asyncio.StreamWriter, replies: asyncio.StreamReader
    ) -> None:
        self._process = process
        self._requests = requests
        self._replies = replies
        self.bytes_read = 0
        """Of documents, so far."""

    @classmethod
    async def start(cls) -> Self:
        """Raises IngestError when this machine does not get a child to run."""
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "vigilbot.knowledge.parsing.child",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=without_secrets(),
            )
        except OSError as error:
            raise IngestError(f"no process to read documents in ({error.strerror or error})") from None
        if process.stdin is None or process.stdout is None:
            raise IngestError("no pipe to the process that reads documents")
        reader = cls(process, process.stdin, process.stdout)
        try:
            async with asyncio.timeout(START_SECONDS):
                await reader._reply()
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            await reader.end()
            raise IngestError(
                "the process that reads documents does not start; run `python -m vigilbot.knowledge.parsing.child` "
                "to see why"
            ) from None
        return reader

    @property
    def dead(self) -> bool:
        return self._process.returncode is not None

    async def read(self, tag: bytes, content: bytes, limit: TimeLimit) -> tuple[str, str]:
        """(title, text). Raises ValueError in words for a person."""
        self.bytes_read += len(content)
        done = False
        try:
            reply, body = await self._answer(wire.frame(tag, content), limit)
            done = True
        except TimeoutError:
            raise ValueError("takes too long to read; not read") from None
        except (OSError, asyncio.IncompleteReadError):
            raise ValueError("is damaged: its reader died of it") from None
        finally:
            if not done:
                await self.end()
        if reply == wire.FAULT:
            raise ValueError(" ".join(body.decode("utf-8", "replace").split()))
        said = orjson.loads(body)
        return str(said["title"]), str(said["text"])

    async def end(self) -> None:
        """Kill the child if it still lives."""
        if not self.dead:
            self._process.kill()
        await self._process.wait()
        self._requests.close()

    async def _answer(self, request: bytes, limit: TimeLimit) -> tuple[bytes, bytes]:
        start = asyncio.get_running_loop().time()
        async with asyncio.timeout_at(start + limit.seconds) as watch:
            self._requests.write(request)
            await self._requests.drain()
            reply, body = await self._reply()
            while reply == wire.PAGE:
                watch.reschedule(min((watch.when() or start) + limit.per_page, start + limit.most))
                reply, body = await self._reply()
            return reply, body

    async def _reply(self) -> tuple[bytes, bytes]:
        tag, length = wire.HEAD.unpack(await self._replies.readexactly(wire.HEAD.size))
        if length > wire.MOST_TEXT:
            raise OSError("the child no longer keeps to what was agreed")
        return tag, await self._replies.readexactly(length)
