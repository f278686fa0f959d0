"""Runs that are kept: what was measured, with the score of every case, so that a later run can be compared with it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, get_args

from vigilbot.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FORMAT = 1

ThinkingTask = Literal["identify", "answer", "extract", "triage", "duplicates", "golden"]
SearchTask = Literal["retrieve", "selective", "dedup"]
Task = Literal[ThinkingTask, SearchTask]
THINKING: tuple[str, ...] = get_args(ThinkingTask)
"""The tasks that need the whole bot."""

CaseScores = dict[str, float | str]
"""Of one case: `truth` and `judged` (labels), or `right`, `chosen` and `labelled` (counts), or any figures by name."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of one task: the figures that are printed, and the scores of each case by its id."""

    figures: dict[str, object]
    cases: dict[str, CaseScores] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """One `vigilbot eval`: figures, every case's scores, and what identifies data and reasoner."""

    task: str
    file: str
    """The cases' file or folder, as it was named."""
    digest: str
    """Of what stood in it."""
    reasoner: str
    made_at: str
    """ISO 8601, UTC."""
    figures: dict[str, object]
    cases: dict[str, CaseScores]

    @classmethod
    def of(cls, task: str, file: Path, reasoner: str, measured: Measured) -> Run:
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(task, str(file), digest_of(file), reasoner, made_at, measured.figures, measured.cases)

    def save(self, path: Path) -> None:
        """Raises EvaluationError when the file cannot be written."""
        text = json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1)
        try:
            path.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise EvaluationError(f"{path}: cannot be written ({error.strerror})") from None

    @classmethod
    def read(cls, path: Path) -> Run:
        """Raises EvaluationError when it is no file that `--save` wrote."""
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise EvaluationError(f"{path}: cannot be read ({error.strerror})") from None
        except (ValueError, RecursionError):
            kept = None
        if not isinstance(kept, dict) or kept.pop("format", None) != FORMAT:
            raise EvaluationError(f"{path}: is no run; make one with --save")
        try:
            run = cls(**kept)
        except TypeError:
            raise EvaluationError(f"{path}: is no run; make one with --save") from None
        if not isinstance(run.cases, dict) or not all(isinstance(scores, dict) for scores in run.cases.values()):
            raise EvaluationError(f"{path}: its cases cannot be read; make it anew with --save")
        return run


def by_id(scored: Iterable[tuple[str, Mapping[str, float | str]]]) -> dict[str, CaseScores]:
    """The scores by id; where an id comes again, `#2`, `#3` … tell the cases apart."""
    seen: Counter[str] = Counter()
    found: dict[str, CaseScores] = {}
    for id_, scores in scored:
        seen[id_] += 1
        found[id_ if seen[id_] == 1 else f"{id_}#{seen[id_]}"] = dict(scores)
    return found


def digest_of(path: Path) -> str:
    """Of a file, or of all files of a folder."""
    digest = hashlib.blake2b(digest_size=16)
    for file in sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]:
        digest.update(file.name.encode("utf-8", "replace"))
        with file.open("rb") as content:
            while block := content.read(2**20):
                digest.update(block)
    return digest.hexdigest()
