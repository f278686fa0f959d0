"""One server's life: connected, listed, asked; put aside when it misbehaves, and tried again later.

The only importer of `mcp`, with `pipe.py` and `http.py`. It takes over a second to import, so `toolbox.py` does that
in a thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import EmbeddedResource, TextContent, TextResourceContents, ToolListChangedNotification

from vigilbot.errors import ToolFailed
from vigilbot.tools.configuration import StdioServer
from vigilbot.tools.http import over_http
from vigilbot.tools.pipe import LastWords, piped
from vigilbot.tools.schemas import schema_fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from mcp.client.session import IncomingMessage
    from mcp_types import CallToolResult
    from mcp_types import Tool as ServerTool

    from vigilbot.tools.configuration import Server

log = structlog.get_logger(__name__)
logging.getLogger("mcp").disabled = True  # would print what servers say, line by line
logging.getLogger("client").disabled = True

START_SECONDS = 20.0
"""To start, greet and list the tools; `npx` may have to fetch a package first."""
RELIST_SECONDS = 600.0
_LEAST_BETWEEN_LISTS = 1.0
_FIRST_PAUSE = 5.0
_LONGEST_PAUSE = 300.0
_MOST_PAGES = 20
_DESCRIPTION = 600


@dataclass(frozen=True, slots=True)
class Listed:
    """A tool as its server describes it. `fault` says why it cannot be used; empty when it can."""

    description: str
    schema: Mapping[str, Any]
    fault: str


class Connection:
    """`run` keeps it up; `tools` is what the server offers just now, empty while it is not there."""

    def __init__(self, name: str, server: Server) -> None:
        self._name = name
        self._server = server
        self._client: Client | None = None
        self._ended = asyncio.Event()
        self._changed = asyncio.Event()
        self._why = ""
        self.tools: dict[str, Listed] = {}

    async def run(self) -> None:
        """Connect, and again after each failure, later each time. Until cancelled."""
        pause = _FIRST_PAUSE
        while True:
            try:
                async with self.open():
                    pause = _FIRST_PAUSE
                    await self._kept_up()
            except ToolFailed as error:
                log.warning("tool_server_down", server=self._name, error=str(error), retry_in_seconds=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Connected, its tools listed. Raises ToolFailed when it does not start, greet and list in START_SECONDS,

        or when the connection breaks while the block waits.
        """
        self._ended.clear()
        self._changed.clear()
        self._why, words = "", LastWords()
        if isinstance(self._server, StdioServer):
            transport = piped(self._server, words, self._has_ended)
        else:
            transport = over_http(self._server)
        try:
            async with contextlib.AsyncExitStack() as stack:
                async with asyncio.timeout(START_SECONDS):
                    client = Client(transport, message_handler=self._heard, cache=None)
                    self._client = await stack.enter_async_context(client)
                    self.tools = await self._listed()
                yield
        except ToolFailed:
            raise
        except Exception as error:  # the SDK raises what its transports and anyio raise, in groups
            raise ToolFailed(self._explained(error, words)) from None
        finally:
            self._client, self.tools = None, {}

    async def call(self, tool: str, arguments: Mapping[str, Any], seconds: float) -> list[str]:
        """The texts of the tool's result. Raises ToolFailed; a server that does not answer in time is put aside."""
        client = self._client
        if client is None:
            raise ToolFailed(f"{self._name} is not connected")
        try:
            async with asyncio.timeout(seconds):
                result = await client.call_tool(tool, dict(arguments), read_timeout_seconds=seconds)
        except TimeoutError:
            self._has_ended(f"{tool}: no answer in {seconds:.1f} s")
            raise ToolFailed(f"no answer in {seconds:.1f} s") from None
        except MCPError as error:
            if error.code in _GONE:
                self._has_ended(f"{tool}: {_said(error)}")
            raise ToolFailed(f"it answered with an error: {_said(error)}") from None
        except Exception as error:  # as above; a result that breaks the tool's own output schema among them
            raise ToolFailed(f"its answer cannot be used ({type(error).__name__})") from None
        texts = _texts(result)
        if result.is_error:
            raise ToolFailed(f"it reports an error: {' '.join(' '.join(texts).split())[:200]}")
        return texts

    async def _kept_up(self) -> None:
        """Returns never; raises ToolFailed when the connection ends. The list is read anew when it may have changed."""
        while True:
            changed = asyncio.create_task(self._changed.wait())
            ended = asyncio.create_task(self._ended.wait())
            try:
                await asyncio.wait({changed, ended}, timeout=RELIST_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            finally:
                changed.cancel()
                ended.cancel()
            if self._ended.is_set():
                raise ToolFailed(self._why)
            self._changed.clear()
            try:
                async with asyncio.timeout(START_SECONDS):
                    self.tools = await self._listed()
            except TimeoutError:
                raise ToolFailed("it no longer lists its tools") from None
            await asyncio.sleep(_LEAST_BETWEEN_LISTS)

    async def _listed(self) -> dict[str, Listed]:
        assert self._client is not None  # noqa: S101 - set by `open`
        found: dict[str, Listed] = {}
        cursor = None
        for _ in range(_MOST_PAGES):
            page = await self._client.list_tools(cursor=cursor)
            found |= {tool.name: await asyncio.to_thread(_as_listed, tool) for tool in page.tools}
            cursor = page.next_cursor
            if cursor is None:
                break
        return found

    async def _heard(self, message: IncomingMessage) -> None:
        if isinstance(message, ToolListChangedNotification):
            self._changed.set()

    def _has_ended(self, why: str) -> None:
        self._why = self._why or why
        self._ended.set()

    def _explained(self, error: Exception, words: LastWords) -> str:
        if self._why:
            return f"{self._why}: {words}" if str(words) else self._why
        first = _first_of(error)
        if isinstance(first, TimeoutError):
            return f"it did not start and list its tools in {START_SECONDS:.0f} s"
        return f"it cannot be talked to ({_said(first)})"


_GONE = frozenset({-32000, -32001})
"""The SDK's own codes for a connection that closed and a request that timed out."""


def _as_listed(tool: ServerTool) -> Listed:
    hints = tool.annotations
    writes = hints is not None and (hints.read_only_hint is False or bool(hints.destructive_hint))
    if writes:
        fault = "says itself that it changes something"
    elif complaint := schema_fault(tool.input_schema):
        fault = f"has a schema that {complaint}"
    else:
        fault = ""
    return Listed((tool.description or tool.title or "")[:_DESCRIPTION], tool.input_schema, fault)


def _texts(result: CallToolResult) -> list[str]:
    """Pictures, sounds and links to resources are left out: nobody has asked for those."""
    texts = [item.text for item in result.content if isinstance(item, TextContent)]
    resources = [item.resource for item in result.content if isinstance(item, EmbeddedResource)]
    return texts + [resource.text for resource in resources if isinstance(resource, TextResourceContents)]


def _first_of(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _said(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
