"""Messages and stand-in knowledge of the products in ../shared/data, to train "is this within scope?" on."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vigilbot.evaluation.cases import read_rows
from vigilbot.flywheel.extractive.own import HERE, own_documentation, own_questions
from vigilbot.flywheel.extractive.questions import read_qrels, stand_alone_questions
from vigilbot.reasoning.extractive.rewriting import stripped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSAGES = 300
"""How many passages stand for a product's knowledge base, at most."""
FEWEST_WORDS = 7
PER_SESSION = 6

ELSEWHERE = "elsewhere"
IBM = "ibm-cloud"

_PLACEHOLDER = re.compile(r"<(?:link|code)>")


@dataclass(frozen=True, slots=True)
class ProductMessage:
    text: str
    product: str
    origin: Literal["scope sets", "mtrag", "own", "further"]
    """`further` messages only teach topics; the others are judged."""


@dataclass(frozen=True, slots=True)
class Products:
    messages: tuple[ProductMessage, ...]
    passages: dict[str, list[str]]
    """Knowledge of each product that has any."""


def described(file: str) -> list[tuple[str, str]]:
    """The `name | text` lines of one of our own files."""
    lines = (HERE / file).read_text(encoding="utf-8").splitlines()
    return [(name, text) for name, _, text in (line.partition(" | ") for line in lines if not line.startswith("#"))]


def anchors() -> list[str]:
    """What people talk about elsewhere."""
    return [
        line for line in (HERE / "anchors.txt").read_text(encoding="utf-8").splitlines() if line[:1] not in {"#", ""}
    ]


def read_products(data: Path, seed: int) -> Products:
    """Opening messages with their product, further messages, and up to PASSAGES passages a product."""
    openings = list(_unseen(_openings(data), set()))
    seen = {message.text for message in openings}
    chance = random.Random(seed)  # noqa: S311 - sampling, not secrecy
    passages = {
        product: chance.sample(texts, min(len(texts), PASSAGES)) for product, texts in sorted(_passages(data).items())
    }
    return Products((*openings, *_unseen(_further(data), seen)), passages)


def cleaned(text: str) -> str:
    """As the reasoner sees it, without the data's own placeholders."""
    return stripped(_PLACEHOLDER.sub(" ", text)) or "?"


def _unseen(messages: Iterator[ProductMessage], seen: set[str]) -> Iterator[ProductMessage]:
    for message in messages:
        if message.text not in seen:
            seen.add(message.text)
            yield message


def _openings(data: Path) -> Iterator[ProductMessage]:
    for row in read_rows(data / "identify" / "scope_aws.dev.jsonl"):
        if row["domain"] != IBM:
            yield ProductMessage(cleaned(row["dialogue"][-1]["text"]), row["domain"], "scope sets")
    for own in own_questions():
        yield ProductMessage(cleaned(own.text), "vigilbot" if own.about_us else ELSEWHERE, "own")
    folder = data / "retrieve" / "mtrag"
    about_ibm = {query for query, right in read_qrels(folder).items() if any(map(_is_ibm, right))}
    for id_, question in stand_alone_questions(folder).items():
        yield ProductMessage(question, IBM if id_ in about_ibm else ELSEWHERE, "mtrag")


def _further(data: Path) -> Iterator[ProductMessage]:
    for row in read_rows(data / "identify" / "irc_silver.dev.jsonl.gz"):
        if row["label"] == "within_scope":
            yield ProductMessage(cleaned(row["dialogue"][-1]["text"]), channel_of(row["id"].split("/")[1]), "further")
    for row in read_rows(data / "sessions" / "gitter.dev.jsonl.gz"):
        if row["project"] != "gitter":
            long = [
                text for said in row["dialogue"][1:] if len((text := cleaned(said["text"])).split()) >= FEWEST_WORDS
            ]
            for text in long[:PER_SESSION]:
                yield ProductMessage(text, row["project"], "further")


def _passages(data: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {
        "ubuntu": [row["text"] for row in read_rows(data / "retrieve" / "ubuntu_factoids" / "corpus.jsonl")],
        "aws": [
            f"{row['title']}\n{row['text']}" for row in read_rows(data / "retrieve" / "aws_pages" / "corpus.jsonl.gz")
        ],
        IBM: [row["text"] for row in read_rows(data / "retrieve" / "mtrag" / "corpus.jsonl.gz") if _is_ibm(row["id"])],
        "vigilbot": [f"{heading}\n{text}" for heading, text in own_documentation()],
    }
    for row in read_rows(data / "sessions" / "gitter.dev.jsonl.gz"):
        if row["project"] != "gitter":
            said = [cleaned(entry["text"]) for entry in row["dialogue"][1:]]
            found.setdefault(row["project"], []).extend(text for text in said if len(text.split()) > FEWEST_WORDS)
    return found


def _is_ibm(passage: str) -> bool:
    return passage.startswith("ibmcld_")


def channel_of(log: str) -> str:
    """The product a chat log is about: `stripe.1` → stripe; dated logs are Ubuntu's."""
    name = log.split(".", maxsplit=1)[0]
    return name if name in {"stripe", "rust", "mediawiki"} else "ubuntu"
