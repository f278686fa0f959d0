"""All servers of mcp.json together: what they offer within the admin's rules, and calls held to those."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from vigilbot.errors import ToolError, ToolFailed, ToolRefused
from vigilbot.models import Finding, Tool
from vigilbot.tools.base import MOST_CALLS
from vigilbot.tools.output import cleaned
from vigilbot.tools.schemas import hold_to_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.models import Dialogue, ToolCall
    from vigilbot.runtime.clock import Clock
    from vigilbot.tools.configuration import McpConfig
    from vigilbot.tools.connection import Connection, Listed
    from vigilbot.tools.rules import ToolRule

log = structlog.get_logger(__name__)

MOST_OFFERED = 30


class McpToolbox:
    """Implements `tools.base.Toolbox`. Servers are there while `run` is."""

    def __init__(self, config: McpConfig, clock: Clock) -> None:
        self._servers = config.servers
        self._rules = {server: rules for server in config.servers if (rules := config.rules(server))}
        self._clock = clock
        self._connections: dict[str, Connection] = {}

    async def run(self) -> None:
        """Keep up the servers that may be asked anything. Until cancelled."""
        connection = await asyncio.to_thread(_connection)
        self._connections = {server: connection(server, self._servers[server]) for server in self._rules}
        async with asyncio.TaskGroup() as running:
            for one in self._connections.values():
                running.create_task(one.run())

    def offered(self) -> tuple[Tool, ...]:
        found = [
            Tool(f"{server}.{name}", rule.use or listed.description, rule.asked)
            for server, rules in self._rules.items()
            for name, rule in rules.items()
            if (listed := self._listed(server, name)) and not listed.fault
        ]
        return tuple(found[:MOST_OFFERED])

    async def use(self, calls: Sequence[ToolCall], dialogue: Dialogue, seconds: float) -> tuple[Finding, ...]:
        found = await asyncio.gather(*(self._found(call, dialogue, seconds) for call in calls[:MOST_CALLS]))
        return tuple(finding for finding in found if finding is not None)

    async def _found(self, call: ToolCall, dialogue: Dialogue, seconds: float) -> Finding | None:
        try:
            return await self._asked(call, dialogue, seconds)
        except ToolError as error:
            event = "tool_refused" if isinstance(error, ToolRefused) else "tool_failed"
            where = {"session": dialogue.session_id, "turn": dialogue.turn_id}
            log.warning(event, tool=call.tool[:100], error=str(error), **where)
            return None

    async def _asked(self, call: ToolCall, dialogue: Dialogue, seconds: float) -> Finding:
        """Raises ToolRefused before anything is sent, ToolFailed after."""
        server, _, name = call.tool.partition(".")
        rule, listed = self._allowed(server, name)
        filled = rule.filled(call.arguments, dialogue)
        arguments = {**rule.constants, **filled}
        hold_to_schema(arguments, listed.schema)
        text = cleaned(await self._connections[server].call(name, arguments, seconds))
        if not text:
            raise ToolFailed("it answered without any text")
        return Finding(call.tool, filled, text, self._clock.now())

    def _allowed(self, server: str, name: str) -> tuple[ToolRule, Listed]:
        rule = self._rules.get(server, {}).get(name)
        if rule is None:
            raise ToolRefused("it is not on the allow-list (vigilTools in VIGIL_MCP_CONFIG)")
        listed = self._listed(server, name)
        if listed is None:
            raise ToolFailed("its server is not there, or no longer has it")
        if listed.fault:
            raise ToolRefused(f"it {listed.fault}")
        return rule, listed

    def _listed(self, server: str, name: str) -> Listed | None:
        connection = self._connections.get(server)
        return connection.tools.get(name) if connection else None


def _connection() -> type[Connection]:
    from vigilbot.tools.connection import Connection  # noqa: PLC0415 - over a second: in a thread, and only when used

    return Connection


class NoTools:
    """Implements `tools.base.Toolbox` where none are configured."""

    def offered(self) -> tuple[Tool, ...]:
        return ()

    async def use(
        self,
        calls: Sequence[ToolCall],  # noqa: ARG002 - there is nobody to ask
        dialogue: Dialogue,  # noqa: ARG002 - as above
        seconds: float,  # noqa: ARG002 - as above
    ) -> tuple[Finding, ...]:
        return ()
