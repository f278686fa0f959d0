"""What analysts say becomes annotations: one of a kind from each of them on each turn, free text redacted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from vigilbot.annotations.rules import doubts
from vigilbot.errors import DecisionRefused, NotFound
from vigilbot.models import (
    Adoption,
    Annotation,
    Audience,
    Flag,
    Gap,
    Judged,
    MissingKnowledge,
    Preference,
    Relevance,
)
from vigilbot.safety.redaction.redact import redacted
from vigilbot.storage import annotations as stored
from vigilbot.storage import gaps, requests, sessions, turns

if TYPE_CHECKING:
    import aiosqlite

    from vigilbot.annotations.comparing import Comparing
    from vigilbot.chat.analysts import Answers
    from vigilbot.knowledge.base import KnowledgeBase
    from vigilbot.models import Statement, Turn
    from vigilbot.runtime.clock import Clock
    from vigilbot.storage.database import Database

RULES = "rules"
LATEST = 20
"""How many of an analyst's latest annotations of the kind the rules look at."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Makes annotations of what analysts fill in or do, and stores them with whatever the rules doubt."""

    db: Database
    clock: Clock
    knowledge: KnowledgeBase
    comparing: Comparing
    confined: bool = False
    """Whether what a session teaches stays in its channel (VIGIL_LEARN_FOR)."""

    async def statement(self, turn_id: str, analyst: str, said: Statement, shown_at: float | None = None) -> Annotation:
        """An annotation, not stored yet. Raises NotFound when the turn is gone."""
        turn = await turns.get(self.db, turn_id)
        return Annotation(
            id=uuid4().hex,
            session_id=turn.session_id,
            turn_id=turn_id,
            analyst=analyst,
            audience=await self._audience(turn),
            statement=said,
            asked=await requests.was_asked(self.db, turn_id, analyst),
            shown_at=shown_at,
            made_at=self.clock.now(),
        )

    async def store(self, tx: aiosqlite.Connection, made: Annotation) -> None:
        """Store an annotation with what the rules doubt about it; missing knowledge opens a gap."""
        await stored.add(tx, made)
        if isinstance(made.statement, MissingKnowledge):
            turn = await turns.get(self.db, made.turn_id)
            question = turn.question.text if turn.question else ""
            await gaps.open_gap(tx, _gap(made, redacted(question).text, made.statement.lacking))
        same_turn = [said for said in await stored.of_turn_in(tx, made.turn_id) if said.analyst == made.analyst]
        latest = await stored.latest_in(tx, made.analyst, made.kind, LATEST)
        for annotation, reason in doubts(made, same_turn, latest).items():
            await stored.flag(tx, Flag(annotation, RULES, reason, made.made_at))

    async def take(self, turn_id: str, analyst: str, answers: Answers) -> list[Annotation]:
        """Store a form, as far as it was filled in. Raises NotFound; DecisionRefused when nothing was."""
        turn = await turns.get(self.db, turn_id)
        said = await self._statements(turn, analyst, answers)
        if not said:
            raise DecisionRefused("Nothing was filled in, so nothing was stored.")
        made = [await self.statement(turn_id, analyst, each, answers.shown_at) for each in said]
        async with self.db.transaction() as tx:
            for annotation in made:
                await self.store(tx, annotation)
        return made

    async def _statements(self, turn: Turn, analyst: str, answers: Answers) -> list[Statement]:
        note = redacted(answers.note.strip()).text
        found: list[Statement] = []
        if adoption := await self._adoption(turn, analyst, answers, note):
            found.append(adoption)
        if judged := _judged(turn, answers):
            found.append(Relevance(judged))
        if answers.grade and (pair := await self.comparing.pair(turn)):
            preferred = None if answers.grade == "tie" else answers.preferred
            if answers.grade != "tie" and preferred is None:
                raise DecisionRefused("Say which of the two answers is better, or that neither is.")
            found.append(Preference(*pair, preferred, answers.grade))
        if answers.lacking.strip():
            found.append(MissingKnowledge(redacted(answers.lacking.strip()).text))
        return found

    async def _adoption(self, turn: Turn, analyst: str, answers: Answers, note: str) -> Adoption | None:
        """Reasons given later are added to what became of the answer."""
        before = next(
            (
                said.statement
                for said in await stored.of_turns(self.db, [turn.id])
                if said.analyst == analyst and isinstance(said.statement, Adoption)
            ),
            None,
        )
        if before is not None and (answers.reasons or note):
            return replace(before, reasons=answers.reasons, note=note)
        if answers.use is None:
            return None
        return Adoption(answers.use, answers.reasons, note, turn.answer.text if turn.answer else "")

    async def _audience(self, turn: Turn) -> Audience:
        """The narrowest of those whose knowledge was found: a customer's before a channel's before everyone's.

        Where nothing was found, what is said comes from the dialogue alone, which its channel has read.
        """
        session = await sessions.get(self.db, turn.session_id)
        channel = Audience(f"channel:{session.channel}")
        found = {channel} if self.confined or not turn.references else set()
        for reference in turn.references:
            try:
                found.add((await self.knowledge.get(reference.entry_id)).audience)
            except NotFound:  # forgotten since: whose it was is forgotten as well
                found.add(channel)
        return min(found, key=_width)


def _judged(turn: Turn, answers: Answers) -> tuple[Judged, ...]:
    return tuple(
        Judged(number, turn.references[number - 1].entry_id, turn.references[number - 1].version, grade)
        for number, grade in sorted(answers.relevance.items())
        if 1 <= number <= len(turn.references)
    )


def _gap(made: Annotation, question: str, lacking: str) -> Gap:
    return Gap(
        id=uuid4().hex,
        session_id=made.session_id,
        turn_id=made.turn_id,
        question=question,
        lacking=lacking,
        audience=made.audience,
        state="open",
        opened_by=made.analyst,
        opened_at=made.made_at,
    )


def _width(audience: Audience) -> tuple[int, str]:
    widths = {"customer": 0, "channel": 1}
    return widths.get(audience.partition(":")[0], 2), audience
