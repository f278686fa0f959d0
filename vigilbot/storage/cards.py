"""Cards, and the outbox that gets them posted exactly once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

import numpy as np

from vigilbot.errors import NotFound
from vigilbot.storage.rows import card_of, to_json

if TYPE_CHECKING:
    import aiosqlite
    from numpy.typing import NDArray

    from vigilbot.models import Card
    from vigilbot.storage.database import Database

DeliveryKind = Literal["post", "update"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something the courier has to bring to a platform. `id` travels with the posted message."""

    id: str
    session_id: str
    card_id: str
    kind: DeliveryKind
    created_at: float
    tried: int


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
        [(source.entry_id, card.id) for source in card.sources],
    )
    await order(tx, card.session_id, card.id, "post", card.created_at)


async def order(tx: aiosqlite.Connection, session_id: str, card_id: str, kind: DeliveryKind, at: float) -> None:
    """Put a delivery into the outbox."""
    await tx.execute(
        "INSERT INTO outbox (id, session_id, card_id, kind, created_at) VALUES (?, ?, ?, ?, ?)",
        (uuid4().hex, session_id, card_id, kind, at),
    )


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


async def sent_answers(db: Database, session_id: str) -> tuple[list[str], NDArray[np.float32]]:
    """The texts of the answers sent in this session and their embeddings, shape (answers, dimensions)."""
    rows = await db.rows("SELECT * FROM cards WHERE session_id = ? ORDER BY created_at, rowid", (session_id,))
    vectors = [np.frombuffer(row["vector"], dtype=np.float32) for row in rows]
    texts = ["\n\n".join(part.text for part in card_of(row).parts if not part.refused) for row in rows]
    return texts, np.stack(vectors) if vectors else np.zeros((0, 0), dtype=np.float32)


async def accept(tx: aiosqlite.Connection, card_id: str, author: str, at: float) -> bool:
    """Mark a card accepted; False when somebody has accepted it before, and nothing changes."""
    cursor = await tx.execute(
        "UPDATE cards SET state = 'accepted', accepted_by = ?, accepted_at = ? WHERE id = ? AND state != 'accepted'",
        (author, at, card_id),
    )
    return cursor.rowcount == 1


async def undelivered(db: Database) -> list[Delivery]:
    """What is still to be brought to a platform, oldest first."""
    rows = await db.rows(
        """SELECT id, session_id, card_id, kind, created_at, tried FROM outbox
           WHERE done_at IS NULL ORDER BY created_at, rowid"""
    )
    return [Delivery(**dict(row)) for row in rows]


async def delivery_tried(tx: aiosqlite.Connection, delivery_id: str) -> int:
    """Note before the call that it is about to be made; returns how often that has happened, this time included."""
    [row] = await tx.execute_fetchall(
        "UPDATE outbox SET tried = tried + 1 WHERE id = ? RETURNING tried", (delivery_id,)
    )
    return int(row[0])


async def delivery_done(tx: aiosqlite.Connection, delivery: Delivery, posted_ref: str | None, at: float) -> None:
    """The platform has confirmed."""
    await tx.execute("UPDATE outbox SET done_at = ?, error = '' WHERE id = ?", (at, delivery.id))
    if delivery.kind == "post":
        await tx.execute(
            """UPDATE cards SET posted_ref = ?, state = CASE state WHEN 'queued' THEN 'posted' ELSE state END
               WHERE id = ?""",
            (posted_ref, delivery.card_id),
        )


async def delivery_failed(tx: aiosqlite.Connection, delivery_id: str, error: str, given_up_at: float | None) -> None:
    """Note why it failed; with `given_up_at` it will not be tried again."""
    await tx.execute("UPDATE outbox SET error = ?, done_at = ? WHERE id = ?", (error, given_up_at, delivery_id))
