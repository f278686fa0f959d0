"""Turns with the label "asks for help or not", from the dialogues of ../shared/data and our own everyday lines."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vigilbot.evaluation.cases import read_rows
from vigilbot.models import Message
from vigilbot.reasoning.extractive.cues import NAMES, cues

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERYDAY = Path(__file__).with_name("everyday.txt")
CONTEXT = 6
BORROWED_CONTEXT = 0.6
"""Share of opening messages that are given another dialogue's history, or "has history" would mean "asks nothing"."""
MOST_STATEMENTS, MOST_FOLLOW_UPS = 2500, 1200


@dataclass(frozen=True, slots=True)
class LabelledTurn:
    text: str
    history: tuple[Message, ...]
    asks: bool
    weight: float
    group: str
    """The chat log it comes from: rows of one group stay in one fold."""
    origin: str


def messages_of(dialogue: list[dict[str, str]]) -> tuple[Message, ...]:
    """The messages of an evaluation row."""
    return tuple(
        Message(str(number), "row", said["author"], said["role"], said["text"], float(number))  # type: ignore[arg-type]  # our own data
        for number, said in enumerate(dialogue)
    )


def judged(path: Path, origin: str, weight: float) -> list[LabelledTurn]:
    """Rows of an identify file; the last message is the turn."""
    found = []
    for row in read_rows(path):
        said = messages_of(row["dialogue"])
        found.append(
            LabelledTurn(
                said[-1].text, said[:-1], row["label"] == "within_scope", weight, row["id"].split("/")[1], origin
            )
        )
    return found


def with_borrowed_context(turns: list[LabelledTurn], seed: int) -> list[LabelledTurn]:
    """Opening messages, most of them placed after another dialogue's history."""
    chance = random.Random(seed)  # noqa: S311 - sampling, not secrecy
    pool = [turn.history for turn in turns if turn.history]
    mixed = []
    for turn in turns:
        borrow = not turn.history and chance.random() < BORROWED_CONTEXT
        history = chance.choice(pool) if borrow else turn.history
        mixed.append(LabelledTurn(turn.text, history, turn.asks, turn.weight, turn.group, turn.origin))
    return mixed


def mid_dialogue(path: Path, weight: float, seed: int) -> list[LabelledTurn]:
    """What customers say after the first reply, weakly labelled by its plainest cues; unclear ones are left out."""
    found = list(_mid_dialogue(path, weight))
    random.Random(seed).shuffle(found)  # noqa: S311 - sampling, not secrecy
    statements = [turn for turn in found if not turn.asks][:MOST_STATEMENTS]
    return statements + [turn for turn in found if turn.asks][:MOST_FOLLOW_UPS]


def _mid_dialogue(path: Path, weight: float) -> Iterator[LabelledTurn]:
    for row in read_rows(path):
        said = messages_of(row["dialogue"])
        first_reply = next((index for index, message in enumerate(said) if message.role == "analyst"), len(said))
        for index in range(first_reply + 1, len(said)):
            if said[index].role != "customer" or index in row["question_messages"]:
                continue
            history = said[max(0, index - CONTEXT) : index]
            label = _weak_label(said[index].text, history)
            if label is not None:
                group = row["id"].split("/")[0]
                yield LabelledTurn(said[index].text, history, label, weight, group, "mid-dialogue")


def _weak_label(text: str, history: tuple[Message, ...]) -> bool | None:
    found = dict(zip(NAMES, cues(text, history).tolist(), strict=True))
    if (found["mark_at_end"] and not found["tag_question"]) or (
        found["wh_first"] and found["content_words"] > 0.4 and not found["acknowledges"]
    ):
        return True
    asking = found["mark"] or found["wh_first"] or found["verb_first"] or found["asks_within"]
    return None if asking or not (found["asked_before"] or not (found["fault"] or found["needs"])) else False


def everyday(weight: float) -> list[LabelledTurn]:
    """Our own lines, in a group each."""
    found: list[LabelledTurn] = []
    for line in EVERYDAY.read_text(encoding="utf-8").splitlines():
        if line.startswith(("+ ", "- ")):
            text, _, before = line[2:].partition(" | ")
            history = (Message("0", "row", "analyst", "analyst", before, 0.0),) if before else ()
            found.append(LabelledTurn(text, history, line[0] == "+", weight, f"everyday {len(found)}", "everyday"))
    return found
