"""How often entries were cited and accepted. The cards are the truth: nothing is counted twice, or drifts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.storage.database import Database


@dataclass(frozen=True, slots=True)
class Uses:
    """How often an entry was cited in cards, and how many of these were accepted."""

    cited: int = 0
    """Posted cards that cite it."""
    accepted: int = 0
    """Those of them that somebody accepted."""
    last_at: float | None = None
    """When it was cited last."""


async def of_entries(db: Database, ids: Sequence[str]) -> dict[str, Uses]:
    """The uses of each of these entries, whether it was ever used or not."""
    rows = await db.rows(
        """SELECT s.entry_id, count(*) AS cited, sum(c.state = 'accepted') AS accepted, max(c.created_at) AS last_at
           FROM card_sources s JOIN cards c ON c.id = s.card_id
           WHERE c.state != 'queued' AND s.entry_id IN (SELECT value FROM json_each(?)) GROUP BY s.entry_id""",
        (json.dumps(list(ids)),),
    )
    used = {row["entry_id"]: Uses(row["cited"], row["accepted"], row["last_at"]) for row in rows}
    return {id_: used.get(id_, Uses()) for id_ in ids}
