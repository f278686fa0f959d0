"""The figures from the database: grouped by SQLite, so that years of sessions take a second or two."""

from __future__ import annotations

from collections import defaultdict
from statistics import fmean, median
from typing import TYPE_CHECKING

from vigilbot.errors import FlywheelError
from vigilbot.flywheel.stats.figures import Load, Period, Recall, Stats
from vigilbot.flywheel.stats.quality import quality
from vigilbot.storage import gaps, trained

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vigilbot.models import TrainedModel
    from vigilbot.storage.database import Database

DAY = 86_400.0
DAILY_UP_TO = 45
"""Days; what is longer is told by week."""
WEEK = 7
MONDAY = 4 * DAY
"""1970-01-01 was a Thursday: weeks begin on the Monday after."""

COUNTED = {
    "sessions": "SELECT opened_at AS at, 1 AS n FROM sessions",
    "turns": "SELECT created_at AS at, 1 AS n FROM turns",
    "cards": "SELECT created_at AS at, 1 AS n FROM cards WHERE state != 'queued'",
    "accepted": "SELECT created_at AS at, 1 AS n FROM cards WHERE state = 'accepted'",
    "accepted_alone": """SELECT created_at AS at, 1 AS n FROM cards WHERE state = 'accepted' AND turn_id NOT IN
                         (SELECT turn_id FROM annotations WHERE kind = 'adoption')""",
    "adopted": """SELECT made_at AS at, json_extract(statement, '$.use') != 'unused' AS n
                  FROM annotations WHERE kind = 'adoption'""",
    "judged_adoptions": "SELECT made_at AS at, 1 AS n FROM annotations WHERE kind = 'adoption'",
    "annotations": "SELECT made_at AS at, 1 AS n FROM annotations",
    "gaps_opened": "SELECT opened_at AS at, 1 AS n FROM gaps",
    "gaps_closed": "SELECT closed_at AS at, 1 AS n FROM gaps WHERE state != 'open'",
    "cost_usd": "SELECT started_at AS at, cost_usd AS n FROM model_calls",
}
"""What is counted, when, and how much of it a row is."""

PRECISION = """
    SELECT a.made_at AS at, avg(CASE json_extract(j.value, '$.grade')
             WHEN 'relevant' THEN 1.0 WHEN 'partly' THEN 0.5 ELSE 0.0 END) AS n
      FROM annotations a, json_each(a.statement, '$.references') j
     WHERE a.kind = 'relevance' AND json_extract(j.value, '$.number') <= 8 AND a.made_at >= ?
     GROUP BY a.id"""


async def read(db: Database, now: float, since: float = 0.0) -> Stats:
    """Everything from `since` on, over a connection of its own: no question waits.

    Raises FlywheelError when that is still to come.
    """
    if since > now:
        raise FlywheelError("nothing is known of the future: name a day that has begun")
    async with db.aside() as aside:
        begin = await _begin(aside, since, now)
        days = 1 if now - begin <= DAILY_UP_TO * DAY else WEEK
        start = begin // DAY * DAY if days == 1 else (begin - MONDAY) // (WEEK * DAY) * WEEK * DAY + MONDAY
        periods = await _periods(aside, start, now, days, since)
        engaged, helped, coverage = await _covered(aside, since)
        models = await trained.listed(aside)
        return Stats(
            since=since,
            until=now,
            days=days,
            engaged=engaged,
            helped=helped,
            coverage=coverage,
            outcomes=await _outcomes(aside, since),
            total=(await _periods(aside, since, now, 0, since))[0],
            periods=tuple(periods),
            recalls=_recalls(models),
            loads=await _loads(aside, since),
            quality=await quality(aside, since),
            gaps=tuple(await gaps.listed(aside, "open")),
            models=tuple(models),
            in_use=tuple(model.version for model in await trained.in_use(aside)),
            switches=tuple(await trained.switches(aside)),
            tokens=await _tokens(aside, since),
        )


async def _outcomes(db: Database, since: float) -> dict[str, int]:
    """How many turns ended in each way, the most frequent first."""
    rows = await db.rows(
        """SELECT outcome, count(*) AS n FROM turns WHERE outcome IS NOT NULL AND created_at >= ?
           GROUP BY outcome ORDER BY n DESC""",
        (since,),
    )
    return {row["outcome"]: row["n"] for row in rows}


async def _tokens(db: Database, since: float) -> int:
    """Tokens that models read and wrote."""
    row = await db.row(
        "SELECT coalesce(sum(prompt_tokens + completion_tokens), 0) AS n FROM model_calls WHERE started_at >= ?",
        (since,),
    )
    return int(row["n"]) if row else 0


def _recalls(models: Sequence[TrainedModel]) -> tuple[Recall, ...]:
    """What each training of a retriever measured, oldest first."""
    return tuple(
        Recall(model.version, model.trained_at, model.figures["kept_before"], model.figures["kept_after"])
        for model in reversed(models)
        if model.kind == "retriever" and "kept_after" in model.figures
    )


async def _begin(db: Database, since: float, now: float) -> float:
    """When there was first something to tell."""
    row = await db.row(
        """SELECT min(at) AS at FROM (SELECT min(opened_at) AS at FROM sessions WHERE opened_at >= ?1
                                      UNION ALL SELECT min(created_at) FROM turns WHERE created_at >= ?1)""",
        (since,),
    )
    return min(now, row["at"]) if row and row["at"] is not None else now


async def _periods(db: Database, start: float, now: float, days: int, since: float) -> list[Period]:
    """One for each `days` days from `start` to now, also where nothing happened; one in all when `days` is 0."""
    length = days * DAY if days else max(DAY, now - start) * 2
    sums: dict[int, dict[str, float]] = defaultdict(dict)
    for name, rows in COUNTED.items():
        for row in await db.rows(
            f"SELECT CAST((at - ?1) / ?2 AS INTEGER) AS place, sum(n) AS n FROM ({rows}) "  # noqa: S608 - constants
            "WHERE at >= ?3 AND at <= ?4 GROUP BY place",
            (start, length, since, now),
        ):
            sums[row["place"]][name] = row["n"] or 0
    precisions: dict[int, list[float]] = defaultdict(list)
    for row in await db.rows(PRECISION, (since,)):
        precisions[int((row["at"] - start) / length)].append(row["n"])
    last = int((now - start) / length)
    return [_period(start + place * length, sums[place], precisions[place]) for place in range(last + 1)]


def _period(start: float, sums: Mapping[str, float], precisions: list[float]) -> Period:
    def count(name: str) -> int:
        return int(sums.get(name, 0))

    return Period(
        start=start,
        sessions=count("sessions"),
        turns=count("turns"),
        cards=count("cards"),
        accepted=count("accepted"),
        accepted_alone=count("accepted_alone"),
        adopted=count("adopted"),
        judged_adoptions=count("judged_adoptions"),
        precision=fmean(precisions) if precisions else None,
        annotations=count("annotations"),
        gaps_opened=count("gaps_opened"),
        gaps_closed=count("gaps_closed"),
        cost_usd=round(float(sums.get("cost_usd", 0.0)), 6),
    )


async def _covered(db: Database, since: float) -> tuple[int, int, float | None]:
    rows = await db.rows(
        """SELECT s.id, count(DISTINCT c.id) AS cards,
                  count(DISTINCT CASE WHEN t.scope = 'within_scope' THEN t.id END) AS asked,
                  count(DISTINCT CASE WHEN t.scope = 'within_scope' THEN c.turn_id END) AS answered
             FROM sessions s LEFT JOIN turns t ON t.session_id = s.id
             LEFT JOIN cards c ON c.turn_id = t.id AND c.state != 'queued'
            WHERE s.engaged_at IS NOT NULL AND s.opened_at >= ? GROUP BY s.id""",
        (since,),
    )
    shares = [row["answered"] / row["asked"] for row in rows if row["asked"]]
    return len(rows), sum(row["cards"] > 0 for row in rows), fmean(shares) if shares else None


async def _loads(db: Database, since: float) -> tuple[Load, ...]:
    """Most annotations first."""
    rows = await db.rows(
        "SELECT analyst, made_at - shown_at AS seconds FROM annotations WHERE made_at >= ? ORDER BY made_at", (since,)
    )
    asked = await db.rows(
        "SELECT analyst, count(*) AS n FROM annotation_requests WHERE asked_at >= ? GROUP BY analyst", (since,)
    )
    times: dict[str, list[float | None]] = defaultdict(list)
    for row in rows:
        times[row["analyst"]].append(row["seconds"])
    counts = {row["analyst"]: row["n"] for row in asked}
    loads = [
        Load(analyst, len(times[analyst]), counts.get(analyst, 0), _median(times[analyst]))
        for analyst in {*times, *counts}
    ]
    return tuple(sorted(loads, key=lambda load: (-load.annotations, load.analyst)))


def _median(seconds: list[float | None]) -> float | None:
    known = [one for one in seconds if one is not None]
    return round(median(known), 1) if known else None
