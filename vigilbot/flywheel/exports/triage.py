"""`vigilbot export triage`: what people made of alerts, as chat messages of the live prompt (TickIt, arXiv 2504.08475).

What weighs most decides: liked (1, as it was judged) · disliked (2, the category that was named, or `other`, with
reasoning written anew and sampled) · opened (3, as it was judged) · told and never opened (4, unused).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import orjson

from vigilbot.errors import ReasonerError
from vigilbot.flywheel.exports.chat import CHARACTERS
from vigilbot.flywheel.exports.material import unnamed
from vigilbot.flywheel.exports.nearness import Distinct
from vigilbot.flywheel.exports.writing import Kind, Row
from vigilbot.models import EVERYONE, OTHER, Dialogue, Severity
from vigilbot.reasoning.prompted import prompts
from vigilbot.reasoning.prompted.numbered_dialogue import numbered_dialogue
from vigilbot.storage import alerts
from vigilbot.tickets.severity import held, is_ruled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigilbot.flywheel.exports.chat import Chat
    from vigilbot.flywheel.exports.writing import Wanted
    from vigilbot.models import Alert, AlertAnswer
    from vigilbot.reasoning.base import TriageReasoner
    from vigilbot.storage.database import Database
    from vigilbot.tickets.categories import Categories

Said = Literal["liked", "disliked", "opened"]

KIND = Kind(
    "judged alerts",
    {
        "messages": "The live prompt (system, user) and the verdict (assistant)",
        "weight": "How sure it is that this is the verdict, 0 to 1; reasonings of one disliked alert share it",
        "said": "liked, disliked or opened",
    },
    {"liked": 1.0, "disliked": 1.0, "opened": 0.5},
)
SAMPLED = 3
"""Reasonings for one disliked alert."""

_BY_PRIORITY: tuple[Said, ...] = ("liked", "disliked", "opened")


@dataclass(frozen=True, slots=True)
class _Told:
    """One alert, what people made of it, and the dialogue as it stood when it was given."""

    alert: Alert
    said: Said
    category: str
    """The one it belongs to, in their view."""
    at: float
    dialogue: Dialogue


async def rows(
    db: Database, wanted: Wanted, categories: Categories, reasoner: TriageReasoner
) -> tuple[list[Row], Counter[str]]:
    """One row an alert, up to SAMPLED for one that was disliked; near-duplicates of what weighs more are left out."""
    found: list[Row] = []
    left_out: Counter[str] = Counter()
    told = await _told(db, wanted, left_out)
    distinct = Distinct()
    for one in sorted(told, key=lambda told: _BY_PRIORITY.index(told.said)):
        verdicts = await _verdicts(one, categories, reasoner)
        if not verdicts:
            left_out[f"{one.said}, without a usable reasoning"] += 1
        elif not distinct.keeps((message.text for message in one.dialogue.messages), one.category):
            left_out["near-duplicates"] += 1
        else:
            found += [_row(one, verdict, categories, share=len(verdicts)) for verdict in verdicts]
    return found, left_out


async def _told(db: Database, wanted: Wanted, left_out: Counter[str]) -> list[_Told]:
    found = []
    for alert in await alerts.every(db):
        answers = [answer for answer in await alerts.answers(db, alert.id) if answer.given_at >= wanted.since]
        if not answers:
            left_out["never opened"] += alert.created_at >= wanted.since
            continue
        said, category, at = _decided(alert, answers)
        found.append(_Told(alert, said, category, at, await _dialogue(db, alert)))
    return found


def _decided(alert: Alert, answers: Sequence[AlertAnswer]) -> tuple[Said, str, float]:
    """What was said, the category that follows, and when. Of several dislikes the latest names it."""
    latest = {answer.kind: answer for answer in answers}
    if liked := latest.get("like"):
        return "liked", alert.category, liked.given_at
    if disliked := latest.get("dislike"):
        return "disliked", disliked.category or OTHER, disliked.given_at
    return "opened", alert.category, latest["opened"].given_at


async def _dialogue(db: Database, alert: Alert) -> Dialogue:
    written = tuple(unnamed(message) for message in await alerts.judged_on(db, alert))
    return Dialogue(alert.session_id, "", written, written[-1:], "", frozenset({EVERYONE}))


async def _verdicts(told: _Told, categories: Categories, reasoner: TriageReasoner) -> list[Severity]:
    """Those with reasoning and evidence that stand in the dialogue as it reads now; none alike."""
    if categories.named(told.category) is None:
        return []
    if told.said == "disliked":
        verdicts = await _argued(told, categories, reasoner)
    elif is_ruled(told.alert.reason):
        return []
    else:
        verdicts = [Severity(told.category, told.alert.reason, told.alert.evidence)]
    usable = [held(verdict, told.dialogue, categories) for verdict in verdicts]
    return list({one.reason: one for one in usable if one.category == told.category and one.reason}.values())


async def _argued(told: _Told, categories: Categories, reasoner: TriageReasoner) -> list[Severity]:
    found = []
    for _ in range(SAMPLED):
        try:
            found.append(await reasoner.argue(told.dialogue, categories.menu, told.category))
        except ReasonerError:
            continue  # the other samples may still come; without any it is counted
    return found


def _row(told: _Told, verdict: Severity, categories: Categories, *, share: int) -> Row:
    chat = _asked(told.dialogue, categories) + _reply(verdict)
    fields = {"messages": chat, "weight": KIND.weights[told.said] / share, "said": told.said}
    return Row(told.alert.session_id, told.at, fields)


def _asked(dialogue: Dialogue, categories: Categories) -> Chat:
    """System and user message of the live prompt. Raises PromptError."""
    shown = numbered_dialogue(dialogue, CHARACTERS)
    system, user = prompts.load("triage").render({"categories": categories.menu, "messages": shown, "complaint": ""})
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def _reply(verdict: Severity) -> Chat:
    said = {"reasoning": verdict.reason, "category": verdict.category, "evidence": list(verdict.evidence)}
    return [{"role": "assistant", "content": orjson.dumps(said).decode()}]
