"""The seam between the pipeline and tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.models import Dialogue, Finding, Tool, ToolCall

MOST_CALLS = 3
"""Calls of one turn, side by side: there is no second round."""


class Toolbox(Protocol):
    """The tools that a turn may use; implemented in `tools/toolbox.py`."""

    def offered(self) -> tuple[Tool, ...]:
        """What may be used just now; empty while no server is ready. Never waits."""

    async def use(self, calls: Sequence[ToolCall], dialogue: Dialogue, seconds: float) -> tuple[Finding, ...]:
        """The findings of at most MOST_CALLS of these, side by side, within `seconds`. Never raises.

        What the rules forbid is not called; what fails or is late is left out.
        """
