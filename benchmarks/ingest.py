"""Ingest rate of real corpora, as a ratio to what the encoder alone does with the same texts in the same run.

The two take turns, slice by slice, since other work on the machine comes and goes.
"""

from __future__ import annotations

import asyncio
import gzip
import resource
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from vigilbot.embedding.bundled import BundledEncoder
from vigilbot.knowledge.ingest import corpus
from vigilbot.knowledge.ingest.chunking import Chunker
from vigilbot.knowledge.ingest.ingesting import BATCH, ingest
from vigilbot.knowledge.ingest.planning import row_passages
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.knowledge.texts import embedded_text
from vigilbot.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vigilbot.embedding.base import Embedder

FOLDERS = Path(__file__).parent.parent.parent / "shared" / "data" / "retrieve"
CORPORA = ("ubuntu_factoids/corpus.jsonl", "mtrag/corpus.jsonl.gz", "aws_pages/corpus.jsonl.gz")
SLICE = 512
SLICES = 2
"""The rate does not depend on how much of a corpus is read, the patience of whoever measures does."""


@dataclass
class Spent:
    """Wall and processor seconds."""

    wall: float = 0.0
    cpu: float = 0.0

    @contextmanager
    def more(self) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall += time.perf_counter() - wall
        self.cpu += time.process_time() - cpu


def measure() -> Iterator[dict[str, object]]:
    """Entries a second, the ratio to the encoder alone (at least .85 is promised), peak memory of the process so far.

    `ratio_cpu` compares processor seconds, which others on the machine do not change.
    """
    with tempfile.TemporaryDirectory() as scratch:
        for name in CORPORA:
            folder = Path(scratch) / name.partition("/")[0]
            folder.mkdir()
            yield {"corpus": name} | asyncio.run(_measure(_slices(FOLDERS / name, folder), folder))


def _slices(source: Path, folder: Path) -> list[Path]:
    slices = []
    with gzip.open(source) if source.suffix == ".gz" else source.open("rb") as lines:
        for number in range(SLICES):
            slices.append(folder / f"{number}.jsonl")
            slices[-1].write_bytes(b"".join(islice(lines, SLICE)))
    return slices


async def _measure(slices: list[Path], folder: Path) -> dict[str, object]:
    encoder = await BundledEncoder.open()
    db = await Database.open(folder / "knowledge.db")
    knowledge = LocalKnowledge(db, encoder, folder / "chroma")
    await knowledge.open()
    ingesting, encoding, entries, chunker = Spent(), Spent(), 0, Chunker()
    for number, slice_ in enumerate(slices):
        passages = row_passages(corpus.rows(slice_, slice_.name), chunker)
        texts = [embedded_text("document", passage.content) for passage in passages]
        if number % 2:  # in turn the one first and the other
            await _encode(encoder, texts, encoding)
        with ingesting.more():
            entries += (await ingest(knowledge, [slice_])).added
        if not number % 2:
            await _encode(encoder, texts, encoding)
    await knowledge.close()
    await db.close()
    await encoder.close()
    return {
        "entries": entries,
        "entries_per_second": round(entries / ingesting.wall, 1),
        "encoder_per_second": round(entries / encoding.wall, 1),
        "ratio": round(encoding.wall / ingesting.wall, 3),
        "ratio_cpu": round(encoding.cpu / ingesting.cpu, 3),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


async def _encode(encoder: Embedder, texts: list[str], spent: Spent) -> None:
    """The same batches that the ingest makes, and nothing else."""
    with spent.more():
        for start in range(0, len(texts), BATCH):
            await encoder.embed(texts[start : start + BATCH])
