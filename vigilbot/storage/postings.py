"""Keeping the lexical index: in the same transaction as the entries, so that nothing can come between the two.

A posting is four bytes: the entry's place in its block of 4,096, how often the term occurs, and how long the text is.
Both numbers take one byte; length in steps of a tenth of an octave.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections import Counter, defaultdict
from struct import Struct
from typing import TYPE_CHECKING

from vigilbot.storage import words

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    import aiosqlite

BLOCK_BITS = 12
BLOCK = 1 << BLOCK_BITS
TERM_BITS = 20
"""Of a key, for the number of the block."""

POSTING = Struct("<HBB")
STEPS_PER_OCTAVE = 10
ALL = 1 << 62
FILL_ROWS = 1000


def length_code(length: int) -> int:
    return min(255, round(STEPS_PER_OCTAVE * math.log2(max(length, 1))))


async def add(tx: aiosqlite.Connection, seqs: Sequence[int]) -> None:
    """Put in those of the entries that are active now. None of them may be in already."""
    await _change(tx, await _active(tx, seqs), 1)


async def remove(tx: aiosqlite.Connection, seqs: Sequence[int]) -> None:
    """Take out those that are active still: to be called before they change. Nothing of their words stays behind."""
    await _change(tx, await _active(tx, seqs), -1)


async def fill(tx: aiosqlite.Connection) -> bool:
    """A step towards a complete index, made by the present rules. False when there is nothing more to do."""
    [(rules, filled)] = await tx.execute_fetchall("SELECT words, filled FROM lexical_state")
    if rules != words.RULES:
        for table in ("lexical_postings", "lexical_terms", "lexical_shelves"):
            await tx.execute(f"DELETE FROM {table}")  # noqa: S608  # our own three names
        await tx.execute("UPDATE lexical_state SET words = ?, filled = 0", (words.RULES,))
        filled = 0
    if filled == ALL:
        return False
    found = await tx.execute_fetchall("SELECT seq FROM entries WHERE seq > ? ORDER BY seq LIMIT ?", (filled, FILL_ROWS))
    seqs = [row["seq"] for row in found]
    await tx.execute("UPDATE lexical_state SET filled = ?", (seqs[-1] if seqs else ALL,))
    await add(tx, seqs)
    return bool(seqs)


async def _active(tx: aiosqlite.Connection, seqs: Sequence[int]) -> list[sqlite3.Row]:
    return list(
        await tx.execute_fetchall(
            """SELECT seq, kind, audience, title, text, question FROM current_entries
               WHERE seq IN (SELECT value FROM json_each(?)) AND status = 'active'
                 AND seq <= (SELECT filled FROM lexical_state)""",
            (json.dumps(list(seqs)),),
        )
    )


async def _change(tx: aiosqlite.Connection, rows: Sequence[sqlite3.Row], sign: int) -> None:
    shelves = defaultdict[tuple[str, str], list["sqlite3.Row"]](list)
    for row in rows:
        shelves[row["kind"], row["audience"]].append(row)
    for (kind, audience), on_shelf in shelves.items():
        counted = await asyncio.to_thread(_counted, on_shelf)
        [(shelf,)] = await tx.execute_fetchall(
            """INSERT INTO lexical_shelves (kind, audience, entries, length) VALUES (?, ?, ?, ?)
               ON CONFLICT (kind, audience) DO UPDATE
                 SET entries = entries + excluded.entries, length = length + excluded.length RETURNING id""",
            (kind, audience, sign * len(counted), sign * sum(found.total() for found in counted.values())),
        )
        entries = Counter(term for found in counted.values() for term in found)
        ids = await _count_terms(tx, shelf, entries, sign)
        if sign > 0:
            await _append(tx, await asyncio.to_thread(_packed, counted, ids))
        else:
            await _cut_out(tx, await asyncio.to_thread(_places, counted, ids))
            await tx.execute(
                "DELETE FROM lexical_terms WHERE entries = 0 AND id IN (SELECT value FROM json_each(?))",
                (json.dumps(list(ids.values())),),
            )


def _counted(rows: Iterable[sqlite3.Row]) -> dict[int, Counter[str]]:
    """The terms of each entry by its seq; a pair's question counts as its title."""
    return {row["seq"]: words.terms_of(f"{row['title']}\n{row['question']}", row["text"]) for row in rows}


async def _count_terms(tx: aiosqlite.Connection, shelf: int, entries: Counter[str], sign: int) -> dict[str, int]:
    """Their ids, after adding to (or taking from) how many entries contain each."""
    await tx.executemany(
        """INSERT INTO lexical_terms (shelf, term, entries) VALUES (?, ?, ?)
           ON CONFLICT (shelf, term) DO UPDATE SET entries = entries + excluded.entries""",
        [(shelf, term, sign * count) for term, count in sorted(entries.items())],
    )
    found = await tx.execute_fetchall(
        "SELECT term, id FROM lexical_terms WHERE shelf = ? AND term IN (SELECT value FROM json_each(?))",
        (shelf, json.dumps(list(entries))),
    )
    return {row["term"]: row["id"] for row in found}


def _key(term: int, seq: int) -> int:
    return term << TERM_BITS | seq >> BLOCK_BITS


def _packed(counted: Mapping[int, Counter[str]], ids: Mapping[str, int]) -> list[tuple[int, bytes]]:
    """The postings to append, by key."""
    packed = defaultdict[int, bytearray](bytearray)
    for seq, found in counted.items():
        place, length = seq & BLOCK - 1, length_code(found.total())
        for term, count in found.items():
            packed[_key(ids[term], seq)] += POSTING.pack(place, min(count, 255), length)
    return [(key, bytes(postings)) for key, postings in sorted(packed.items())]


def _places(counted: Mapping[int, Counter[str]], ids: Mapping[str, int]) -> dict[int, set[int]]:
    """Whose postings to cut out, by key."""
    places = defaultdict[int, set[int]](set)
    for seq, found in counted.items():
        for term in found:
            places[_key(ids[term], seq)].add(seq & BLOCK - 1)
    return places


async def _append(tx: aiosqlite.Connection, packed: Sequence[tuple[int, bytes]]) -> None:
    await tx.executemany(
        """INSERT INTO lexical_postings (key, postings) VALUES (?, ?)
           ON CONFLICT (key) DO UPDATE SET postings = CAST(postings || excluded.postings AS BLOB)""",
        packed,
    )


async def _cut_out(tx: aiosqlite.Connection, places: Mapping[int, set[int]]) -> None:
    stored = await tx.execute_fetchall(
        "SELECT key, postings FROM lexical_postings WHERE key IN (SELECT value FROM json_each(?))",
        (json.dumps(list(places)),),
    )
    kept = {row["key"]: _without(row["postings"], places[row["key"]]) for row in stored}
    await tx.executemany(
        "UPDATE lexical_postings SET postings = ? WHERE key = ?", [(left, key) for key, left in kept.items() if left]
    )
    await tx.executemany(
        "DELETE FROM lexical_postings WHERE key = ?", [(key,) for key, left in kept.items() if not left]
    )


def _without(postings: bytes, places: set[int]) -> bytes:
    return b"".join(POSTING.pack(*posting) for posting in POSTING.iter_unpack(postings) if posting[0] not in places)
