"""A second answer to a turn, for analysts to compare with the one given: from another model, prompt or references."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog

from vigilbot.errors import PromptError, ReasonerError
from vigilbot.models import Candidate, Dialogue
from vigilbot.pipeline.answer import held_to_rules
from vigilbot.pipeline.citations import cited, without_citations
from vigilbot.storage import sessions

if TYPE_CHECKING:
    from vigilbot.knowledge.base import KnowledgeBase
    from vigilbot.models import Answer, Question, Reference, Turn, Variant
    from vigilbot.reasoning.base import Reasoner
    from vigilbot.storage.database import Database

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SecondWriter:
    """Who answers the same question from the same references, and in what that differs."""

    reasoner: Reasoner
    variant: Variant
    prompt: str = ""
    """The file of its wording; empty: the usual one."""


@dataclass(frozen=True, slots=True)
class Alternatives:
    db: Database
    reasoner: Reasoner
    second: SecondWriter | None
    """None, and whenever it fails: the usual one writes, without the references that it cited."""
    knowledge: KnowledgeBase
    scope: str
    references: int

    async def propose(self, turn: Turn) -> Candidate | None:
        """None when it is refused, or says what the first answer says. Raises ReasonerError, KnowledgeError."""
        if turn.question is None or turn.answer is None:
            return None
        dialogue = await self._dialogue(turn)
        if self.second:
            try:
                second = await self.second.reasoner.answer(turn.question, turn.references, dialogue, turn.findings)
                return _candidate(turn, second, turn.references, self.second.variant, self.second.prompt)
            except (ReasonerError, PromptError) as error:
                log.info("second_writer_failed", turn=turn.id, error=str(error))
        references = await self._others(turn, turn.question, dialogue)
        proposed = await self.reasoner.answer(turn.question, references, dialogue, turn.findings)
        return _candidate(turn, proposed, references, "other_references")

    async def _others(self, turn: Turn, question: Question, dialogue: Dialogue) -> tuple[Reference, ...]:
        """What else is found once the entries that the answer cites are left out."""
        assert turn.answer is not None  # noqa: S101 - looked at by the caller
        used = {turn.references[number - 1].entry_id for kind, number in cited(turn.answer.text) if kind == "doc"}
        limit = self.references + len(used)
        found = await self.knowledge.search(question, audiences=dialogue.audiences, limit=limit)
        return tuple(reference for reference in found if reference.entry_id not in used)[: self.references]

    async def _dialogue(self, turn: Turn) -> Dialogue:
        """As it was when the turn was answered: what came later must not help."""
        session = await sessions.get(self.db, turn.session_id)
        written = [message for message in await sessions.messages(self.db, session.id) if not message.deleted]
        last = max((place for place, message in enumerate(written) if message.id in turn.message_ids), default=-1)
        return Dialogue(
            session_id=session.id,
            turn_id=turn.id,
            messages=tuple(written[: last + 1]),
            turn_messages=tuple(message for message in written if message.id in turn.message_ids),
            scope=self.scope,
            audiences=session.audiences(written),
        )


def _candidate(
    turn: Turn, proposed: Answer, references: tuple[Reference, ...], variant: Variant, prompt: str = ""
) -> Candidate | None:
    """The proposal held to the rules of every answer; None when nothing of it is left, or nothing new."""
    assert turn.answer is not None  # noqa: S101 - looked at by the caller
    seen = replace(turn, references=references)
    held = replace(proposed, parts=tuple(held_to_rules(part, seen) for part in proposed.parts))
    if held.refused or without_citations(held.text) == without_citations(turn.answer.text):
        return None
    entries = tuple(reference.entry_id for reference in references)
    return Candidate(held.text, held.reasoner, variant, entries, prompt)
