"""What a check found, and how a list of findings is printed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `fix` is empty when it is in order."""

    check: str
    ok: bool
    detail: str
    fix: str = ""

    def as_json(self) -> dict[str, str | bool]:
        return asdict(self)


def fine(check: str, detail: str) -> Finding:
    return Finding(check, ok=True, detail=detail)


def fault(check: str, detail: str, fix: str) -> Finding:
    return Finding(check, ok=False, detail=detail, fix=fix)


def failed(check: str, error: Exception) -> Finding:
    """A fault from one of our errors, whose sentence ends with the fix after the last semicolon."""
    detail, separator, fix = str(error).rpartition("; ")
    return fault(check, detail if separator else fix, fix if separator else "see the message")


def report(findings: Sequence[Finding]) -> str:
    """One line a finding, its fix below it, and how many faults there are."""
    width = max((len(finding.check) for finding in findings), default=0)
    lines = [line for finding in findings for line in _lines(finding, width)]
    faults = sum(not finding.ok for finding in findings)
    summary = {0: "Everything is in order.", 1: "1 fault."}.get(faults, f"{faults} faults.")
    return "\n".join([*lines, "", summary])


def _lines(finding: Finding, width: int) -> list[str]:
    line = f"{'✓' if finding.ok else '✗'} {finding.check.ljust(width)}  {finding.detail}"
    return [line] if finding.ok else [line, f"  {' ' * width}  → {finding.fix}"]
