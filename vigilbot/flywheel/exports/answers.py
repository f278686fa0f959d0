"""`vigilbot export answers`: what analysts sent and customers accepted, as chat messages for supervised tuning.

https://huggingface.co/docs/trl/dataset_formats#language-modeling
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from vigilbot.flywheel.exports.chat import asked, cited, reply
from vigilbot.flywheel.exports.material import dialogue_of, told
from vigilbot.flywheel.exports.writing import Kind, Row
from vigilbot.models import EVERYONE, Adoption
from vigilbot.storage import suggestions, turns
from vigilbot.storage.rows import card_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.flywheel.exports.writing import Wanted
    from vigilbot.models import Audience, Card, Source, Turn
    from vigilbot.storage.database import Database

KIND = Kind(
    "answers",
    {
        "messages": "The live prompt (system, user) and the answer (assistant)",
        "weight": "How sure it is that this is how to answer, 0 to 1",
        "use": "used: as suggested; edited: as the analyst rewrote it; accepted: nobody said more than Accept",
    },
    {"edited": 1.0, "used": 1.0, "accepted": 0.5},
)


async def rows(db: Database, wanted: Wanted) -> tuple[list[Row], Counter[str]]:
    """One row a turn: what an analyst made of the answer goes before an Accept."""
    found: list[Row] = []
    left_out: Counter[str] = Counter()
    spoken_for: set[str] = set()
    async for one in told(db, wanted, "adoption", left_out):
        said = one.annotation.statement
        if not isinstance(said, Adoption) or one.turn.id in spoken_for:
            continue
        spoken_for.add(one.turn.id)
        text = said.sent if said.use == "edited" else said.suggested
        if said.use == "unused" or not text.strip():
            left_out["answers not used"] += 1
            continue
        answer = cited(text, await _sources(db, one.turn), one.turn)
        fields = {"messages": asked(one.turn, one.dialogue) + reply(answer)}
        found.append(Row(one.turn.session_id, one.annotation.made_at, {**fields, **_weight(said.use)}))
    for card in await _accepted(db, wanted):
        turn = await turns.get(db, card.turn_id)
        if card.turn_id not in spoken_for and wanted.audience in (None, await _audience(db, turn)):
            text = "\n\n".join(part.text for part in card.parts if not part.refused)
            chat = asked(turn, await dialogue_of(db, turn)) + reply(cited(text, card.sources, turn))
            found.append(Row(card.session_id, card.accepted_at or 0.0, {"messages": chat, **_weight("accepted")}))
    return found, left_out


def _weight(use: str) -> dict[str, object]:
    return {"weight": KIND.weights[use], "use": use}


async def _sources(db: Database, turn: Turn) -> Sequence[Source]:
    """What the marks of the answer to this turn stand for."""
    if suggestion := await suggestions.of_turn(db, turn.id):
        return suggestion.sources
    row = await db.row("SELECT * FROM cards WHERE turn_id = ?", (turn.id,))
    return card_of(row).sources if row else ()


async def _accepted(db: Database, wanted: Wanted) -> list[Card]:
    rows = await db.rows(
        "SELECT * FROM cards WHERE state = 'accepted' AND accepted_at >= ? ORDER BY accepted_at, rowid", (wanted.since,)
    )
    return [card_of(row) for row in rows]


async def _audience(db: Database, turn: Turn) -> Audience | None:
    """The narrowest of those whose knowledge the prompt shows, cited or not; None where some has been forgotten."""
    shown = {reference.entry_id for reference in turn.references}
    rows = await db.rows(
        "SELECT audience FROM entries WHERE id IN (SELECT value FROM json_each(?)) ORDER BY audience",
        (json.dumps(sorted(shown)),),
    )
    if len(rows) < len(shown):
        return None
    narrow: list[Audience] = [row["audience"] for row in rows if row["audience"] != EVERYONE]
    return max(narrow, key=lambda audience: audience.startswith("customer:")) if narrow else EVERYONE
