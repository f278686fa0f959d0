"""The servers of VIGIL_MCP_CONFIG: each is started, and what it offers is held against what it may be asked."""

from __future__ import annotations

import asyncio
import difflib
from typing import TYPE_CHECKING

from vigilbot.doctor.finding import Finding, failed, fault, fine
from vigilbot.errors import ConfigError, ToolFailed
from vigilbot.tools import configuration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from vigilbot.config import Settings
    from vigilbot.tools.configuration import McpConfig
    from vigilbot.tools.connection import Listed
    from vigilbot.tools.rules import ToolRule


async def tools(settings: Settings) -> list[Finding]:
    """Nothing where no file is named."""
    path = settings.mcp_config
    if path is None:
        return []
    try:
        config = configuration.load(path)
    except ConfigError as error:
        return [failed("tools", error)]
    found = await asyncio.gather(*(_server(config, name, path) for name in config.servers))
    if not settings.uses_models:
        why = "no tool is ever asked: the built-in extractive reasoner chooses none"
        return [fault("tools", why, "set VIGIL_MODEL, or unset VIGIL_MCP_CONFIG"), *found]
    return list(found)


async def _server(config: McpConfig, name: str, path: Path) -> Finding:
    from vigilbot.tools.connection import Connection  # noqa: PLC0415 - over a second, for those who use it

    check, rules = f"tools of {name}", config.rules(name)
    if not rules:
        return fine(check, f"not started: vigilTools in {path} allows none")
    connection = Connection(name, config.servers[name])
    try:
        async with connection.open():
            listed = dict(connection.tools)
    except ToolFailed as error:
        detail, _, fix = str(error).partition("; ")
        return fault(check, detail, fix or f"correct mcpServers.{name} in {path}")
    complaint = next(_complaints(name, rules, listed), None)
    if complaint is None:
        return fine(check, f"it answers, and may be asked {', '.join(sorted(rules))}")
    return fault(check, *complaint)


def _complaints(server: str, rules: Mapping[str, ToolRule], listed: Mapping[str, Listed]) -> Iterator[tuple[str, str]]:
    """What is wrong, and the fix."""
    for name, rule in rules.items():
        place = f"vigilTools.{server}.{name}"
        if name not in listed:
            close = difflib.get_close_matches(name, listed, n=1)
            yield f"it has no tool {name}", f"write {close[0]} for {place}" if close else f"take {place} out"
        elif listed[name].fault:
            yield f"its tool {name} {listed[name].fault}", f"take {place} out"
        else:
            yield from _argument_complaints(place, name, rule, listed[name])


def _argument_complaints(place: str, name: str, rule: ToolRule, listed: Listed) -> Iterator[tuple[str, str]]:
    known = listed.schema.get("properties", {})
    for argument in sorted(rule.arguments.keys() - known.keys()):
        yield f"its tool {name} has no argument {argument}", f"take {place}.arguments.{argument} out"
    for argument in listed.schema.get("required", ()):
        if argument not in rule.arguments:
            yield f"its tool {name} demands {argument}, which no rule gives", f"add {place}.arguments.{argument}"
