"""What would the bot have done? Closed dialogues, replayed through the very same actor and pipeline in virtual time."""

from __future__ import annotations

import resource
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from vigilbot.activity import let_pass
from vigilbot.chat.base import CommandGiven, MessagePosted, Place
from vigilbot.errors import ChatError
from vigilbot.evaluation.cases import dialogue_of, read_cases, text_of
from vigilbot.storage import turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from pathlib import Path

    from vigilbot.activity import Activity
    from vigilbot.chat.base import ChatEvent
    from vigilbot.clock import VirtualClock
    from vigilbot.evaluation.cases import Row
    from vigilbot.models import Card, Image, Message, Session, Turn
    from vigilbot.sessions.intake import Intake
    from vigilbot.storage.database import Database

SAME_AUTHOR_SECONDS = 0.5
"""Without times in the file, one author's consecutive lines count as one burst …"""
OTHER_AUTHOR_SECONDS = 60.0
"""… and the next speaker is a minute away."""


@dataclass(frozen=True, slots=True)
class ReplayCase:
    """A closed dialogue. `times` are seconds, one a message; None where the file does not tell."""

    id: str
    dialogue: tuple[Message, ...]
    times: tuple[float | None, ...]


def read_replay_cases(path: Path) -> list[ReplayCase]:
    """JSONL of `{id, dialogue: [{role, author, text, time?}]}`. Raises EvaluationError naming file and line."""
    return read_cases(path, _case)


def _case(row: Row) -> ReplayCase:
    case_id = text_of(row, "id")
    times = [line.get("time") if isinstance(line, dict) else None for line in row["dialogue"]]
    return ReplayCase(
        case_id,
        dialogue_of(row, case_id),
        tuple(float(at) if isinstance(at, int | float) else None for at in times),
    )


class ReplayPlatform:
    """A chat platform with nobody in it: cards are taken and nobody clicks."""

    name = "replay"
    post_interval = 0.0

    async def start(self, intake: Callable[[ChatEvent], Awaitable[bool]]) -> None:
        """Events come from the case, not from here."""

    async def stop(self) -> None:
        """Nothing is connected."""

    async def post_card(self, session: Session, card: Card, delivery_id: str) -> str:  # noqa: ARG002 - the protocol's
        return card.id

    async def find_posted(self, session: Session, delivery_id: str, since: float) -> str | None:  # noqa: ARG002 - the protocol's
        return None

    async def update_card(self, session: Session, card: Card) -> None:
        """Cards have no readers here."""

    async def fetch_image(self, image: Image) -> bytes:
        raise ChatError(f"{image.location}: a backtest has no pictures")

    async def permalink(self, session: Session) -> str:  # noqa: ARG002 - the protocol's
        return ""

    async def post_notice(self, session: Session, text: str, to: str | None, delivery_id: str) -> str:  # noqa: ARG002 - the protocol's
        return delivery_id


@dataclass(frozen=True, slots=True)
class Stage:
    """What a replay needs of an assembled app."""

    db: Database
    clock: VirtualClock
    activity: Activity
    intake: Intake


@dataclass
class Tally:
    """What came out. `latencies_ms` are from the end of the burst to the outcome, answered turns only."""

    sessions: int = 0
    messages: int = 0
    covered: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)
    steps_ms: dict[str, list[float]] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)

    def add(self, case: ReplayCase, ended: Sequence[Turn]) -> None:
        self.sessions += 1
        self.messages += len(case.dialogue)
        self.outcomes.update(turn.outcome or "none" for turn in ended)
        answered = [turn for turn in ended if turn.outcome == "answered"]
        self.covered += bool(answered)
        self.latencies_ms += [turn.timings.get("total", 0.0) for turn in answered]
        for turn in ended:
            for step, milliseconds in turn.timings.items():
                self.steps_ms.setdefault(step, []).append(milliseconds)

    def report(self) -> dict[str, Any]:
        """The keys that `vigilbot backtest --json` prints; seconds and milliseconds as named."""
        seconds = time.perf_counter() - self.started
        return {
            "sessions": self.sessions,
            "messages": self.messages,
            "turns": self.outcomes.total(),
            "outcomes": dict(self.outcomes.most_common()),
            "coverage": round(self.covered / self.sessions, 4) if self.sessions else 0.0,
            "answer_ms_p50": _percentile(self.latencies_ms, 50),
            "answer_ms_p95": _percentile(self.latencies_ms, 95),
            "steps_ms_p95": {step: _percentile(values, 95) for step, values in self.steps_ms.items() if step != "wait"},
            "seconds": round(seconds, 1),
            "messages_per_second": round(self.messages / seconds, 1),
            "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        }


async def backtest(cases: Sequence[ReplayCase], stage: Stage) -> AsyncIterator[tuple[ReplayCase, list[Turn]]]:
    """Replay each case; yields its turns as they ended."""
    for case in cases:
        await replay(case, stage)
        place = Place(ReplayPlatform.name, "backtest", case.id)
        yield case, await turns.of_session(stage.db, place.session_id)


async def replay(case: ReplayCase, stage: Stage) -> None:
    """One dialogue, message by message, then closed."""
    place = Place(ReplayPlatform.name, "backtest", case.id)
    for number, line in enumerate(case.dialogue):
        await let_pass(_gap_before(case, number), stage.clock, stage.activity)
        await stage.intake.receive(
            MessagePosted(
                event_id=f"{case.id}/{number}",
                place=place,
                message_id=f"{number:06}",
                author=line.author,
                role=line.role,
                text=line.text,
                posted_at=stage.clock.now(),
            )
        )
    await let_pass(OTHER_AUTHOR_SECONDS, stage.clock, stage.activity)
    await stage.intake.receive(
        CommandGiven(f"{case.id}/close", place, "close", "backtest", "analyst", stage.clock.now())
    )
    await stage.activity.quiet()


def _gap_before(case: ReplayCase, number: int) -> float:
    """Seconds between a message and the one before it; 0 for the first."""
    if number == 0:
        return 0.0
    now, before = case.times[number], case.times[number - 1]
    if now is not None and before is not None:
        return max(0.0, now - before)
    same_author = case.dialogue[number].author == case.dialogue[number - 1].author
    return SAME_AUTHOR_SECONDS if same_author else OTHER_AUTHOR_SECONDS


def _percentile(values: Sequence[float], percent: float) -> float | None:
    return round(float(np.percentile(np.asarray(values), percent)), 1) if values else None
