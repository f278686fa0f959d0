"""Identify and rewrite in one call (VIGIL_ONE_CALL): both steps of a turn wait for the same one."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vigilbot.models import Dialogue, Identification, Question

Half = Literal["identify", "rewrite"]

_REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class Understood:
    """Both halves. Out of scope there is nothing to rewrite: the question is then the turn as it stands."""

    identification: Identification
    question: Question


@dataclass(slots=True)
class _Shared:
    dialogue: Dialogue
    call: asyncio.Task[Understood]
    taken: set[Half] = field(default_factory=set)
    waiting: int = 0

    def serves(self, half: Half, dialogue: Dialogue) -> bool:
        return half not in self.taken and self.dialogue == dialogue and not self.call.cancelling()


class OneCall:
    """Whichever step comes first begins the call, the other joins it; when neither waits any longer, it is cancelled.

    A step that asks a second time, or about a dialogue that has changed, begins a new one.
    """

    def __init__(self, ask: Callable[[Dialogue], Awaitable[Understood]]) -> None:
        self._ask = ask
        self._shared: OrderedDict[str, _Shared] = OrderedDict()

    async def half(self, half: Half, dialogue: Dialogue) -> Understood:
        """What the call found out. Raises what the call raises."""
        shared = self._joined(half, dialogue)
        shared.waiting += 1
        try:
            return await asyncio.shield(shared.call)
        finally:
            shared.waiting -= 1
            if not shared.waiting:
                shared.call.cancel()

    async def close(self) -> None:
        calls = [shared.call for shared in self._shared.values()]
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    def _joined(self, half: Half, dialogue: Dialogue) -> _Shared:
        shared = self._shared.get(dialogue.turn_id)
        if shared is None or not shared.serves(half, dialogue):
            shared = self._shared[dialogue.turn_id] = _Shared(dialogue, asyncio.create_task(self._asked(dialogue)))
            while len(self._shared) > _REMEMBERED:
                self._shared.popitem(last=False)
        shared.taken.add(half)
        return shared

    async def _asked(self, dialogue: Dialogue) -> Understood:
        return await self._ask(dialogue)
