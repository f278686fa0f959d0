"""What is to be forgotten, and which versions of which entries come from there."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from vigilbot.storage.database import Database

TargetKind = Literal["session", "url", "person", "entry"]


@dataclass(frozen=True, slots=True)
class Target:
    """One session by id, one page or document by its address, one person by the name or id of an author, one entry."""

    kind: TargetKind
    name: str


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of an entry when some of its versions are forgotten."""

    seq: int
    id: str
    title: str
    forgotten: frozenset[int]
    back_to: int | None
    """The latest version that stays; None when none does, and the entry is removed."""
    is_current: bool
    """Whether the current version is among the forgotten ones."""


VERSIONS = {
    "session": """SELECT vo.entry_seq, vo.version FROM origins o JOIN version_origins vo ON vo.origin_id = o.id
                  WHERE o.session_id = ?1""",
    "url": """SELECT vo.entry_seq, vo.version FROM origins o JOIN version_origins vo ON vo.origin_id = o.id
              WHERE o.url = ?1
              UNION SELECT v.entry_seq, v.version FROM documents d JOIN entries e ON e.document_id = d.id
                JOIN entry_versions v ON v.entry_seq = e.seq WHERE d.location = ?1
              UNION SELECT entry_seq, version FROM entry_versions WHERE source = ?1""",
    # Taught by the person, or learnt where the person has asked: the messages it rests on, or the turn's.
    "person": """SELECT vo.entry_seq, vo.version FROM origin_people p JOIN version_origins vo USING (origin_id)
                 WHERE p.person = ?1
                 UNION SELECT vo.entry_seq, vo.version FROM messages m
                   JOIN origins o ON o.session_id = m.session_id
                   JOIN version_origins vo ON vo.origin_id = o.id
                   WHERE m.author = ?1 AND (o.turn_id = m.turn_id OR EXISTS
                     (SELECT 1 FROM origin_messages om WHERE om.origin_id = o.id AND om.message_id = m.id))""",
    "entry": """SELECT v.entry_seq, v.version FROM entries e JOIN entry_versions v ON v.entry_seq = e.seq
                WHERE e.id = ?1""",
}


async def fates(db: Database, target: Target) -> list[Fate]:
    """What becomes of every entry that has a version from there."""
    forgotten = defaultdict[int, set[int]](set)
    for row in await db.rows(VERSIONS[target.kind], (target.name,)):
        forgotten[row["entry_seq"]].add(row["version"])
    rows = await db.rows(
        """SELECT e.seq, e.id, e.version AS current, v.version, v.title, v.question
           FROM entries e JOIN entry_versions v ON v.entry_seq = e.seq
           WHERE e.seq IN (SELECT value FROM json_each(?)) ORDER BY e.seq, v.version""",
        (json.dumps(sorted(forgotten)),),
    )
    return [_fate(list(versions), forgotten[seq]) for seq, versions in groupby(rows, lambda row: int(row["seq"]))]


def _fate(versions: list[sqlite3.Row], forgotten: Iterable[int]) -> Fate:
    last = versions[-1]
    gone = frozenset(forgotten)
    return Fate(
        seq=last["seq"],
        id=last["id"],
        title=last["question"] or last["title"],
        forgotten=gone,
        back_to=max((row["version"] for row in versions if row["version"] not in gone), default=None),
        is_current=last["current"] in gone,
    )
