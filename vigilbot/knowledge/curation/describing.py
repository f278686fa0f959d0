"""Entries and their versions in words for a terminal, and as the JSON that scripts and the console get."""

from __future__ import annotations

import difflib
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vigilbot.models import Entry, Origin, Reference
    from vigilbot.storage.doubts import Doubts
    from vigilbot.storage.entries import Content, PastVersion
    from vigilbot.storage.uses import Uses

TITLE_CHARACTERS = 90
HEADINGS = {
    "pending": "waiting for approval",
    "contradicted": "contradicted by a later review",
    "dead": "from pages that are gone",
    "unreachable": "from pages that were not to be had, visit after visit",
    "unused": "cited by no card for so long",
}


def entry_fields(entry: Entry, uses: Uses) -> dict[str, Any]:
    return {**asdict(entry), "uses": asdict(uses)}


def version_fields(past: PastVersion) -> dict[str, Any]:
    return {
        "version": past.version,
        "status": past.status,
        "title": past.content.title,
        "question": past.content.question,
        "text": past.content.text,
        "source": past.content.source,
        "who": past.change.who,
        "why": past.change.why,
        "at": past.change.at,
        "brought": [asdict(origin) for origin in past.change.origins],
        "origins": [asdict(origin) for origin in past.origins],
    }


def entry_line(entry: Entry, uses: Uses) -> str:
    """One entry of a list."""
    audience = "" if entry.audience == "everyone" else f"[{entry.audience}] "
    title = " ".join((entry.question or entry.title or entry.text).split())[:TITLE_CHARACTERS]
    cited = f"{uses.cited}x" if uses.cited else "-"
    return f"{entry.id}  {entry.kind:<8} {entry.status:<7} v{entry.version:<3} {cited:>4}  {audience}{title}"


def entry_text(entry: Entry, uses: Uses, origins: Sequence[Origin]) -> str:
    """One entry with everything about it."""
    facts = [
        f"{entry.id}  {entry.kind}, {entry.status}, for {entry.audience}",
        f"version {entry.version} of {day(entry.updated_at)}, created {day(entry.created_at)}",
        f"source: {entry.source}",
        f"cited by {uses.cited:,} cards, {uses.accepted:,} of them accepted"
        + (f", last {day(uses.last_at)}" if uses.last_at else ""),
        *(f"from {origin_text(origin)}" for origin in origins),
    ]
    said = [entry.title, entry.question, entry.text]
    return "\n".join(facts) + "\n\n" + "\n\n".join(part for part in said if part)


def history_text(past: Sequence[PastVersion]) -> str:
    """Every version, newest first, with what it changed."""
    return "\n\n".join(
        "\n".join(_version_lines(version, past[place + 1].content if place + 1 < len(past) else None))
        for place, version in enumerate(past)
    )


def _version_lines(past: PastVersion, before: Content | None) -> Iterator[str]:
    yield f"version {past.version}, {past.status}: {past.change.who}, {day(past.change.at)}: {past.change.why}"
    for origin in past.change.origins:
        yield f"  from {origin_text(origin)}"
    then, now = _lines(before) if before else [], _lines(past.content)
    for line in difflib.unified_diff(then, now, n=1, lineterm=""):
        if not line.startswith(("---", "+++", "@@")):
            yield f"  {line}"


def _lines(content: Content) -> list[str]:
    parts = (content.title, content.question, content.text, f"source: {content.source}")
    return [line for part in parts if part for line in part.splitlines()]


def origin_text(origin: Origin) -> str:
    pieces = [
        f"session {origin.session_id}" if origin.session_id else "",
        origin.url,
        "taught by " + ", ".join(origin.people) if origin.people else "",
        f"review: {origin.verdict}" if origin.verdict else "",
    ]
    return "; ".join(piece for piece in pieces if piece)


def reference_text(number: int, found: Reference) -> str:
    """One search result with the scores of every path."""
    paths = "  ".join(f"{path} {score:.3f}" for path, score in found.scores.items())
    title = " ".join((found.question or found.title or found.text).split())[:TITLE_CHARACTERS]
    return f"{number:>3}. {found.score:.3f}  {found.entry_id}  {title}\n     {paths}  {found.source}"


def doubts_text(found: Doubts) -> str:
    """Grouped by the reason to look."""
    if not found.shown:
        return "nothing to review"
    lines = list[str]()
    for kind, total in found.totals.items():
        shown = [doubt for doubt in found.shown if doubt.kind == kind]
        if shown:
            lines.append(f"{total:,} {HEADINGS[kind]}")
            lines += [
                f"  {doubt.entry.id}  since {day(doubt.since)}  {_title(doubt.entry)}: {doubt.why}" for doubt in shown
            ]
            lines += [f"  … and {total - len(shown):,} more"] if total > len(shown) else []
    return "\n".join(lines)


def _title(entry: Entry) -> str:
    return " ".join((entry.question or entry.title).split())[:TITLE_CHARACTERS]


def day(at: float) -> str:
    """Local time, to the minute."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
