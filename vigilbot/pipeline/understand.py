"""Identify ‖ (rewrite → retrieve) ‖ tools: the scope is decided while what may answer is already being fetched."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from vigilbot.pipeline.look_up import look_up

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from vigilbot.knowledge.base import KnowledgeBase
    from vigilbot.models import Question, Reference
    from vigilbot.pipeline.draft import Draft
    from vigilbot.reasoning.base import Reasoner
    from vigilbot.tools.base import Toolbox

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where answers may come from; `limit` is how many passages."""

    knowledge: KnowledgeBase
    limit: int
    toolbox: Toolbox


async def understand(draft: Draft, reasoner: Reasoner, sources: Sources) -> Draft:
    """Scope, question, references and findings of a turn; ended when it is out of scope or nothing was found.

    Latency is the product: rewriting, searching and choosing tools go on while the scope is being decided, and are
    cancelled when it turns out to be another. Raises ReasonerError, KnowledgeError, EmbeddingError.
    """
    within_scope = asyncio.Event()
    async with (
        _meanwhile(_rewrite_and_retrieve(draft, reasoner, sources)) as fetching,
        _meanwhile(look_up(draft, reasoner, sources.toolbox, within_scope)) as looking_up,
    ):
        with draft.stopwatch.step("identify"):
            identified = await reasoner.identify(draft.dialogue)
        draft = replace(draft, turn=replace(draft.turn, scope=identified.scope, reason=identified.reason))
        if identified.scope != "within_scope":
            return draft.end(identified.scope, identified.reason)
        within_scope.set()
        question, references = await fetching
        findings = await looking_up
    turn = replace(draft.turn, question=question, references=tuple(references), findings=findings)
    draft = replace(draft, turn=turn)
    if not references and not findings:
        return draft.end("refused", "the knowledge base holds nothing on this question")
    return draft


@asynccontextmanager
async def _meanwhile(work: Coroutine[None, None, T]) -> AsyncIterator[asyncio.Task[T]]:
    """Work beside the block, cancelled and waited for at its end; its error is raised to who awaits it there."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _rewrite_and_retrieve(draft: Draft, reasoner: Reasoner, sources: Sources) -> tuple[Question, list[Reference]]:
    with draft.stopwatch.step("rewrite"):
        question = await reasoner.rewrite(draft.dialogue)
    with draft.stopwatch.step("retrieve"):
        references = await sources.knowledge.search(question, audiences=draft.dialogue.audiences, limit=sources.limit)
    return question, references
