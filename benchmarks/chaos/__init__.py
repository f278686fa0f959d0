"""The destruction program: the real process is killed with SIGKILL again and again while people talk to it.

`python -m benchmarks chaos [--kills 1000] [--minutes 10] [--seed 1]`, or `make chaos`. Every kill, every word and every
fault of Slack follows from the seed; the moments between them are the machine's.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.chaos.storm import Storm

CASES_SHOWN = 10


def measure(*options: str) -> Iterator[dict[str, object]]:
    """Promised: 0 lost, 0 doubled. The peer acknowledges and then works: it shows what there is to lose."""
    from benchmarks.chaos.storm import Storm  # noqa: PLC0415  # the process that is killed imports this package too

    parser = argparse.ArgumentParser(prog="benchmarks chaos")
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--minutes", type=float, default=10.0, help="stop killing then, however many kills there were")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peer-kills", type=int, default=40)
    asked = parser.parse_args(options)
    yield figures(Storm("vigilbot", asked.kills, asked.minutes * 60, asked.seed))
    if asked.peer_kills:
        yield figures(Storm("naive", asked.peer_kills, asked.minutes * 60, asked.seed, faults=False))


def figures(storm: Storm) -> dict[str, object]:
    began = time.perf_counter()
    account = asyncio.run(storm.rage())
    return {
        "case": storm.program,
        "seed": storm.seed,
        "kills": storm.deaths.total(),
        "killed_at": dict(storm.deaths.most_common()),
        "questions": account.questions,
        "outcomes": dict(account.outcomes.most_common()),
        "posts": account.posts,
        "lost": len(account.lost),
        "doubled": len(account.doubled),
        "cases": [*account.lost, *account.doubled][:CASES_SHOWN],
        "trouble": storm.trouble,
        "seconds": round(time.perf_counter() - began),
    }
