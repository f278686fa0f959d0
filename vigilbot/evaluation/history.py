"""What a backtest replays: dialogues of a JSONL file, or the threads of a Slack export."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from vigilbot.errors import EvaluationError
from vigilbot.evaluation.cases import dialogue_of, read_cases, text_of
from vigilbot.evaluation.replay import ReplayCase, message_id
from vigilbot.learning.history.opening import is_slack_export, slack_history
from vigilbot.learning.history.people import asker_of
from vigilbot.learning.history.records import Fault, Left, Thread, believable
from vigilbot.models import Message

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from vigilbot.config import Settings
    from vigilbot.evaluation.cases import Row
    from vigilbot.learning.history.people import Roles

EARLIEST = 100_000_000.0
"""Seconds from which a time is a moment (1973) and not counted from the dialogue's own beginning."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What of a history is to be replayed."""

    path: Path
    analysts: tuple[str, ...] = ()
    first_author_asks: bool = False
    channels: tuple[str, ...] = ()
    since: date | None = None
    limit: int | None = None


@dataclass(slots=True)
class Histories:
    """The cases, and what was left out by its reason."""

    cases: list[ReplayCase] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def read_history(settings: Settings, wanted: Selection) -> Histories:
    """In the order of their beginning where all times are known, else as they stand.

    Raises EvaluationError naming file and line of JSONL, or IngestError.
    """
    if is_slack_export(wanted.path):
        found = _from_slack(settings, wanted)
    elif wanted.channels or wanted.since or wanted.analysts or wanted.first_author_asks:
        raise EvaluationError(
            f"{wanted.path}: JSONL names every role; the options about people and channels are Slack's"
        )
    else:
        found = Histories(read_replay_cases(wanted.path))
    if all(began_at(case) is not None for case in found.cases):
        found.cases.sort(key=lambda case: began_at(case) or 0.0)
    found.cases = found.cases[: wanted.limit]
    if not found.cases:
        raise EvaluationError(f"{wanted.path}: holds no dialogue in which a customer and an analyst write")
    return found


def read_replay_cases(path: Path) -> list[ReplayCase]:
    """JSONL of `{id, dialogue: [{role, author, text, at?}]}`; `at` in seconds or ISO 8601. Raises EvaluationError."""
    return read_cases(path, _case)


def began_at(case: ReplayCase) -> float | None:
    """Seconds since the epoch, where the file tells moments."""
    return _moment_of(case.times[0])


def ended_at(case: ReplayCase) -> float | None:
    return _moment_of(case.times[-1])


def _moment_of(at: float | None) -> float | None:
    return at if at is not None and at >= EARLIEST else None


def _case(row: Row) -> ReplayCase:
    case_id = text_of(row, "id")
    messages = dialogue_of(row, case_id)
    return ReplayCase(case_id, messages, tuple(_seconds(line.get("at", line.get("time"))) for line in row["dialogue"]))


def _seconds(value: object) -> float | None:
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(f"the time {value!r} is neither seconds nor ISO 8601") from None
        value = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, int | float) and (value == 0 or believable(value)):
        return float(value)
    return None


def _from_slack(settings: Settings, wanted: Selection) -> Histories:
    found = Histories()
    export, roles = slack_history(
        settings,
        wanted.path,
        analysts=wanted.analysts,
        first_author_asks=wanted.first_author_asks,
        channels=wanted.channels,
        since=wanted.since,
    )
    with closing(export):
        for one in export.read():
            match one:
                case Fault():
                    found.skipped["could not be read"] += 1
                case Left(reason):
                    found.skipped[reason] += 1
                case Thread():
                    _take(found, one, roles)
    return found


def _take(found: Histories, thread: Thread, roles: Roles) -> None:
    case = _of_thread(thread, roles)
    spoke = {message.role for message in case.dialogue}
    if not thread.whole:
        found.skipped["a thread whose beginning is missing"] += 1
    elif "customer" not in spoke:
        found.skipped["a thread in which no customer writes"] += 1
    elif "analyst" not in spoke:
        found.skipped["a thread in which no analyst writes"] += 1
    else:
        found.cases.append(case)


def _of_thread(thread: Thread, roles: Roles) -> ReplayCase:
    asker = asker_of(thread.lines)
    said = tuple(
        Message(message_id(number), thread.place.thread, line.author, roles.of(line, asker), line.text, line.posted_at)
        for number, line in enumerate(thread.lines)
    )
    times = tuple(line.posted_at for line in thread.lines)
    return ReplayCase(f"{thread.place.channel}-{thread.place.thread}", said, times, thread.place.channel)
