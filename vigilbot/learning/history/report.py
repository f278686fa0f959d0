"""What an import came to, as figures and as lines for a person."""

from __future__ import annotations

import resource
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vigilbot.models import Message, Role
    from vigilbot.storage.lessons import StoredLesson

MOST_NAMED = 20
"""Faults and failures that are spelt out; all are counted."""


@dataclass
class Named:
    """Things that went wrong: how many, and the first of them in words."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        self.count += 1
        if self.count <= MOST_NAMED:
            self.first.append(text)


@dataclass
class ImportReport:
    """What one `vigilbot import` read, left out and learnt."""

    dry_run: bool
    policy: str
    """`auto`, or `approve`: what is learnt waits for an analyst."""
    threads: int = 0
    messages: int = 0
    """Read, used or not."""
    people: dict[Role, set[str]] = field(default_factory=dict)
    sessions: int = 0
    """Stored and learnt from, those that went on where they had stopped included."""
    lessons: Counter[str] = field(default_factory=Counter)
    """Questions by what they taught."""
    changes: Counter[str] = field(default_factory=Counter)
    """What became of the pairs: added, merged with a known one, in the place of one."""
    left: Counter[str] = field(default_factory=Counter)
    """Messages that were not used, by the reason."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Threads, the same."""
    faults: Named = field(default_factory=Named)
    failed: Named = field(default_factory=Named)
    stopped: str = ""
    """Why the import was given up half way."""
    started: float = field(default_factory=time.perf_counter)

    def met(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.people.setdefault(message.role, set()).add(message.author)

    def learnt(self, lessons: Iterable[StoredLesson]) -> None:
        self.sessions += 1
        for lesson in lessons:
            self.lessons[lesson.result] += 1
            self.changes.update(effect.change for effect in lesson.entries)

    def as_json(self) -> dict[str, Any]:
        """The keys that `vigilbot import --json` prints."""
        seconds = time.perf_counter() - self.started
        return {
            "dry_run": self.dry_run,
            "learning": self.policy,
            "threads": self.threads,
            "messages": self.messages,
            "people": {role: len(self.people.get(role, ())) for role in ("customer", "analyst", "bot")},
            "sessions": self.sessions,
            "questions": self.lessons.total(),
            "pairs_learnt": self.lessons["learnt"],
            "nothing_found": self.lessons["nothing"],
            "out_of_scope": self.lessons["passed"],
            "undecided": self.lessons["undecided"],
            "entries": dict(self.changes),
            "skipped_threads": dict(self.skipped.most_common()),
            "unused_messages": dict(self.left.most_common()),
            "faults": {"count": self.faults.count, "first": self.faults.first},
            "failed": {"count": self.failed.count, "first": self.failed.first},
            "stopped": self.stopped,
            "seconds": round(seconds, 1),
            "messages_per_second": round(self.messages / seconds, 1),
            "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        }

    def text(self) -> str:
        figures = self.as_json()
        people, would = figures["people"], "would be " if self.dry_run else ""
        waiting = ", waiting for approval" if self.policy == "approve" else ""
        read = (
            f"Read {self.threads:,} threads, {self.messages:,} messages: {people['customer']:,} customers, "
            f"{people['analyst']:,} analysts, {people['bot']:,} bots."
        )
        learnt = (
            f"{self.sessions:,} sessions {would}learnt from, {figures['questions']:,} questions: "
            f"{figures['pairs_learnt']:,} answers {would}learnt{waiting}, {figures['nothing_found']:,} without a "
            f"definitive answer, {figures['out_of_scope']:,} out of scope, {figures['undecided']:,} undecided."
        )
        lines = [read, learnt]
        if self.changes and not self.dry_run:
            lines.append(f"Knowledge: {', '.join(f'{number:,} {change}' for change, number in self.changes.items())}.")
        lines += [f"Skipped {number:,} threads: {reason}." for reason, number in self.skipped.most_common()]
        lines += [f"Unused {number:,} messages: {reason}." for reason, number in self.left.most_common()]
        lines += [*_told("could not be read", self.faults), *_told("failed", self.failed)]
        lines.append(
            f"{figures['seconds']} s, {figures['messages_per_second']} messages a second, "
            f"{figures['peak_memory_mb']} MB at most."
        )
        return "\n".join(lines)


def _told(what: str, named: Named) -> list[str]:
    if not named.count:
        return []
    return [f"{named.count:,} {what}:", *(f"  {text}" for text in named.first)]
