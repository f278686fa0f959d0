"""Posted answers and what was said after them, judged by the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from vigilbot.errors import OutputUnreadable
from vigilbot.evaluation.answer import references_of
from vigilbot.evaluation.cases import dialogue_of, read_cases, text_of
from vigilbot.evaluation.extract import picked
from vigilbot.evaluation.runs import by_id
from vigilbot.models import EVERYONE, Answer, AnswerPart, Dialogue, Question, Turn, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vigilbot.evaluation.cases import Row
    from vigilbot.evaluation.runs import CaseScores
    from vigilbot.reasoning.base import Reasoner

VERDICTS: tuple[str, ...] = get_args(Verdict)
UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """A posted answer in its dialogue, and the verdict that a review should come to."""

    dialogue: Dialogue
    turn: Turn
    verdict: str


async def scores(path: Path, reasoner: Reasoner, progress: Callable[[int, int], None]) -> dict[str, CaseScores]:
    """`truth` and `judged` of every case.

    A row is `{id, dialogue, question_messages, question, references, answer, verdict}`: `question_messages` are
    indexes, `answer` cites the references as `<doc_n>`. Raises EvaluationError, ReasonerError.
    """
    cases = read_cases(path, _parse)
    scored: list[tuple[str, CaseScores]] = []
    for done, case in enumerate(cases, 1):
        scored.append((case.dialogue.session_id, {"truth": case.verdict, "judged": await _judged(reasoner, case)}))
        progress(done, len(cases))
    return by_id(scored)


async def _judged(reasoner: Reasoner, case: ReviewCase) -> str:
    try:
        return (await reasoner.review(case.dialogue, case.turn)).verdict or UNDECIDED
    except OutputUnreadable:
        return UNDECIDED


def _parse(row: Row) -> ReviewCase:
    id_, verdict = str(row["id"]), text_of(row, "verdict")
    if verdict not in VERDICTS:
        raise ValueError(f"the verdict {verdict!r} is none of {', '.join(VERDICTS)}")
    messages = dialogue_of(row, id_)
    asked = picked(row, "question_messages", messages)
    if not asked:
        raise ValueError("`question_messages` must not be empty")
    question = text_of(row, "question")
    turn = Turn(
        id=id_,
        session_id=id_,
        message_ids=tuple(message.id for message in asked),
        created_at=0.0,
        question=Question(question),
        references=references_of(row["references"]) or (),
        answer=Answer((AnswerPart(question, text_of(row, "answer")),), "golden"),
        outcome="answered",
    )
    return ReviewCase(Dialogue(id_, id_, messages, asked, "", frozenset({EVERYONE})), turn, verdict)
