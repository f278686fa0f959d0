"""Rows to a folder: one JSONL file a split, redacted, and a manifest that says what is in it.

Every row carries `session_id` and `made_at` (seconds since the epoch), so that whoever trains can check the splits.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, get_args

import orjson

from vigilbot import __version__
from vigilbot.errors import FlywheelError
from vigilbot.flywheel.exports.splits import Split, split_of
from vigilbot.safety.redaction.redact import MARK, redacted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from vigilbot.models import Audience

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Row:
    """One example. `fields` are JSON values; their strings are redacted when they are written."""

    session_id: str
    made_at: float
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asked to have exported."""

    since: float = 0.0
    """Seconds since the epoch: nothing said earlier."""
    audience: Audience | None = None
    """Only what may be shown to this audience; None: everything."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of export, and what stands in its rows."""

    name: str
    columns: Mapping[str, str]
    """By name, its meaning in one line."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """What `weight` says of each grade."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in a folder of exported rows; `asdict` of it is `manifest.json`."""

    kind: str
    made_at: float
    version: str
    since: float
    audience: str | None
    rows: Mapping[Split, int]
    sessions: Mapping[Split, int]
    redacted: Mapping[str, int]
    """By kind, how many marks stand in the rows for secrets and personal data, whoever replaced them."""
    left_out: Mapping[str, int]
    """By reason, what was said but cannot be learnt from."""
    columns: Mapping[str, str]
    weights: Mapping[str, float]
    sha256: Mapping[str, str]
    """By file."""

    def text(self) -> str:
        """For a person."""
        parts = ", ".join(f"{count:,} {split}" for split, count in self.rows.items())
        also = [f"{count:,} {reason}" for reason, count in self.left_out.items()]
        lines = [f"{sum(self.rows.values()):,} {self.kind} from {sum(self.sessions.values()):,} sessions ({parts})"]
        lines += [f"left out: {', '.join(also)}"] if also else []
        lines += [f"redacted: {', '.join(f'{count:,} {kind}' for kind, count in self.redacted.items())}"] * bool(
            self.redacted
        )
        return "\n".join(lines)


def write(
    kind: Kind, rows: Iterable[Row], folder: Path, wanted: Wanted, now: float, left_out: Mapping[str, int] | None = None
) -> Manifest:
    """Write `train.jsonl`, `validation.jsonl`, `test.jsonl` and the manifest, which comes last.

    Raises FlywheelError in one line when there is nothing to write, and when the folder holds something else.
    """
    lines: dict[Split, list[bytes]] = {split: [] for split in get_args(Split)}
    sessions: dict[Split, set[str]] = {split: set() for split in lines}
    taken: Counter[str] = Counter()
    for row in rows:
        fields = _redacted({**row.fields, "session_id": row.session_id, "made_at": row.made_at}, taken)
        split = split_of(row.session_id)
        lines[split].append(orjson.dumps(fields) + b"\n")
        sessions[split].add(row.session_id)
    if not any(lines.values()):
        raise FlywheelError(_nothing(kind, wanted, left_out or {}))
    files = {f"{split}.jsonl": b"".join(written) for split, written in lines.items()}
    manifest = Manifest(
        kind=kind.name,
        made_at=now,
        version=__version__,
        since=wanted.since,
        audience=wanted.audience,
        rows={split: len(written) for split, written in lines.items()},
        sessions={split: len(ids) for split, ids in sessions.items()},
        redacted=dict(taken),
        left_out=dict(left_out or {}),
        columns=kind.columns,
        weights=kind.weights,
        sha256={name: sha256(content).hexdigest() for name, content in files.items()},
    )
    _put(folder, files | {MANIFEST: orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2) + b"\n"})
    return manifest


def _redacted(value: object, taken: Counter[str]) -> object:
    """The same value with every string in it redacted, however deep; `taken` counts the marks in it."""
    if isinstance(value, str):
        clean = redacted(value).text
        taken.update(MARK.findall(clean))
        return clean
    if isinstance(value, dict):
        return {key: _redacted(one, taken) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(one, taken) for one in value]
    return value


def _nothing(kind: Kind, wanted: Wanted, left_out: Mapping[str, int]) -> str:
    asked = (" since then" if wanted.since else "") + (f" for {wanted.audience}" if wanted.audience else "")
    also = ", ".join(f"{count:,} {reason}" for reason, count in left_out.items())
    return f"nothing to export: no {kind.name}{asked} yet" + (f" ({also} left out)" if also else "")


def _put(folder: Path, files: Mapping[str, bytes]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if strange := sorted(path.name for path in folder.iterdir() if path.name not in files):
            raise FlywheelError(f"{folder}: holds {strange[0]}, which is no part of an export; name an empty folder")
        for name, content in files.items():
            scratch = folder / f"{name}.partial"
            scratch.write_bytes(content)
            scratch.replace(folder / name)
    except OSError as error:
        raise FlywheelError(f"{folder}: cannot be written ({error.strerror or error})") from None
