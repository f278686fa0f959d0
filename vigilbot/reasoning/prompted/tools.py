"""Tools and what they found, as prompts show them; and the calls a model proposes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from vigilbot.models import ToolCall
from vigilbot.reasoning.prompted.output import Output
from vigilbot.reasoning.prompted.transcript import clipped, name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.models import Finding, Tool

_TOOLS_SHARE = 0.3
"""Of the budget of characters; prompts that choose tools show no references."""
_PURPOSE = 400
_VALUES = 400
_CODE = re.compile(r"[^\w.-]+")

Short = Annotated[str, StringConstraints(max_length=400)]


class ProposedArgument(Output):
    name: Short
    value: Short


class ProposedCall(Output):
    tool: Short
    arguments: list[ProposedArgument] = Field(max_length=20)


class ChooseToolsOutput(Output):
    reasoning: str
    calls: list[ProposedCall] = Field(max_length=20)

    def proposed(self, offered: Sequence[Tool]) -> tuple[ToolCall, ...]:
        """Each call once. A tool that was not offered is off the menu: no call. What is offered, rules judge later."""
        menu = {tool.name for tool in offered}
        calls = {
            (call.tool, tuple((argument.name, argument.value) for argument in call.arguments)): None
            for call in self.calls
            if call.tool in menu
        }
        return tuple(ToolCall(tool, dict(arguments)) for tool, arguments in calls)


@dataclass(frozen=True, slots=True)
class ShownTool:
    name: str
    purpose: str
    arguments: tuple[ShownArgument, ...]


@dataclass(frozen=True, slots=True)
class ShownArgument:
    name: str
    values: str
    optional: bool


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding as `<tool_number>`."""

    number: int
    title: str
    text: str


def shown_tools(tools: Sequence[Tool], chars: int) -> tuple[ShownTool, ...]:
    """The tools in their order, as many as fit into their share of `chars`."""
    left, shown = int(chars * _TOOLS_SHARE), []
    for tool in tools:
        one = ShownTool(
            _CODE.sub("", tool.name),
            " ".join(clipped(tool.purpose, _PURPOSE).split()),
            tuple(ShownArgument(a.name, clipped(a.values, _VALUES), a.optional) for a in tool.arguments),
        )
        left -= len(one.name) + len(one.purpose) + sum(len(a.name) + len(a.values) for a in one.arguments)
        if left < 0:
            break
        shown.append(one)
    return tuple(shown)


def shown_findings(findings: Sequence[Finding], fair: int) -> tuple[ShownFinding, ...]:
    """The findings, numbered from 1, each cut to `fair` characters."""
    return tuple(
        ShownFinding(number, name_of(finding.title, 120), clipped(finding.text, fair))
        for number, finding in enumerate(findings, start=1)
    )
