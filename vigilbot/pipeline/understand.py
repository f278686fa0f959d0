"""Identify ‖ (rewrite → retrieve): the scope is decided while the references are already being fetched."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vigilbot.knowledge.base import KnowledgeBase
    from vigilbot.models import Question, Reference
    from vigilbot.pipeline.draft import Draft
    from vigilbot.reasoning.base import Reasoner


async def understand(draft: Draft, reasoner: Reasoner, knowledge: KnowledgeBase, limit: int) -> Draft:
    """Latency is the product: a turn out of scope costs one call, one within scope waits for the slower branch only."""
    fetching = asyncio.create_task(_rewrite_and_retrieve(draft, reasoner, knowledge, limit))
    try:
        with draft.stopwatch.step("identify"):
            identified = await reasoner.identify(draft.dialogue)
        draft = replace(draft, turn=replace(draft.turn, scope=identified.scope, reason=identified.reason))
        if identified.scope != "within_scope":
            return draft.end(identified.scope, identified.reason)
        question, references = await fetching
    finally:
        fetching.cancel()
        with suppress(asyncio.CancelledError, Exception):  # its error is raised above, or no longer matters
            await fetching
    draft = replace(draft, turn=replace(draft.turn, question=question, references=tuple(references)))
    if not references:
        return draft.end("refused", "the knowledge base holds nothing on this question")
    return draft


async def _rewrite_and_retrieve(
    draft: Draft, reasoner: Reasoner, knowledge: KnowledgeBase, limit: int
) -> tuple[Question, list[Reference]]:
    with draft.stopwatch.step("rewrite"):
        question = await reasoner.rewrite(draft.dialogue)
    with draft.stopwatch.step("retrieve"):
        references = await knowledge.search(question, audiences=draft.dialogue.audiences, limit=limit)
    return question, references
