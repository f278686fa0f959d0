"""What the prompts of a turn ask for, as records; those of learning are in `learning_outputs.py`.

Each prompt's front matter says the same to the model; a test compares them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from vigilbot.errors import OutputUnreadable
from vigilbot.models import Answer, AnswerPart, Identification, Question, Scope
from vigilbot.reasoning.prompted.one_call import Understood
from vigilbot.reasoning.prompted.output import Output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.models import Dialogue

_MOST_PARTS = 6
_REASON_CHARS = 300

QuestionText = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]


def as_on_the_menu(label: object) -> object:
    """`Within Scope` is `within_scope`: another spelling, not another label."""
    return re.sub(r"[\s-]+", "_", label.strip().lower()) if isinstance(label, str) else label


def one_line(reasoning: str) -> str:
    """A model's reasoning as a reason that people read."""
    return " ".join(reasoning.split())[:_REASON_CHARS]


ScopeLabel = Annotated[Scope, BeforeValidator(as_on_the_menu)]


class IdentifyOutput(Output):
    reasoning: str
    scope: ScopeLabel

    def identification(self) -> Identification:
        return Identification(self.scope, one_line(self.reasoning))


class RewriteOutput(Output):
    reasoning: str
    question: QuestionText
    sub_questions: list[QuestionText]

    def rewritten(self) -> Question:
        return _asked(self.question, self.sub_questions)


class UnderstandOutput(Output):
    reasoning: str
    scope: ScopeLabel
    question: Annotated[str, StringConstraints(max_length=2_000)]
    sub_questions: list[QuestionText]

    def understood(self, dialogue: Dialogue) -> Understood:
        """Raises OutputUnreadable when a turn within scope was not rewritten."""
        identification = Identification(self.scope, one_line(self.reasoning))
        if self.scope != "within_scope":
            return Understood(identification, Question(dialogue.turn_text))
        if not self.question:
            raise OutputUnreadable("the reply does not fit: question: must not be empty within scope")
        return Understood(identification, _asked(self.question, self.sub_questions))


def _asked(question: str, sub_questions: Sequence[str]) -> Question:
    """One sub-question is none."""
    parts = tuple(dict.fromkeys(sub_questions))[:_MOST_PARTS]
    return Question(question, parts if len(parts) > 1 else ())


class AnswerItem(Output):
    question: int
    refused: bool
    text: str


class AnswerOutput(Output):
    reasoning: str
    answers: list[AnswerItem] = Field(max_length=4 * _MOST_PARTS)

    def answer(self, question: Question, reasoner: str) -> Answer:
        """One part for each question, in order; one the model left out counts as refused.

        Raises OutputUnreadable when no answer belongs to any question.
        """
        given: dict[int, AnswerItem] = {}
        for item in self.answers:
            given.setdefault(item.question, item)
        numbered = list(enumerate(question.parts, start=1))
        if not any(number in given for number, _ in numbered):
            raise OutputUnreadable(f"the reply does not fit: answers: number the questions from 1 to {len(numbered)}")
        return Answer(tuple(_part(text, given.get(number)) for number, text in numbered), reasoner)


def _part(question: str, item: AnswerItem | None) -> AnswerPart:
    text = with_plain_citations(item.text) if item else ""
    return AnswerPart(question, text, refused=False) if item and text and not item.refused else refused_part(question)


def refused_part(question: str) -> AnswerPart:
    return AnswerPart(question, "", refused=True)


_ONE = r"(?:doc|tool)[_ ]?\d{1,9}"
_GROUP = re.compile(rf"[\[(<【]\s*({_ONE}(?:\s*[,;]\s*{_ONE})*)\s*/?[\])>】]", re.IGNORECASE)
_CLOSING = re.compile(r"</\s*(?:doc|tool)_\d+\s*>", re.IGNORECASE)


def with_plain_citations(text: str) -> str:
    """Models vary `<doc_1>` into `[doc_1]`, `<doc_1, doc_2>` or `<doc_1></doc_1>`: all become `<doc_1>`, `<doc_2>`."""

    def plain(group: re.Match[str]) -> str:
        cited = re.findall(r"(doc|tool)[_ ]?(\d{1,9})", group[1], re.IGNORECASE)
        return "".join(f"<{kind.lower()}_{int(number)}>" for kind, number in cited)

    return _GROUP.sub(plain, _CLOSING.sub("", text)).strip()


def with_named_citations(text: str) -> str:
    """`<doc_1>` as `[doc_1]`: what was once posted goes into a prompt as material, where tags are neutralised."""
    return re.sub(r"<((?:doc|tool)_\d+)>", r"[\1]", text)
