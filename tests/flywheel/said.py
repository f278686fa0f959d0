"""Sessions with turns, and what analysts said of them, as the bot would have stored them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.models import (
    EVERYONE,
    Adoption,
    Answer,
    AnswerPart,
    Audience,
    Candidate,
    Judged,
    Message,
    Preference,
    Question,
    Reference,
    Relevance,
    Session,
    Turn,
)
from vigilbot.models import Annotation as Said
from vigilbot.storage import annotations as stored
from vigilbot.storage import sessions, turns

if TYPE_CHECKING:
    from vigilbot.models import RelevanceGrade, Statement
    from vigilbot.storage.database import Database

KEY = "AKIA" + "Q3EGRLWKDBVHTF5M"


def reference(entry: str, text: str) -> Reference:
    return Reference(entry, 1, "document", entry, text, f"{entry}.md", 0.9, {"dense": 0.8})


REFERENCES = (reference("disk", "Grow the volume."), reference("bill", "Invoices come monthly."))


async def turn_of(db: Database, number: int, text: str = "How do I grow the disk?") -> str:
    """One session with one answered turn; its id."""
    session_id, turn_id = f"s{number}", f"t{number}"
    session = Session(session_id, "console", "room", session_id, "Disk", "engaged", 1.0, active_at=1.0)
    asked = Message("m1", session_id, "mia", "customer", f"{text} My key is {KEY}", 2.0)
    turn = Turn(turn_id, session_id, ("m1",), 2.0)
    async with db.transaction() as tx:
        await sessions.save(tx, session)
        await turns.open_turn(tx, turn)
        await sessions.add_message(tx, asked, turn_id)
        ended = Turn(
            turn_id,
            session_id,
            ("m1",),
            2.0,
            scope="within_scope",
            question=Question(text),
            references=REFERENCES,
            answer=Answer((AnswerPart(text, "Grow the volume <doc_1>."),), "extractive"),
            outcome="answered",
            timings={"total": 5.0},
            ended_at=3.0,
        )
        await turns.end_turn(tx, ended)
    return turn_id


async def say(
    db: Database, number: int, statement: Statement, by: str = "ann", audience: Audience = EVERYONE, at: float = 10.0
) -> Said:
    said = Said(
        f"a{number}-{by}-{type(statement).__name__}", f"s{number}", f"t{number}", by, audience, statement, True, at, at
    )
    async with db.transaction() as tx:
        await stored.add(tx, said)
    return said


def relevance(**grades: RelevanceGrade) -> Relevance:
    places = [one.entry_id for one in REFERENCES]
    return Relevance(tuple(Judged(places.index(entry) + 1, entry, 1, grade) for entry, grade in grades.items()))


def preference(grade: str = "better", preferred: str | None = "left") -> Preference:
    left = Candidate("Grow the volume <doc_1>.", "extractive", "given", ("disk", "bill"))
    right = Candidate("It cannot be done <doc_2>.", "other", "other_model", ("disk", "bill"))
    return Preference(left, right, preferred, grade)  # type: ignore[arg-type]  # literals as plain strings


def adoption(use: str = "edited", sent: str = "Detach it, then grow the volume [1].") -> Adoption:
    return Adoption(use, (), "", "Grow the volume [1].", sent)  # type: ignore[arg-type]  # the same
