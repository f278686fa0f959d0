"""What is replayed: questions in the order in which customers ask them, with what is right for each, from labels."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

FACTOIDS = Path(__file__).parents[3] / "shared" / "data" / "retrieve" / "ubuntu_factoids"
INCIDENTS = Path(__file__).with_name("incidents.jsonl")
ENOUGH_WORDS = 0.8
"""Of a factoid's words, in the entry that is cited: learning drops greetings and names."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Case:
    """One customer's question. It counts when somebody has been given the answer before."""

    id: str
    asks: str
    answers: tuple[str, ...]
    """What the analyst writes when the bot has not helped."""
    counts: bool
    right: tuple[str, ...] = ()
    """All of these stand in a right answer …"""
    wrong: tuple[str, ...] = ()
    """… and none of these."""
    factoids: tuple[str, ...] = ()
    """A right answer cites an entry that holds one of these."""

    def is_right(self, card: str, cited: list[str]) -> bool:
        """Whether a card with this text, citing entries with these texts, answers the question."""
        if self.factoids:
            return any(_holds(entry, factoid) for entry in cited for factoid in self.factoids)
        return all(mark in card for mark in self.right) and not any(mark in card for mark in self.wrong)


def incidents() -> list[Case]:
    """Twin customers of a dozen incidents; in five of them the first answer turns out not to hold for everybody."""
    rows = [json.loads(line) for line in INCIDENTS.read_text("utf-8").splitlines()]
    return [
        Case(
            id=row["id"],
            asks=row["asks"],
            answers=tuple(row["answers"]),
            counts=row.get("counts", False),
            right=tuple(row["right"]),
            wrong=tuple(row.get("wrong", ())),
        )
        for row in rows
    ]


def ubuntu() -> list[Case]:
    """Questions of Ubuntu's IRC channel by date; the analyst gives the canned answer that helpers gave then."""
    texts = {row["id"]: row["text"] for row in _rows("corpus.jsonl")}
    judged = defaultdict(list)
    for line in (FACTOIDS / "qrels.tsv").read_text("utf-8").splitlines():
        query, factoid, _ = line.split("\t")
        judged[query].append(factoid)
    cases, given = [], set[str]()
    for row in sorted(_rows("queries.jsonl"), key=lambda row: row["id"]):
        right = judged[row["id"]]
        answer = next((factoid for factoid in right if factoid in given), right[-1])
        cases.append(
            Case(
                id=row["id"],
                asks=row["text"],
                answers=("hm, one second, let me look", texts[answer]),
                counts=answer in given,
                factoids=tuple(texts[factoid] for factoid in right),
            )
        )
        given.add(answer)
    return cases


def _rows(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (FACTOIDS / name).read_text("utf-8").splitlines()]


def _holds(entry: str, factoid: str) -> bool:
    words = set(_WORD.findall(factoid.lower()))
    return len(words & set(_WORD.findall(entry.lower()))) >= ENOUGH_WORDS * len(words)
