"""What would the bot have done? Closed dialogues in the order of time, learnt from in between if that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Literal

from vigilbot.embedding.likeness import likeness
from vigilbot.evaluation.history import began_at, ended_at
from vigilbot.evaluation.played import Cost, Played, PlayedTurn
from vigilbot.evaluation.replay import Replay, message_id
from vigilbot.pipeline.citations import Citation, cited, without_citations
from vigilbot.pipeline.standdown import is_answer
from vigilbot.storage import calls, turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from vigilbot.embedding.base import Embedder
    from vigilbot.evaluation.judging import AnswerJudge
    from vigilbot.evaluation.ledger import Ledger
    from vigilbot.evaluation.replay import ReplayCase, Stage
    from vigilbot.models import Message, Turn

PROPOSED = ("answered", "duplicate")
"""Outcomes of turns whose answer was ready to be posted."""

Kind = Literal["play", "close"]


@dataclass(frozen=True, slots=True)
class Step:
    """Play a case, or close it and learn from it."""

    kind: Kind
    case: ReplayCase


def in_order_of_time(cases: Sequence[ReplayCase]) -> list[Step]:
    """When each case is played and when it is closed, and so learnt from.

    A session that began while another was going on must not know what that one taught: it is played before the other
    is closed. Where times are not known, one session ends before the next begins.
    """
    moments = [(began_at(case), ended_at(case)) for case in cases]
    known = all(began is not None and ended is not None for began, ended in moments)
    steps: list[tuple[float, int, int, Step]] = []
    for number, (case, (began, ended)) in enumerate(zip(cases, moments, strict=True)):
        start, end = (began or 0.0, max(began or 0.0, ended or 0.0)) if known else (number, number + 0.5)
        steps += [(start, 1, number, Step("play", case)), (end, 0 if end > start else 2, number, Step("close", case))]
    return [step for *_, step in sorted(steps, key=lambda one: one[:3])]


@dataclass(frozen=True, slots=True)
class Backtest:
    """Plays every case through the real bot, and sets each answer beside what analysts wrote then."""

    stage: Stage
    embedder: Embedder
    judge: AnswerJudge
    ledger: Ledger

    async def run(self, steps: Sequence[Step]) -> AsyncIterator[Step]:
        """Do what the ledger does not have yet; yields each step when it is done. Raises VigilError."""
        for step in steps:
            if step.kind == "play" and step.case.id not in self.ledger.played:
                self.ledger.add(await self._play(step.case))
            elif step.kind == "close" and step.case.id not in self.ledger.closed:
                played = self.ledger.played[step.case.id]
                await Replay(step.case, self.stage, played.leg).close()
                self.ledger.close(step.case.id)
            yield step

    async def _play(self, case: ReplayCase) -> Played:
        replay, before = Replay(case, self.stage, self.ledger.leg), await calls.latest(self.stage.db)
        await replay.play()
        ended = await turns.of_session(self.stage.db, replay.place.session_id)
        spent = await calls.spent_since(self.stage.db, before)
        proposed: list[str] = []
        shown = [await self._shown(case, turn, proposed) for turn in ended]
        cost = Cost(spent.calls, spent.tokens, spent.usd)
        return Played(case.id, replay.leg, len(case.dialogue), began_at(case), tuple(shown), cost)

    async def _shown(self, case: ReplayCase, turn: Turn, proposed: list[str]) -> PlayedTurn:
        """`proposed` are the session's answers so far; this turn's is added."""
        numbers = {message_id(number): number for number in range(len(case.dialogue))}
        mine = [numbers[id_] for id_ in turn.message_ids if id_ in numbers]
        answer = without_citations(turn.answer.text) if turn.answer else ""
        earlier = await self._likenesses(answer, proposed) if turn.outcome in PROPOSED else ()
        if turn.outcome in PROPOSED:
            proposed.append(answer)
        human, human_after = humans_answer(case, mine[-1]) if mine else ("", None)
        question = turn.question.text if turn.question else ""
        verdict = None
        if turn.outcome == "answered" and human:
            verdict = await self.judge.judge(question, answer, human)
        return PlayedTurn(
            asked="\n".join(case.dialogue[number].text for number in mine),
            question=question,
            outcome=turn.outcome or "none",
            reason=turn.reason,
            answer=answer,
            sources=_cited(turn),
            timings=dict(turn.timings),
            at=_moment(case, mine[0]) if mine else None,
            human=human,
            human_after=human_after,
            agreement=verdict.score if verdict else None,
            agrees=verdict.correct if verdict else None,
            earlier=earlier,
        )

    async def _likenesses(self, answer: str, proposed: Sequence[str]) -> tuple[float, ...]:
        mine, *others = await self.embedder.embed([answer, *proposed])
        return tuple(
            round(likeness(answer, mine, text, vector), 4) for text, vector in zip(proposed, others, strict=True)
        )


def humans_answer(case: ReplayCase, asked: int) -> tuple[str, float | None]:
    """What analysts said of substance after the message with this number, until a customer wrote again.

    With it the seconds until they first did, where times are known.
    """
    after = list(range(asked + 1, len(case.dialogue)))
    until = list(takewhile(lambda number: not _customer_after_analyst(case.dialogue, asked, number), after))
    said = [n for n in until if case.dialogue[n].role == "analyst" and is_answer(case.dialogue[n].text)]
    if not said:
        return "", None
    first, mine = case.times[said[0]], case.times[asked]
    waited = max(0.0, first - mine) if first is not None and mine is not None else None
    return "\n".join(case.dialogue[number].text for number in said), waited


def _customer_after_analyst(dialogue: Sequence[Message], asked: int, number: int) -> bool:
    answered = any(one.role == "analyst" and is_answer(one.text) for one in dialogue[asked + 1 : number])
    return answered and dialogue[number].role == "customer"


def _cited(turn: Turn) -> tuple[str, ...]:
    titles = {
        Citation("doc", number): one.question or one.title or one.source
        for number, one in enumerate(turn.references, 1)
    } | {Citation("tool", number): one.title for number, one in enumerate(turn.findings, 1)}
    named = [titles[one] for one in cited(turn.answer.text if turn.answer else "") if one in titles]
    return tuple(dict.fromkeys(named))


def _moment(case: ReplayCase, number: int) -> float | None:
    return case.times[number] if began_at(case) is not None else None
