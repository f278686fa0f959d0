"""What was ingested, looked at from outside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vigilbot.models import EVERYONE, Audience, Question, Reference

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.knowledge.ingest.report import IngestReport
    from vigilbot.knowledge.local import LocalKnowledge


async def best(knowledge: LocalKnowledge, text: str, audience: Audience = EVERYONE) -> Reference:
    [hit] = await knowledge.search(Question(text), audiences=frozenset({audience}), limit=1)
    return hit


def counts(report: IngestReport) -> tuple[int, int, int, int]:
    return report.added, report.replaced, report.retired, report.unchanged


def write_rows(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
