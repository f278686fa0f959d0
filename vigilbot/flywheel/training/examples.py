"""What there is to train from: questions, and how the references found for them served."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Literal, NamedTuple

from vigilbot.models import Adoption, Relevance, RelevanceGrade
from vigilbot.storage import annotations as stored
from vigilbot.storage import sessions, turns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vigilbot.models import Annotation, Audience, Question
    from vigilbot.storage.database import Database

WORTH: Mapping[RelevanceGrade, float] = {"relevant": 1.0, "partly": 0.5, "not_relevant": 0.0}
Evidence = Literal["said", "implied"]


class Mark(NamedTuple):
    """How one entry served a question: 1 relevant, ½ partly, 0 not."""

    entry_id: str
    worth: float


@dataclass(frozen=True, slots=True)
class Example:
    """One question with the marks on what was found for it."""

    id: str
    session_id: str
    question: Question
    audiences: frozenset[Audience]
    marks: tuple[Mark, ...]

    @property
    def tells(self) -> bool:
        """Whether a ranking of its marks can be right or wrong."""
        return len({mark.worth for mark in self.marks}) > 1


@dataclass(frozen=True, slots=True)
class Examples:
    """All of them, oldest first, and what was left out and why."""

    rows: tuple[Example, ...]
    left_out: Mapping[str, int]

    @property
    def marks(self) -> int:
        return sum(len(row.marks) for row in self.rows)


class Vote(NamedTuple):
    turn_id: str
    entry_id: str
    evidence: Evidence
    worth: float


async def collected(db: Database, since: float = 0.0) -> Examples:
    """From relevance annotations; where nobody judged an entry, from adopted answers and accepted cards citing it.

    Left out: what a judge has flagged, and entries that were retired or rewritten after they were judged.
    """
    flagged = {flag.annotation_id for flag in await stored.flags(db)}
    said = await stored.since(db, since)
    votes = [vote for one in said if one.id not in flagged for vote in _judged(one)]
    adopted = {one.turn_id for one in said if one.id not in flagged and _is_adopted(one)}
    votes += await _cited(db, adopted, since)
    current = await _current_versions(db)
    kept = [vote for vote in votes if vote.entry_id in current]
    left_out = {
        "flagged by a judge": sum(isinstance(one.statement, Relevance) for one in said if one.id in flagged),
        "of entries no longer in use": len(votes) - len(kept),
    }
    rows = [await _example(db, turn_id, of_turn) for turn_id, of_turn in _by_turn(kept).items()]
    return Examples(
        tuple(row for row in rows if row is not None), {why: count for why, count in left_out.items() if count}
    )


def _judged(annotation: Annotation) -> Iterable[Vote]:
    if isinstance(annotation.statement, Relevance):
        for judged in annotation.statement.references:
            yield Vote(annotation.turn_id, judged.entry_id, "said", WORTH[judged.grade])


def _is_adopted(annotation: Annotation) -> bool:
    return isinstance(annotation.statement, Adoption) and annotation.statement.use in {"used", "edited"}


async def _cited(db: Database, adopted: set[str], since: float) -> list[Vote]:
    """What accepted cards, and cards or suggestions that analysts adopted, rested on."""
    rows = await db.rows(
        """SELECT turn_id, json_extract(source.value, '$.entry_id') AS entry_id
             FROM cards, json_each(cards.sources) AS source
            WHERE created_at >= ?1 AND (state = 'accepted' OR turn_id IN (SELECT value FROM json_each(?2)))
            UNION
           SELECT turn_id, json_extract(source.value, '$.entry_id')
             FROM suggestions, json_each(suggestions.sources) AS source
            WHERE created_at >= ?1 AND turn_id IN (SELECT value FROM json_each(?2)) ORDER BY 1, 2""",
        (since, json.dumps(sorted(adopted))),
    )
    return [Vote(row["turn_id"], row["entry_id"], "implied", 1.0) for row in rows]


async def _current_versions(db: Database) -> set[str]:
    rows = await db.rows("SELECT id FROM current_entries WHERE status = 'active'")
    return {row["id"] for row in rows}


def _by_turn(votes: Sequence[Vote]) -> dict[str, tuple[Mark, ...]]:
    """Several analysts' grades become their mean; what was implied counts only where nothing was said."""
    grades: dict[tuple[str, str], dict[Evidence, list[float]]] = defaultdict(lambda: {"said": [], "implied": []})
    for vote in votes:
        grades[vote.turn_id, vote.entry_id][vote.evidence].append(vote.worth)
    marks: dict[str, list[Mark]] = defaultdict(list)
    for (turn_id, entry_id), of_entry in grades.items():
        marks[turn_id].append(Mark(entry_id, fmean(of_entry["said"] or of_entry["implied"])))
    return {turn_id: tuple(found) for turn_id, found in marks.items()}


async def _example(db: Database, turn_id: str, marks: tuple[Mark, ...]) -> Example | None:
    turn = await turns.get(db, turn_id)
    if turn.question is None:
        return None
    session = await sessions.get(db, turn.session_id)
    written = await sessions.messages(db, turn.session_id)
    return Example(turn_id, session.id, turn.question, session.audiences(written), marks)
