"""The knowledge bases that are asked: a set of `../shared/data/retrieve` each, embedded once and kept.

Of `aws_pages` a sample: the passages of every page that some question is about, and SAMPLED others drawn at random.
Embedding all 36,804 takes more than half an hour; of four thousand the pages asked for are found more easily, so the
figures of this set are not those of `vigilbot eval retrieve`, only differences count.
"""

from __future__ import annotations

import gzip
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import orjson

from vigilbot.config import cache_folder
from vigilbot.evaluation.retrieve import Judged
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.storage.database import Database
from vigilbot.storage.folder import DATABASE, INDEX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from vigilbot.embedding.base import Embedder

SETS = Path(__file__).parents[3] / "shared" / "data" / "retrieve"
SAMPLED = 2_500
MOST = 10_000
"""Passages of a set that is used whole."""


@dataclass(frozen=True, slots=True)
class Library:
    """One set, ready to be asked."""

    name: str
    knowledge: LocalKnowledge
    judged: Judged
    names: Mapping[str, str]
    """Of each entry in the qrels."""


@asynccontextmanager
async def library(name: str, embedder: Embedder) -> AsyncIterator[Library]:
    """Open the knowledge base of a set; build it first if need be."""
    folder = cache_folder() / "benchmarks" / f"flywheel-{name}"
    judged = Judged.read(_source(SETS / name, folder / "set"))
    db = await Database.open(folder / DATABASE)
    knowledge = LocalKnowledge(db, embedder, folder / INDEX)
    try:
        await knowledge.open()
        yield Library(name, knowledge, judged, await judged.ingested(knowledge, lambda *_: None))
    finally:
        await knowledge.close()
        await db.close()


def _source(given: Path, sample: Path) -> Path:
    """The set itself, or the sample of a large one."""
    path = next(given.glob("corpus.jsonl*"))
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        rows = [orjson.loads(line) for line in lines]
    sample.mkdir(parents=True, exist_ok=True)
    if len(rows) <= MOST:
        return given
    wanted = {line.split("\t")[1] for line in (given / "qrels.tsv").read_text("utf-8").splitlines()}
    asked_for = [row for row in rows if row.get("page") in wanted or row["id"] in wanted]
    rest = [row for row in rows if row not in asked_for]
    drawn = [rest[at] for at in sorted(np.random.default_rng(0).permutation(len(rest))[:SAMPLED])]
    (sample / "corpus.jsonl").write_bytes(b"\n".join(map(orjson.dumps, [*asked_for, *drawn])))
    for name in ("queries.jsonl", "qrels.tsv"):
        shutil.copy(given / name, sample / name)
    return sample
