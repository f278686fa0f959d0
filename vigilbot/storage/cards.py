"""Cards: answers as they are posted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vigilbot.errors import NotFound
from vigilbot.storage import outbox
from vigilbot.storage.rows import card_of, to_json

if TYPE_CHECKING:
    import aiosqlite
    from numpy.typing import NDArray

    from vigilbot.models import Card
    from vigilbot.storage.database import Database


async def add(tx: aiosqlite.Connection, card: Card, vector: NDArray[np.float32]) -> None:
    """Store a card with its answer's embedding (shape (dimensions,)), and order its delivery."""
    await tx.execute(
        """INSERT INTO cards (id, session_id, turn_id, parts, sources, reasoner, vector, state, created_at,
                              chosen_by)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            card.id,
            card.session_id,
            card.turn_id,
            to_json(card.parts),
            to_json(card.sources),
            card.reasoner,
            vector.astype(np.float32).tobytes(),
            card.state,
            card.created_at,
            card.chosen_by,
        ),
    )
    await tx.executemany(
        "INSERT OR IGNORE INTO card_sources (entry_id, card_id) VALUES (?, ?)",
        [(source.entry_id, card.id) for source in card.sources if source.entry_id],
    )
    await outbox.order(tx, card.session_id, outbox.CARD, {"card_id": card.id}, card.created_at)


async def get(db: Database, card_id: str) -> Card:
    """Raises NotFound."""
    row = await db.row("SELECT * FROM cards WHERE id = ?", (card_id,))
    if row is None:
        raise NotFound(f"no card {card_id}")
    return card_of(row)


async def of_session(db: Database, session_id: str) -> list[Card]:
    """A session's cards, oldest first."""
    rows = await db.rows("SELECT * FROM cards WHERE session_id = ? ORDER BY created_at, rowid", (session_id,))
    return [card_of(row) for row in rows]


async def exists(tx: aiosqlite.Connection, card_id: str) -> bool:
    return bool(await tx.execute_fetchall("SELECT 1 FROM cards WHERE id = ?", (card_id,)))


class SentAnswer(NamedTuple):
    """What a card says, and the embedding of it, shape (dimensions,)."""

    card_id: str
    text: str
    vector: NDArray[np.float32]


async def sent_answers(db: Database, session_id: str) -> list[SentAnswer]:
    """The answers sent in this session. Those on their way count, those that could never be posted do not."""
    rows = await db.rows(
        """SELECT * FROM cards c WHERE session_id = ? AND (posted_ref IS NOT NULL OR EXISTS (
             SELECT 1 FROM outbox o WHERE o.card_id = c.id AND o.kind = 'card' AND o.done_at IS NULL))
           ORDER BY created_at, rowid""",
        (session_id,),
    )
    return [SentAnswer(row["id"], _text(card_of(row)), np.frombuffer(row["vector"], dtype=np.float32)) for row in rows]


def _text(card: Card) -> str:
    return "\n\n".join(part.text for part in card.parts if not part.refused)


async def accept(tx: aiosqlite.Connection, session_id: str, card_id: str, author: str, at: float) -> bool:
    """Mark a card of this session accepted; False when it is none, or has been accepted before: nothing changes."""
    cursor = await tx.execute(
        """UPDATE cards SET state = 'accepted', accepted_by = ?, accepted_at = ?
           WHERE id = ? AND session_id = ? AND state != 'accepted'""",
        (author, at, card_id, session_id),
    )
    return cursor.rowcount == 1


async def posted(tx: aiosqlite.Connection, card_id: str, posted_ref: str) -> None:
    """The platform has confirmed; `posted_ref` is what it calls the message."""
    await tx.execute(
        """UPDATE cards SET posted_ref = ?, state = CASE state WHEN 'queued' THEN 'posted' ELSE state END
           WHERE id = ?""",
        (posted_ref, card_id),
    )


async def withdraw(tx: aiosqlite.Connection, card_id: str) -> None:
    """Take back a card that nobody has seen, and what was ordered for it; its turn keeps the answer."""
    await tx.execute("DELETE FROM cards WHERE id = ?", (card_id,))
