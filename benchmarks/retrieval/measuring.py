"""One row of figures for each size: the product first, in a process that holds nothing else, then its peers."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import orjson
import psutil

from benchmarks.retrieval import peers
from benchmarks.retrieval.building import BY, FOLDERS, audiences_of, folder_for
from vigilbot.embedding.loading import load_embedder
from vigilbot.knowledge.index.embedded import FolderIndex
from vigilbot.knowledge.index.lacking import folder_name
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.knowledge.search import shelves_of
from vigilbot.models import EVERYONE, Audience, Question
from vigilbot.storage import lexical
from vigilbot.storage.database import Database
from vigilbot.storage.entries import Content, NewVersion, Shelf
from vigilbot.storage.folder import DATABASE, INDEX
from vigilbot.storage.lexical import LexicalReader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

    from numpy.typing import NDArray

ENTRIES = (10_000, 100_000, 272_325)
AUDIENCES = (1, 10)
QUESTIONS = 100
WARMING = peers.WARMING
REFERENCES = 5
SEEN = 3
"""Audiences that one session sees: everyone, its channel and its customer."""
COUNT = peers.COUNT
SETS = ("aws_pages", "mtrag", "ubuntu_factoids")
DOCUMENTS = Shelf("document", EVERYONE)
ELSEWHERE = Audience("channel:elsewhere")
"""Whom the ingest under way is for."""

Figures = dict[str, object]


def measure(*options: str) -> Iterator[Figures]:
    """`--entries 10000,100000 --audiences 1,10`: one row each. Folders are built once and kept in the cache folder.

    Milliseconds are p50 and p95 over real questions, each asked once, one after another.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks retrieval")
    parser.add_argument("--entries", default=",".join(map(str, ENTRIES)))
    parser.add_argument("--audiences", default=",".join(map(str, AUDIENCES)))
    asked = parser.parse_args(options)
    for count in map(int, asked.entries.split(",")):
        for audiences in map(int, asked.audiences.split(",")):
            built = _built(count, audiences)
            folder = folder_for(count, audiences)
            # Each part in a process of its own, so that neither finds the other's memory warm or full.
            own, peer = (_in_child(part, folder, audiences) for part in ("product", "peers"))
            yield {"entries": count, "audiences": audiences, "load": os.getloadavg()[0]} | built | own | peer


def _built(count: int, audiences: int) -> Figures:
    folder = folder_for(count, audiences)
    if not (folder / "built").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "benchmarks.retrieval.building", str(folder), str(count), str(audiences)], check=True
        )
        rate = count / (time.perf_counter() - began)
        (folder / "built").write_bytes(orjson.dumps({"written_per_second": round(rate)}))
    figures: Figures = orjson.loads((folder / "built").read_bytes())
    sizes = {name: _megabytes(folder / name) for name in (DATABASE, INDEX)}
    return figures | {"disk_mb": sizes}


def _megabytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file()) // 1_000_000


def _in_child(part: str, folder: Path, audiences: int) -> Figures:
    command = [sys.executable, "-m", "benchmarks.retrieval", part, str(folder), str(audiences)]
    environment = dict(os.environ)
    if part == "peers":  # what the product asks of its own numpy must not slow the scan it is compared with
        environment.pop("OPENBLAS_NUM_THREADS", None)
    output = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout
    figures: Figures = orjson.loads(output.splitlines()[-1])
    return figures


def questions() -> list[str]:
    """Real ones, the three sets in turn."""
    sets = [[str(orjson.loads(line)["text"]) for line in (FOLDERS / name / "queries.jsonl").open()] for name in SETS]
    return [text for texts in zip(*sets, strict=False) for text in texts]


def _spread(milliseconds: Sequence[float]) -> list[float]:
    return [round(float(found), 2) for found in np.percentile(milliseconds, [50, 95])]


async def _timed(ask: Callable[[str], Awaitable[object]], texts: Sequence[str]) -> list[float]:
    timings = []
    for text in texts:
        began = time.perf_counter()
        await ask(text)
        timings.append((time.perf_counter() - began) * 1000)
    return _spread(timings)


async def _product(folder: Path, audiences: int) -> Figures:
    texts = questions()
    half = QUESTIONS // 2
    warming, idle, wide, busy = texts[:WARMING], texts[WARMING:][:half], texts[-2 * half : -half], texts[-half:]
    everything = audiences_of(audiences)
    seen = frozenset(everything[:SEEN])
    embedder = await load_embedder("bundled")
    db = await Database.open(folder / DATABASE)
    knowledge = LocalKnowledge(db, embedder, folder / INDEX)
    began = time.perf_counter()
    await knowledge.open()
    opened = time.perf_counter() - began

    async def ask(text: str) -> None:
        await knowledge.search(Question(text), audiences=seen, limit=REFERENCES)

    async def ask_all(text: str) -> None:
        await knowledge.search(Question(text), audiences=frozenset(everything), limit=REFERENCES)

    await _timed(ask, warming)
    whole = await _timed(ask, idle)
    whole_of_all = await _timed(ask_all, wide)
    memory = psutil.Process().memory_info().rss // 1_000_000
    async with _ingest_under_way(knowledge) as rate:
        beside = await _timed(ask, busy)
    parts = await _paths(knowledge, idle, seen)
    await knowledge.retire([f"elsewhere-{n}" for n in range(BATCH)], BY)
    await knowledge.close()
    await db.close()
    await embedder.close()
    return {
        "open_seconds": round(opened, 1),
        "memory_mb": memory,
        "whole_ms": whole,
        "whole_of_all_audiences_ms": whole_of_all,
        "whole_during_ingest_ms": beside,
        "ingested_per_second_meanwhile": round(rate[0], 1),
    } | parts


BATCH = 64


@asynccontextmanager
async def _ingest_under_way(knowledge: LocalKnowledge) -> AsyncIterator[list[float]]:
    """The same passages of everyday length again and again: embedding keeps both cores busy. Yields its rate."""
    rate, written, began = [0.0], 0, time.perf_counter()

    async def ingest() -> None:
        nonlocal written
        while True:
            new = [
                NewVersion(f"elsewhere-{n}", Shelf("document", ELSEWHERE), Content("", f"{text} {written}", "bench"))
                for n, text in enumerate(questions()[:BATCH])
            ]
            await knowledge.put(new, BY)
            written += BATCH

    task = asyncio.create_task(ingest())
    await asyncio.sleep(1)
    yield rate
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    rate[0] = written / (time.perf_counter() - began)


async def _paths(knowledge: LocalKnowledge, texts: Sequence[str], seen: frozenset[Audience]) -> Figures:
    """Each path alone; vectors are known by now, so the dense path has nothing to embed."""
    reader = LexicalReader(knowledge.db.path)
    shelves = shelves_of(seen)

    async def words(text: str) -> None:
        await lexical.search(reader, shelves, [text], COUNT)

    async def near(text: str) -> None:
        await knowledge.nearest(text, audiences=seen, limit=COUNT)

    found = {"lexical_ms": await _timed(words, texts), "dense_and_fetch_ms": await _timed(near, texts)}
    await reader.close()
    return dict(found)


async def _peers(folder: Path) -> Figures:
    """On the largest collection: the product's dense path, plain Chroma, a scan; recall against the scan."""
    embedder = await load_embedder("bundled")
    asked = np.concatenate([await embedder.embed([text]) for text in questions()[:QUESTIONS]])
    name = embedder.name
    await embedder.close()
    ids, vectors = await asyncio.to_thread(peers.stored_vectors, folder)
    scan_ms, rows = peers.timed(lambda question: peers.scan(vectors, question), asked)
    exact = [{ids[row] for row in found} for found in rows]
    dense_ms, dense = await _dense(folder, name, asked)
    with tempfile.TemporaryDirectory() as scratch:
        plain_ms, plain = await asyncio.to_thread(
            peers.plain_chroma, folder / INDEX / folder_name(name), Path(scratch) / "copy", asked
        )
    return {
        "dense_ms": _spread(dense_ms),
        "plain_chroma_ms": _spread(plain_ms),
        "numpy_scan_ms": _spread(scan_ms),
        "recall": _recall(dense, exact),
        "recall_plain_chroma": _recall(plain, exact),
    }


async def _dense(folder: Path, embedder: str, asked: NDArray[np.float32]) -> tuple[list[float], list[list[str]]]:
    index = FolderIndex(folder / INDEX / folder_name(embedder), embedder)
    await index.open()
    timings, answers = [], []
    for number, question in enumerate([*asked[:WARMING], *asked]):
        began = time.perf_counter()
        [hits] = await index.nearest([DOCUMENTS], question[None, :], COUNT)
        if number >= WARMING:
            timings.append((time.perf_counter() - began) * 1000)
            answers.append([f"{ref.entry_id}:{ref.version}" for ref, _ in hits])
    await index.close()
    return timings, answers


def _recall(found: Sequence[Sequence[str]], exact: Sequence[set[str]]) -> float:
    return round(float(np.mean([len(set(one) & two) / COUNT for one, two in zip(found, exact, strict=True)])), 4)


def main(part: str, folder: Path, audiences: int) -> None:
    """In a process of its own: the figures of one part as a line of JSON."""
    work = _product(folder, audiences) if part == "product" else _peers(folder)
    print(orjson.dumps(asyncio.run(work)).decode())
