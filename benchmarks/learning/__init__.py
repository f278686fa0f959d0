"""The learning curve: of later questions, how many are answered rightly with learning on, without review, and off?

The shape of Vigil's Table 2. Dialogues are played in order through the real bot with nothing known beforehand. A
question counts when an analyst has given its answer in an earlier dialogue; what is right is told by labels, in code.
`python -m benchmarks learning` prints a table as well, `--json` only the rows, `--missed` names what was not answered.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from typing import TYPE_CHECKING

import structlog

from benchmarks.learning.cases import incidents, ubuntu
from benchmarks.learning.playing import MODES, play

if TYPE_CHECKING:
    from collections.abc import Iterator

SETS = (
    (
        "incidents",
        incidents,
        "Harbour cloud: volumes, buckets, queues, functions, databases, networks and their errors",
    ),
    ("ubuntu_factoids", ubuntu, "Ubuntu Linux: installing, configuring, using and troubleshooting it"),
)


def measure(*options: str) -> Iterator[dict[str, object]]:
    """A row a set and a way of learning: later questions asked, answered rightly, answered wrongly, and why not."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    rows = []
    for name, cases, scope in SETS:
        for mode in MODES:
            started = time.perf_counter()
            tally = asyncio.run(play(cases(), scope, mode))
            row: dict[str, object] = {
                "dialogues": name,
                "learning": mode,
                "later_questions": tally.asked,
                "right": tally.right,
                "wrong": tally.wrong,
                "share_right": round(tally.right / tally.asked, 3),
                "outcomes": dict(tally.outcomes),
                "lessons": dict(tally.lessons),
                "seconds": round(time.perf_counter() - started, 1),
            }
            rows.append(row)
            yield row | ({"missed": tally.missed} if "--missed" in options else {})
    if "--json" not in options:
        print(_table(rows), file=sys.stderr)


def _table(rows: list[dict[str, object]]) -> str:
    head = f"{'dialogues':18}{'learning':12}{'later':>7}{'right':>7}{'wrong':>7}{'share':>8}"
    lines = [
        f"{row['dialogues']:18}{row['learning']:12}{row['later_questions']:>7}{row['right']:>7}{row['wrong']:>7}"
        f"{row['share_right']:>8}"
        for row in rows
    ]
    return "\n".join([head, *lines])
