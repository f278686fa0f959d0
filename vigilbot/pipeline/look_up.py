"""Tools, beside the search: chosen while the scope is being decided, asked once the turn is known to be within scope.

One round, and ROUND_SECONDS of it at most; whatever goes wrong, the turn goes on without findings.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import structlog

from vigilbot.errors import VigilError

if TYPE_CHECKING:
    from vigilbot.models import Finding, ToolCall
    from vigilbot.pipeline.draft import Draft
    from vigilbot.reasoning.base import Reasoner
    from vigilbot.tools.base import Toolbox

log = structlog.get_logger(__name__)

ROUND_SECONDS = 3.0
"""For choosing and asking together; waiting for the scope does not count."""


async def look_up(
    draft: Draft, reasoner: Reasoner, toolbox: Toolbox, within_scope: asyncio.Event
) -> tuple[Finding, ...]:
    """What tools found for a turn. Choosing them begins at once; none is asked before `within_scope` is set."""
    began = time.perf_counter()
    calls = await _chosen(draft, reasoner, toolbox)
    left = ROUND_SECONDS - (time.perf_counter() - began)
    if not calls or left <= 0:
        return ()
    await within_scope.wait()
    with draft.stopwatch.step("tools"):
        return await toolbox.use(calls, draft.dialogue, left)


async def _chosen(draft: Draft, reasoner: Reasoner, toolbox: Toolbox) -> tuple[ToolCall, ...]:
    offered = toolbox.offered()
    if not offered:
        return ()
    try:
        with draft.stopwatch.step("choose_tools"):
            async with asyncio.timeout(ROUND_SECONDS):
                return await reasoner.choose_tools(draft.dialogue, offered)
    except (VigilError, TimeoutError) as error:
        log.warning("tools_not_chosen", session=draft.dialogue.session_id, turn=draft.turn.id, error=str(error))
        return ()
