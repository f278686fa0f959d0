"""What an ingest did."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

LINES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file, or a line of a corpus, that did not become knowledge, and why."""

    where: str
    why: str


@dataclass(slots=True)
class IngestReport:
    """Counts of entries, but for `files` and `pruned`. `unchanged` ones were there already."""

    files: int = 0
    added: int = 0
    replaced: int = 0
    retired: int = 0
    unchanged: int = 0
    pruned: int = 0
    """Files that are gone, whose entries were therefore retired."""
    skipped: list[Skipped] = field(default_factory=list)

    def skip(self, where: str, why: str) -> None:
        self.skipped.append(Skipped(where, why))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def text(self) -> str:
        """One line of counts, then what was skipped."""
        files = f"{self.files:,} {'file' if self.files == 1 else 'files'} read"
        entries = "entry" if self.added == 1 else "entries"
        counts = f"{self.added:,} {entries} added, {self.replaced:,} replaced, {self.retired:,} retired"
        lines = [f"{files}: {counts}, {self.unchanged:,} unchanged"]
        if self.pruned:
            lines[0] += f"; {self.pruned:,} {'file is' if self.pruned == 1 else 'files are'} gone"
        lines += [f"skipped {skipped.where}: {skipped.why}" for skipped in self.skipped[:LINES_SHOWN]]
        if len(self.skipped) > LINES_SHOWN:
            lines.append(f"… and {len(self.skipped) - LINES_SHOWN:,} more were skipped")
        return "\n".join(lines)
