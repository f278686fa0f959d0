"""`python -m benchmarks.retrieval.building FOLDER ENTRIES AUDIENCES`: a data folder of a given size.

BASE passages of the three corpora are embedded for real, once. Every entry is one of them mixed with another: a third
of its words and of its tokens' vectors replaced by the other's, its own vector moved towards the other's and by noise
of NOISE, then normalised. So words are as frequent, and neighbours as many, as in a corpus of that size, and building
takes minutes, not an hour. Every tenth entry is a question-and-answer pair. The same call makes the same folder.
"""

from __future__ import annotations

import asyncio
import gzip
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import orjson

from vigilbot.config import cache_folder
from vigilbot.embedding.base import embed_tokens
from vigilbot.embedding.loading import load_embedder
from vigilbot.embedding.tokenvectors import DIMENSIONS, packed
from vigilbot.knowledge.local import LocalKnowledge
from vigilbot.models import EVERYONE, Audience
from vigilbot.storage import entries, postings, tokens
from vigilbot.storage.database import Database
from vigilbot.storage.entries import Change, Content, NewVersion, Shelf
from vigilbot.storage.folder import DATABASE, INDEX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from vigilbot.embedding.base import Embedder

FOLDERS = Path(__file__).parents[3] / "shared" / "data" / "retrieve"
CORPORA = ("aws_pages/corpus.jsonl.gz", "mtrag/corpus.jsonl.gz", "ubuntu_factoids/corpus.jsonl")
BASE = 4000
EMBEDDED_CHARACTERS = 400
NOISE = 0.5
MIXED = 1 / 3
BATCH = 2000
TOKEN_BYTES = DIMENSIONS // 2
BY = Change("benchmark", "to be measured", 1_700_000_000.0)


class Base(NamedTuple):
    """Passages as they are, read by the encoder."""

    passages: list[dict[str, str]]
    vectors: NDArray[np.float32]
    tokens: list[NDArray[np.uint8]]
    """Packed as they are stored, a row a token."""


def folder_for(count: int, audiences: int) -> Path:
    """Where such a folder is kept, once made."""
    return cache_folder() / "benchmarks" / f"retrieval-{count}-{audiences}"


def audiences_of(audiences: int) -> list[Audience]:
    return [EVERYONE, *(Audience(f"channel:C{number}") for number in range(1, audiences))]


async def build(folder: Path, count: int, audiences: int) -> None:
    """Write `count` entries for so many audiences in turn, and index them."""
    embedder = await load_embedder("bundled")
    db = await Database.open(folder / DATABASE)
    async with db.transaction() as tx:
        await postings.fill(tx)  # nothing yet: from here on, words are indexed as they are written
    for new, vectors, packs in batches(await base(embedder), count, audiences_of(audiences)):
        async with db.transaction() as tx:
            written = await entries.write(tx, new, vectors, embedder.name, BY)
            refs = (item.ref for item in written)
            await tokens.write(tx, zip(refs, packs, strict=True), embedder.name)
    knowledge = LocalKnowledge(db, embedder, folder / INDEX)
    await knowledge.open()
    await knowledge.close()
    await db.close()
    await embedder.close()


async def base(embedder: Embedder) -> Base:
    """Read once, then kept."""
    passages = [passage for name in CORPORA for passage in _read(FOLDERS / name)]
    passages = passages[:: len(passages) // BASE][:BASE]
    kept = cache_folder() / "benchmarks" / "base.npz"
    if not kept.exists():
        texts = [f"{passage.get('title', '')}\n{passage['text']}"[:EMBEDDED_CHARACTERS] for passage in passages]
        embedded = await embed_tokens(embedder, texts)
        packs = [packed(one) for one in embedded.tokens or ()]
        kept.parent.mkdir(parents=True, exist_ok=True)
        rows = np.frombuffer(b"".join(packs), np.uint8).reshape(-1, TOKEN_BYTES)
        np.savez(
            kept, vectors=embedded.vectors, tokens=rows, ends=np.cumsum([len(one) // TOKEN_BYTES for one in packs])
        )
    with np.load(kept) as read:
        return Base(passages, read["vectors"], np.split(read["tokens"], read["ends"][:-1]))


def _read(path: Path) -> list[dict[str, str]]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        return [orjson.loads(line) for line in lines]


def batches(
    base: Base, count: int, audiences: list[Audience]
) -> Iterator[tuple[list[NewVersion], NDArray[np.float32], list[bytes]]]:
    """Entries with their vectors and packed tokens, BATCH at a time."""
    passages, vectors, packs = base
    chance = np.random.default_rng(0)
    for start in range(0, count, BATCH):
        numbers = np.arange(start, min(start + BATCH, count))
        first, other = numbers % len(passages), chance.integers(0, len(passages), len(numbers))
        noise = chance.standard_normal((len(numbers), vectors.shape[1])).astype(np.float32) / vectors.shape[1] ** 0.5
        mixed = vectors[first] + 0.5 * vectors[other] + NOISE * noise
        new = [
            _entry(int(number), passages[one], passages[two], audiences, chance)
            for number, one, two in zip(numbers, first, other, strict=True)
        ]
        unit = (mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).astype(np.float32)
        yield new, unit, [_mixed_tokens(packs[one], packs[two]) for one, two in zip(first, other, strict=True)]


def _mixed_tokens(one: NDArray[np.uint8], two: NDArray[np.uint8]) -> bytes:
    replaced = min(round(MIXED * len(one)), len(two))
    return one[replaced:].tobytes() + two[:replaced].tobytes()


def _entry(
    number: int, one: dict[str, str], two: dict[str, str], audiences: list[Audience], chance: np.random.Generator
) -> NewVersion:
    words, others = one["text"].split(" "), two["text"].split(" ")
    changed = chance.random(len(words)) < MIXED
    text = " ".join(
        others[at % len(others)] if swap else word for at, (word, swap) in enumerate(zip(words, changed, strict=True))
    )
    audience = _audience(number, audiences)
    source = f"https://example.com/{number}"
    if number % 10:
        return NewVersion(
            str(number), Shelf("document", audience), Content(one.get("title", ""), text or "empty", source)
        )
    question = text.partition(". ")[0][:200] or "empty"
    return NewVersion(str(number), Shelf("qa", audience), Content("", text or "empty", source, question))


def _audience(number: int, audiences: list[Audience]) -> Audience:
    """Half of all for everyone, the rest for the others in turn; a tenth of what each has are pairs."""
    everyone, *others = audiences
    ten = number // 10
    return others[ten // 2 % len(others)] if others and ten % 2 else everyone


if __name__ == "__main__":
    asyncio.run(build(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
