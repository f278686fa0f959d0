"""Sessions in short hand for learning, `name: text` a line: `A…` are analysts, `bot` the bot, others customers."""

from __future__ import annotations

from vigilbot.models import EVERYONE, Answer, AnswerPart, Dialogue, Message, Question, Reference, Role, Turn

SCOPE = "Acme cloud: object storage, hosts, networking and its SDKs"


def session(*lines: str, asked: int = 1, scope: str = SCOPE) -> Dialogue:
    """The first `asked` messages are the turn."""
    messages = tuple(_message(number, line) for number, line in enumerate(lines))
    return Dialogue("s", "t", messages, messages[:asked], scope, frozenset({EVERYONE}))


def answered(dialogue: Dialogue, question: str, answer: str) -> Turn:
    """The dialogue's turn, as the bot has answered it from one of two references."""
    references = tuple(
        Reference(id_, 1, "qa", "", text, "", 1.0) for id_, text in (("other", "Something else."), ("cited", answer))
    )
    ids = tuple(message.id for message in dialogue.turn_messages)
    said = Answer((AnswerPart(question, f"{answer} <doc_2>"),), "extractive")
    return Turn("t", "s", ids, 0.0, question=Question(question), references=references, answer=said, outcome="answered")


def _message(number: int, line: str) -> Message:
    author, _, text = line.partition(": ")
    role: Role = "bot" if author == "bot" else "analyst" if author.startswith("A") else "customer"
    return Message(str(number), "s", author, role, text, float(number))
