"""The corpora outside the project, and the floors that hold on them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parents[4] / "shared" / "data"
SECRETS = DATA / "security" / "secrets"


def rows(path: Path) -> list[dict[str, Any]]:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in text.splitlines()]


def said() -> Iterator[str]:
    """Every third of the different messages of the dialogues and of the different bug reports."""
    seen: set[str] = set()
    for file in ("sessions/gitter.dev.jsonl.gz", "extract/irc.dev.jsonl.gz", "identify/irc_silver.dev.jsonl.gz"):
        for row in rows(DATA / file):
            seen |= {message["text"] for message in row["dialogue"]}
    for file in ("duplicates/hadoop.dev.jsonl.gz", "duplicates/seamonkey.dev.jsonl.gz"):
        seen |= {row["text"] for row in rows(DATA / file)}
    yield from sorted(seen)[::3]
