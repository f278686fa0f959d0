"""What tools may be asked for, and what they found. A *finding* is one tool result, cited as `<tool_n>`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Scalar = str | int | float | bool
"""What an argument may hold when it is not the admin's own constant."""


@dataclass(frozen=True, slots=True)
class ToolArgument:
    """An argument that is left to whoever chooses. `values` says in words what is allowed."""

    name: str
    values: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that may be used just now. `name` is `server.tool`; `purpose` was perhaps written by its server."""

    name: str
    purpose: str
    arguments: tuple[ToolArgument, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call as proposed, before any rule has seen it: values are the text that the reasoner wrote."""

    tool: str
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One tool result: cleaned, cut and redacted text that an outsider wrote."""

    tool: str
    arguments: Mapping[str, Scalar]
    """What was filled in for this turn; the admin's constants are not repeated here."""
    text: str
    found_at: float

    @property
    def title(self) -> str:
        """`time.convert_time (timezone: UTC)`."""
        given = ", ".join(f"{name}: {value}" for name, value in self.arguments.items())
        return f"{self.tool} ({given})" if given else self.tool
