"""Searching the lexical index: BM25 over the shelves a session may see, and no others.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), equation 3.15, with word and
entry counts taken over the searched shelves together, so that scores from a large and a small shelf compare.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from queue import SimpleQueue
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from vigilbot.errors import KnowledgeError
from vigilbot.storage import words
from vigilbot.storage.database import MAPPED_BYTES
from vigilbot.storage.entries import Ref
from vigilbot.storage.postings import BLOCK_BITS, STEPS_PER_OCTAVE, TERM_BITS
from vigilbot.storage.rarity import comparable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from vigilbot.storage.entries import Shelf

READERS = 2
SEARCH_SECONDS = 10.0

LONGEST_TEXT = 4000
MOST_TERMS = 64
MOST_POSTINGS = 500_000
"""Read for one text, rarest terms first: 5 ms."""

FREQUENT = 0.5
"""Terms in more than this share of the entries say nothing and are left out, if there are others ..."""
FEW = 100
"""... and they are in more than this many."""

K1, B = 1.5, 0.75

Hit = tuple[int, Ref, float]
"""An entry's seq, its version, and its score, which `rarity.comparable` made comparable between questions."""


class Term(NamedTuple):
    """A word of the question that the searched shelves know."""

    text: str
    ids: tuple[int, ...]
    """One for each searched shelf that has it."""
    entries: int


class LexicalReader:
    """Connections of its own, in threads of its own: neither an ingest nor the pipeline's reads wait for a search."""

    def __init__(self, path: Path) -> None:
        """`path` is the database, which has been opened, hence migrated, before."""
        self._path = path
        self._lanes = ThreadPoolExecutor(READERS, "lexical")
        self._connections = SimpleQueue[sqlite3.Connection]()
        for _ in range(READERS):
            self._connections.put(self._connect())

    async def run(self, shelves: Sequence[Shelf], texts: Sequence[str], count: int) -> list[list[Hit]]:
        """See `search`."""
        try:
            async with asyncio.timeout(SEARCH_SECONDS):
                return await asyncio.get_running_loop().run_in_executor(
                    self._lanes, self._search, shelves, texts, count
                )
        except TimeoutError:
            raise KnowledgeError(f"the lexical index did not answer within {SEARCH_SECONDS:.0f} s") from None
        except sqlite3.Error as error:
            raise KnowledgeError(f"{self._path}: the lexical index cannot be searched ({error})") from error

    async def close(self) -> None:
        await asyncio.to_thread(self._lanes.shutdown, wait=True, cancel_futures=True)
        while not self._connections.empty():
            self._connections.get().close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA query_only = ON")
        connection.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")
        return connection

    def _search(self, shelves: Sequence[Shelf], texts: Sequence[str], count: int) -> list[list[Hit]]:
        connection = self._connections.get()
        try:
            connection.execute("BEGIN")  # every read sees the same moment
            try:
                searched = _Searched.read(connection, shelves)
                return [searched.best(text, count) for text in texts]
            finally:
                connection.execute("ROLLBACK")
        finally:
            self._connections.put(connection)


async def search(reader: LexicalReader, shelves: Sequence[Shelf], texts: Sequence[str], count: int) -> list[list[Hit]]:
    """For each text the best `count` active entries on exactly these shelves, best first.

    Texts are taken as words, whatever syntax they may look like. Raises KnowledgeError.
    """
    return await reader.run(shelves, texts, count)


class _Searched(NamedTuple):
    """Some shelves at one moment."""

    connection: sqlite3.Connection
    shelves: tuple[int, ...]
    entries: int
    length: int

    @classmethod
    def read(cls, connection: sqlite3.Connection, shelves: Sequence[Shelf]) -> Self:
        found = [
            row
            for shelf in dict.fromkeys(shelves)
            for row in connection.execute(
                "SELECT id, entries, length FROM lexical_shelves WHERE kind = ? AND audience = ? AND entries > 0", shelf
            )
        ]
        return cls(
            connection, tuple(row[0] for row in found), sum(row[1] for row in found), sum(row[2] for row in found)
        )

    def best(self, text: str, count: int) -> list[Hit]:
        known = self._known(text)
        if not known or count < 1:
            return []
        weights = _weights(round(STEPS_PER_OCTAVE * float(np.log2(self.length / self.entries))))
        scores, some = np.zeros(1 + self._last_seq()), None
        for term in _worth_reading(known, self.entries):
            rarity = np.float32(np.log1p((self.entries - term.entries + 0.5) / (term.entries + 0.5)))
            for seqs, codes in self._postings(term):
                scores[seqs] += rarity * weights[codes]  # a term has one posting of an entry: no place comes twice
                some = seqs if some is None and len(seqs) >= count else some
        highest = _highest(scores, count, some)
        refs = self._refs(highest)
        asked = min(len(words.terms(text[:LONGEST_TEXT])), MOST_TERMS)
        hits = [(seq, refs[seq], float(scores[seq]) / (K1 + 1)) for seq in highest]
        return comparable(hits, [term.entries for term in known], asked, self.entries)

    def _last_seq(self) -> int:
        [last] = self.connection.execute("SELECT max(seq) FROM entries").fetchone()
        return int(last)

    def _known(self, text: str) -> list[Term]:
        """The text's terms that occur on these shelves, rarest first."""
        asked = list(words.terms(text[:LONGEST_TEXT]))[:MOST_TERMS]
        ids, entries = defaultdict[str, list[int]](list), defaultdict[str, int](int)
        marks = ", ".join("?" * len(asked))
        for shelf in self.shelves:
            for id_, term, count in self.connection.execute(
                f"SELECT id, term, entries FROM lexical_terms WHERE shelf = ? AND term IN ({marks})",  # noqa: S608  # marks
                (shelf, *asked),
            ):
                ids[term].append(id_)
                entries[term] += count
        return sorted(
            (Term(term, tuple(ids[term]), entries[term]) for term in ids), key=lambda term: (term[2], term[0])
        )

    def _postings(self, term: Term) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint16]]]:
        """Seqs, and what `_weights` is asked with for each."""
        for id_ in term.ids:
            rows = self.connection.execute(
                "SELECT key, postings FROM lexical_postings WHERE key BETWEEN ? AND ?",
                (id_ << TERM_BITS, (id_ + 1 << TERM_BITS) - 1),
            ).fetchall()
            packed = np.frombuffer(b"".join(row[1] for row in rows), "<u2").reshape(-1, 2)
            starts = np.array([(row[0] & (1 << TERM_BITS) - 1) << BLOCK_BITS for row in rows], np.int64)
            yield np.repeat(starts, [len(row[1]) // 4 for row in rows]) + packed[:, 0], packed[:, 1]

    def _refs(self, seqs: Sequence[int]) -> Mapping[int, Ref]:
        marks = ", ".join("?" * len(seqs))
        rows = self.connection.execute(
            f"SELECT seq, id, version FROM entries WHERE seq IN ({marks})",  # noqa: S608  # marks
            seqs,
        )
        return {seq: Ref(id_, version) for seq, id_, version in rows}


def _worth_reading(known: Sequence[Term], entries: int) -> Iterator[Term]:
    """Rarest first: not the words that nearly every entry holds, and not more than can be read quickly."""
    read = 0
    for number, term in enumerate(known):
        read += term.entries
        if number and (read > MOST_POSTINGS or term.entries > max(FREQUENT * entries, FEW)):
            return
        yield term


@lru_cache(maxsize=16)
def _weights(mean: int) -> NDArray[np.float32]:
    """What a term adds, before its rarity, by posting code; `mean` is the mean length, coded like a length."""
    count, length = np.arange(256)[None, :], np.arange(256)[:, None]
    relative = 2.0 ** ((length - mean) / STEPS_PER_OCTAVE)
    weights = count * (K1 + 1) / (count + K1 * (1 - B + B * relative))
    return weights.astype(np.float32).ravel()


def _highest(scores: NDArray[np.float64], count: int, some: NDArray[np.int64] | None = None) -> list[int]:
    """Places of the highest scores above zero, highest first, earlier places before later ones.

    `some` are at least `count` different places: what the best of them reach is a floor that few others do.
    """
    floor = 0.0 if some is None else np.partition(scores[some], -count)[-count]
    found = np.flatnonzero(scores >= floor if floor else scores > 0)
    if len(found) > count:
        least = np.partition(scores[found], -count)[-count]
        found = found[scores[found] >= least]
    return [int(place) for place in found[np.argsort(-scores[found], kind="stable")][:count]]
