"""Which of the analysts' messages after a question answer it: what each shows by its place, its words and its echo.

Reply links from hand-made features, after Kummerfeld et al. (ACL 2019), with a logistic head on top; nothing here is
particular to a platform, so that it serves a thread of two as well as a crowded channel.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.reasoning.extractive import reactions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigilbot.reasoning.extractive.lines import Line

SOON = 3
"""So many of the asker's next messages are a reaction to what was said."""
REACTIONS = ("thanked", "worked", "failed", "will_try", "ended_failed", "ended_worked")
Numbers = dict[str, float]


class Replies:
    """The analysts' messages after a question, as numbers. `lines` is the dialogue from the question on, in order."""

    def __init__(self, lines: Sequence[Line], asked: frozenset[str]) -> None:
        positions = [index for index, line in enumerate(lines) if line.message.id in asked]
        self._lines = lines
        self._last = positions[-1]
        self._askers = {lines[index].author for index in positions}
        self.positions = [
            index
            for index in range(positions[0] + 1, len(lines))
            if lines[index].message.role == "analyst" and lines[index].text.strip()
        ]
        """Where the replies stand in `lines`."""

    def words(self) -> NDArray[np.float32]:
        """(replies, features): what each shows by itself and in one breath with its neighbours."""
        return _table([self._words(index) | self._run(index) for index in self.positions])

    def reactions(self) -> NDArray[np.float32]:
        """(replies, features): whether the asker was helped by it, soon and in the end."""
        shown = [self._echo(index) | self._ending(index) for index in self.positions]
        return _table([{name: row[name] for name in REACTIONS} for row in shown])

    def context(self, question: NDArray[np.float32], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """(replies, features): place, partners, echo and nearness. `vectors` has a row for each of the lines."""
        near = vectors @ question
        return _table(
            [
                self._place(number, index)
                | self._partners(index)
                | self._echo(index)
                | self._ending(index)
                | self._nearness(index, near, vectors)
                for number, index in enumerate(self.positions)
            ]
        )

    def failed(self, index: int) -> bool:
        """Whether the first the asker said of success, after this line, was that there is none."""
        said = (line for line in self._lines[index + 1 :] if line.author in self._askers)
        return next((line.failed for line in said if line.failed or line.worked), False)

    def _place(self, number: int, index: int) -> Numbers:
        between = self._lines[self._last + 1 : index]
        own = [line for line in between if line.author in self._askers]
        customers = sum(line.message.role == "customer" for line in between)
        earlier = [self._lines[at] for at in self.positions[:number]]
        return {
            "log_rank": math.log1p(number),
            "first": number == 0,
            "second": number == 1,
            "third": number == 2,
            "only": len(self.positions) == 1,
            "last": number == len(self.positions) - 1,
            "log_gap": math.log1p(len(between)),
            "log_replies": math.log1p(len(self.positions)),
            "no_customer_between": not customers,
            "log_customer_lines": math.log1p(customers),
            "log_own_questions": math.log1p(sum(line.asks for line in own)),
            "log_own_statements": math.log1p(sum(not line.asks and not line.little for line in own)),
            "thanked_before": any(line.cues["thanks"] for line in own),
            "solved_before": any(line.cues["solved"] for line in own),
            "authors_so_far": math.log1p(len({line.author for line in earlier})),
            **self._author(index, earlier, quiet=not customers),
        }

    def _author(self, index: int, earlier: Sequence[Line], *, quiet: bool) -> Numbers:
        author, before = self._lines[index].author, self._lines[index - 1]
        goes_on = before.author == author
        return {
            "author_first_seen": all(line.author != author for line in earlier),
            "author_of_first": bool(earlier) and earlier[0].author == author,
            "goes_on": goes_on,
            "goes_on_after_reply": goes_on and before.message.role == "analyst" and quiet,
            "after_asker": before.author in self._askers,
            "after_other_analyst": before.message.role == "analyst" and not goes_on,
            "author_asked_back": any(line.author == author and line.asks for line in earlier),
        }

    def _partners(self, index: int) -> Numbers:
        line, before = self._lines[index], self._lines[index - 1]
        to_asker, named = bool(line.to & self._askers), bool(line.to)
        held = "" if named else self._held_by(index)
        asker_before = before.author in self._askers
        return {
            "to_asker": to_asker,
            "to_another": named and not to_asker and "?" not in line.to,
            "to_unknown": "?" in line.to and not to_asker,
            "to_nobody": not named,
            "carries_asker": held == "asker",
            "carries_another": held == "another",
            "previous_to_another": bool(before.to) and not before.to & {line.author, *self._askers},
            "asker_spoke_to_author": asker_before and line.author in before.to,
            "asker_spoke_to_another": asker_before and bool(before.to) and line.author not in before.to,
            "asker_asked_last": asker_before and before.asks and index - 1 > self._last,
            "asker_thanked_last": asker_before and before.cues["thanks"],
        }

    def _held_by(self, index: int) -> str:
        """Whom the author last spoke to by name: `asker`, `another` or nobody."""
        for line in reversed(self._lines[self._last + 1 : index]):
            if line.author == self._lines[index].author and line.to:
                return "asker" if line.to & self._askers else "another"
        return ""

    def _words(self, index: int) -> Numbers:
        line, text = self._lines[index], self._lines[index].text
        count = reactions.words_in(text)
        return {
            "log_words": math.log1p(count),
            "one_or_two_words": count <= 2,
            "asks": line.asks,
            "asks_back": reactions.asks_back(text),
            "suggests": bool(reactions.SUGGESTS.search(text)),
            "link": reactions.has_link(text),
            "code": reactions.has_code(text),
            "advice": bool(reactions.ADVICE.search(text)),
            "holding": bool(reactions.HOLDING.search(text)),
            "hedge": line.hedges,
            "unknowing": line.unknowing,
            "corrects": bool(reactions.CORRECTION.search(text)),
            "elsewhere": bool(reactions.ELSEWHERE.search(text)),
            "little": line.little,
            "thanks": line.cues["thanks"],
            "acknowledges": line.cues["acknowledges"],
            "emphatic": line.cues["emphatic"],
            "own_affairs": line.cues["i_past"],
            "fault": line.cues["fault"],
        }

    def _run(self, index: int) -> Numbers:
        """What the author says in one breath with it: a guess stays a guess when it takes three messages."""
        author, first, last = self._lines[index].author, index, index
        while first - 1 > self._last and self._lines[first - 1].author == author:
            first -= 1
        while last + 1 < len(self._lines) and self._lines[last + 1].author == author:
            last += 1
        run = self._lines[first : last + 1]
        return {
            "run_hedges": any(line.hedges for line in run),
            "run_unknowing": any(line.unknowing for line in run),
            "log_run": math.log1p(len(run)),
        }

    def _echo(self, index: int) -> Numbers:
        """What the asker says next, within SOON of their lines and twice as many of all."""
        author = self._lines[index].author
        soon = self._lines[index + 1 : index + 1 + 2 * SOON]
        own = [line for line in soon if line.author in self._askers][:SOON]
        following = self._lines[index + 1] if index + 1 < len(self._lines) else None
        return {
            "thanked": any(line.cues["thanks"] for line in own),
            "worked": any(line.worked for line in own),
            "failed": any(line.failed for line in own),
            "will_try": any(line.cues["will_try"] for line in own),
            "asked_on": any(line.asks for line in own),
            "spoken_back_to": any(author in line.to for line in own),
            "next_is_asker": following is not None and following.author in self._askers,
            "next_is_author": following is not None and following.author == author,
            "next_is_end": following is None,
            "asker_gone": not own,
            "log_others_next": math.log1p(sum(line.author not in {author, *self._askers} for line in soon)),
        }

    def _ending(self, index: int) -> Numbers:
        """How it ended for the asker, as far as they said so after this line."""
        said = [
            line for line in self._lines[index + 1 :] if line.author in self._askers and (line.failed or line.worked)
        ]
        return {"ended_failed": bool(said) and said[-1].failed, "ended_worked": bool(said) and said[-1].worked}

    def _nearness(self, index: int, near: NDArray[np.float32], vectors: NDArray[np.float32]) -> Numbers:
        customers = (at for at in range(index - 1, -1, -1) if self._lines[at].message.role == "customer")
        return {
            "near_question": float(near[index]),
            "near_customers_last": float(vectors[index] @ vectors[next(customers, self._last)]),
            "nearest_of_all": bool(near[index] >= max(near[at] for at in self.positions)),
        }


def _table(rows: Sequence[Numbers]) -> NDArray[np.float32]:
    return np.array([list(row.values()) for row in rows], dtype=np.float32)
