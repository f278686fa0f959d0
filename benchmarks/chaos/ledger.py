"""What must be true in the end: event → message → turn → outcome → card or reason → exactly one post in Slack."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from benchmarks.chaos.people import Conversation

Json = dict[str, Any]
MARK = "vigil:"
ORDERED = "SELECT id, kind, session_id, error FROM outbox"
OWED = frozenset({"card", "notice"})
"""What has to be in Slack. Requests to a single analyst are said at most once, or not at all when too late."""


@dataclass
class Account:
    """What was found. `lost` and `doubled` name each case in one line."""

    questions: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    posts: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)


def unfinished(database: Path) -> dict[str, int]:
    """What the bot has still to do."""
    with closing(_open(database)) as db:
        return {
            "events": _count(db, "SELECT count(*) FROM inbox WHERE done_at IS NULL"),
            "turns": _count(db, "SELECT count(*) FROM turns WHERE outcome IS NULL"),
            "deliveries": _count(db, "SELECT count(*) FROM outbox WHERE done_at IS NULL"),
            "jobs": _count(db, "SELECT count(*) FROM jobs WHERE done_at IS NULL AND kind != 'checkpoint'"),
        }


def settled(database: Path, conversations: Sequence[Conversation], shown: Iterable[Json]) -> Account:
    """The account of vigilbot; `shown` is everything in Slack's channels."""
    account = Account()
    marks = Counter(mark for message in shown for mark in _marks(message))
    account.posts = marks.total()
    account.doubled += [f"post {mark} stands {count} times in Slack" for mark, count in marks.items() if count > 1]
    with closing(_open(database)) as db:
        for thread in conversations:
            _thread(db, thread, account)
        for row in db.execute(ORDERED):
            if marks.pop(MARK + row["id"], 0) == 0 and row["kind"] in OWED:
                account.lost.append(f"{row['kind']} {row['id']} of {row['session_id']} is not in Slack {row['error']}")
    account.doubled += [f"post {mark} is in Slack and unknown to the bot" for mark in marks]
    return account


def naive(conversations: Sequence[Conversation], shown: Iterable[Json]) -> Account:
    """The account of the peer, which answers whatever ends in a question mark: one reply a question is owed."""
    account = Account()
    replies = Counter(
        str(message.get("text", "")).removeprefix("Answer to ") for message in shown if _is_reply(message)
    )
    account.posts = replies.total()
    for thread in conversations:
        for question in (thread.root, *thread.questions):
            account.questions += 1
            if replies[question] == 0:
                account.lost.append(f"question {question}")
            elif replies[question] > 1:
                account.doubled.append(f"question {question}: {replies[question]} answers")
    return account


def _thread(db: sqlite3.Connection, thread: Conversation, account: Account) -> None:
    stored = db.execute("SELECT id, turn_id FROM messages WHERE session_id = ?", (thread.session_id,)).fetchall()
    turn_of = {row["id"]: row["turn_id"] for row in stored}
    account.lost += [f"message {ts} in {thread.session_id}" for ts in thread.said if ts not in turn_of]
    for ts in thread.questions:
        account.questions += 1
        turn = db.execute("SELECT id, outcome FROM turns WHERE id = ?", (turn_of.get(ts),)).fetchone()
        if turn is None or turn["outcome"] is None:
            account.lost.append(f"question {ts} in {thread.session_id} has no outcome")
            continue
        account.outcomes[turn["outcome"]] += 1
        cards = _count(db, "SELECT count(*) FROM cards WHERE turn_id = ?", turn["id"])
        if cards != (turn["outcome"] == "answered"):
            account.lost.append(f"question {ts} ended {turn['outcome']} with {cards} cards")
    reasons = _count(
        db, "SELECT count(*) FROM outbox WHERE kind = 'notice' AND session_id = ?", thread.session_id
    ) + _count(
        db,
        "SELECT count(*) FROM turns WHERE addressed AND outcome = 'answered' AND session_id = ?",
        thread.session_id,
    )
    owed = len({turn_of.get(ts) for ts in thread.addressed})
    if reasons < owed:
        account.lost.append(f"{owed - reasons} reasons in {thread.session_id}")
    if reasons > owed:
        account.doubled.append(f"{reasons - owed} reasons too many in {thread.session_id}")
    repeated = len(stored) - len(turn_of)
    if repeated:
        account.doubled.append(f"{repeated} messages in {thread.session_id}")


def _marks(message: Json) -> list[str]:
    found = [str(block.get("block_id", "")) for block in message.get("blocks") or []]
    return [mark for mark in found if mark.startswith(MARK)]


def _is_reply(message: Json) -> bool:
    return str(message.get("text", "")).startswith("Answer to ")


def _open(database: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
    db.row_factory = sqlite3.Row
    return db


def _count(db: sqlite3.Connection, sql: str, *parameters: object) -> int:
    return int(db.execute(sql, parameters).fetchone()[0])
