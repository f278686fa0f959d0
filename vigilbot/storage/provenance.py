"""Where the versions of entries come from. A version keeps the origins of the version it is built on."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import astuple
from typing import TYPE_CHECKING, NamedTuple

from vigilbot.models import Origin

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    import aiosqlite

    from vigilbot.storage.database import Database


class Descent(NamedTuple):
    """A version just written, and the version of the same entry that it is built on (0: none)."""

    seq: int
    version: int
    built_on: int


async def record(tx: aiosqlite.Connection, versions: Iterable[Descent], brought: Sequence[Origin]) -> None:
    """Give each version the origins of what it is built on, and those that this change brought."""
    descents = list(versions)
    await tx.executemany(
        """INSERT INTO version_origins (origin_id, entry_seq, version, brought)
           SELECT origin_id, entry_seq, ?, 0 FROM version_origins WHERE entry_seq = ? AND version = ?""",
        [(item.version, item.seq, item.built_on) for item in descents if item.built_on],
    )
    for origin in brought:
        origin_id = await _keep(tx, origin)
        await tx.executemany(
            """INSERT INTO version_origins (origin_id, entry_seq, version, brought) VALUES (?, ?, ?, 1)
               ON CONFLICT (origin_id, entry_seq, version) DO UPDATE SET brought = 1""",
            [(origin_id, item.seq, item.version) for item in descents],
        )


async def _keep(tx: aiosqlite.Connection, origin: Origin) -> int:
    """The id of this origin, stored now or before."""
    digest = hashlib.blake2b(json.dumps(astuple(origin)).encode(), digest_size=16).hexdigest()
    for row in await tx.execute_fetchall("SELECT id FROM origins WHERE digest = ?", (digest,)):
        return int(row["id"])
    [row] = await tx.execute_fetchall(
        "INSERT INTO origins (digest, session_id, turn_id, url, verdict) VALUES (?, ?, ?, ?, ?) RETURNING id",
        (digest, origin.session_id, origin.turn_id, origin.url, origin.verdict),
    )
    origin_id = int(row["id"])
    await tx.executemany(
        "INSERT INTO origin_people (person, origin_id, position) VALUES (?, ?, ?)",
        [(person, origin_id, position) for position, person in enumerate(dict.fromkeys(origin.people))],
    )
    await tx.executemany(
        "INSERT INTO origin_messages (origin_id, position, message_id) VALUES (?, ?, ?)",
        [(origin_id, position, message_id) for position, message_id in enumerate(origin.message_ids)],
    )
    return origin_id


class Sourced(NamedTuple):
    """An origin of one version; `brought` when the change to this very version rests on it."""

    version: int
    origin: Origin
    brought: bool


async def of_entry(db: Database, entry_id: str) -> list[Sourced]:
    """The origins of every version of an entry, oldest origin first."""
    rows = await db.rows(
        """SELECT o.id, vo.version, vo.brought, o.session_id, o.turn_id, o.url, o.verdict
           FROM entries e JOIN version_origins vo ON vo.entry_seq = e.seq JOIN origins o ON o.id = vo.origin_id
           WHERE e.id = ? ORDER BY vo.version, o.id""",
        (entry_id,),
    )
    people, messages = await _details(db, {row["id"] for row in rows})
    return [
        Sourced(row["version"], _origin_of(row, messages[row["id"]], people[row["id"]]), bool(row["brought"]))
        for row in rows
    ]


async def of_current(db: Database, entry_ids: Sequence[str]) -> tuple[Origin, ...]:
    """What the current versions of these entries rest on, the places of ingested documents included.

    For knowledge that is made of other knowledge: forgetting a source then reaches it as well.
    """
    wanted = (json.dumps(list(entry_ids)),)
    places = await db.rows(
        """SELECT DISTINCT d.location FROM entries e JOIN documents d ON d.id = e.document_id
           WHERE e.id IN (SELECT value FROM json_each(?)) ORDER BY d.location""",
        wanted,
    )
    rows = await db.rows(
        """SELECT DISTINCT o.id, o.session_id, o.turn_id, o.url, o.verdict
           FROM entries e JOIN version_origins vo ON vo.entry_seq = e.seq AND vo.version = e.version
             JOIN origins o ON o.id = vo.origin_id
           WHERE e.id IN (SELECT value FROM json_each(?)) ORDER BY o.id""",
        wanted,
    )
    people, messages = await _details(db, {row["id"] for row in rows})
    return (
        *(Origin(url=row["location"]) for row in places),
        *(_origin_of(row, messages[row["id"]], people[row["id"]]) for row in rows),
    )


async def _details(db: Database, ids: set[int]) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """The people and the messages of origins, by the origin's id."""
    people, messages = defaultdict[int, list[str]](list), defaultdict[int, list[str]](list)
    if not ids:
        return people, messages
    wanted = (json.dumps(sorted(ids)),)
    for row in await db.rows(
        """SELECT origin_id, person FROM origin_people
           WHERE origin_id IN (SELECT value FROM json_each(?)) ORDER BY origin_id, position""",
        wanted,
    ):
        people[row["origin_id"]].append(row["person"])
    for row in await db.rows(
        """SELECT origin_id, message_id FROM origin_messages
           WHERE origin_id IN (SELECT value FROM json_each(?)) ORDER BY origin_id, position""",
        wanted,
    ):
        messages[row["origin_id"]].append(row["message_id"])
    return people, messages


def _origin_of(row: sqlite3.Row, message_ids: Sequence[str], people: Sequence[str]) -> Origin:
    return Origin(row["session_id"], row["turn_id"], tuple(message_ids), tuple(people), row["url"], row["verdict"])
