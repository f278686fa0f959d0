"""Where analysts are served: implements `chat.analysts.AnalystDesk`, and hears what happens in sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from vigilbot.annotations.asking import ASKED_ABOUT, SECONDS_A_DAY
from vigilbot.errors import DecisionRefused, VigilError
from vigilbot.models import EVERYONE, DeliveryChoice
from vigilbot.storage import gaps, outbox, requests, sessions, suggestions

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from vigilbot.annotations.asking import Sampling
    from vigilbot.annotations.comparing import Comparing
    from vigilbot.annotations.filling import Filling
    from vigilbot.annotations.forms import Forms
    from vigilbot.annotations.judging import Judging
    from vigilbot.annotations.noticing import Noticing
    from vigilbot.annotations.posting import Posting
    from vigilbot.annotations.recording import Recording
    from vigilbot.chat.analysts import Answers, Form, Home, Offer
    from vigilbot.chat.base import ChatEvent
    from vigilbot.models import Annotation, Audience, DeliveryMode, Gap, Turn
    from vigilbot.runtime.clock import Clock
    from vigilbot.storage.database import Database

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AnnotationDesk:
    """Everything an analyst can decide or say, and everything sessions report that says something of an answer."""

    db: Database
    clock: Clock
    posting: Posting
    recording: Recording
    forms: Forms
    filling: Filling
    sampling: Sampling
    comparing: Comparing
    noticing: Noticing
    judging: Judging
    spawn: Callable[[Coroutine[Any, Any, None], str], None]
    """Does something in the background, under a name."""
    changed: Callable[[str], None]
    """Tells who watches a session to look again."""

    # What analysts do

    async def offer(self, suggestion_id: str, analyst: str) -> Offer:
        return await self.forms.offer(suggestion_id, analyst)

    async def post(self, suggestion_id: str, analyst: str, text: str | None = None) -> str:
        self._said(await self.posting.post(suggestion_id, analyst, text))
        return "Posted to the thread, marked as your choice."

    async def decline(self, suggestion_id: str, analyst: str) -> str:
        self._said(await self.posting.decline(suggestion_id, analyst))
        return "Noted: not useful."

    async def form(self, turn_id: str, analyst: str) -> Form:
        return await self.forms.form(turn_id, analyst)

    async def annotate(self, turn_id: str, analyst: str, answers: Answers) -> str:
        self._said(*await self.recording.take(turn_id, analyst, answers))
        return "Thank you, noted."

    async def snooze(self, analyst: str) -> str:
        async with self.db.transaction() as tx:
            await requests.snooze(tx, analyst, self.clock.now() + SECONDS_A_DAY)
        return "I will not ask you anything for a day."

    async def home(self, analyst: str) -> Home:
        return await self.forms.home(analyst)

    async def gap(self, gap_id: str) -> Gap:
        return await gaps.get(self.db, gap_id)

    async def close_gap(self, gap_id: str, analyst: str, *, question: str, answer: str, link: str) -> str:
        filled = await self.filling.fill(gap_id, analyst, question=question, answer=answer, link=link)
        self.changed(filled.gap.session_id)
        if not filled.in_use:
            return "Thank you: it has been read, and is not used before somebody approves it."
        return "Thank you: it is in the knowledge base now."

    async def drop_gap(self, gap_id: str, analyst: str) -> str:
        async with self.db.transaction() as tx:
            if not await gaps.close(tx, gap_id, "dropped", analyst, self.clock.now()):
                raise DecisionRefused("This gap is closed already.")
        return "Dropped."

    async def choose_delivery(self, audience: Audience, mode: DeliveryMode | None, analyst: str) -> str:
        async with self.db.transaction() as tx:
            if mode is None:
                await suggestions.unchoose(tx, audience)
            else:
                await suggestions.choose(tx, DeliveryChoice(audience, mode, analyst, self.clock.now()))
        whom = "everyone" if audience == EVERYONE else audience.replace(":", " ")
        log.info("delivery_chosen", audience=audience, mode=mode, by=analyst)
        return f"Answers for {whom}: {mode or 'as for everybody else'}."

    # What happens in sessions

    async def concluded(self, turn: Turn) -> None:
        """A turn has ended: ask a sample of its session's analysts about it, in their own time."""
        if turn.outcome not in ASKED_ABOUT:
            return
        now = self.clock.now()
        suggestion = await suggestions.of_turn(self.db, turn.id)
        if suggestion is not None and suggestion.mode == "shadow":
            return
        async with self.db.transaction() as tx:
            analysts = await sessions.analysts_in(tx, turn.session_id)
            asked = await self.sampling.ask(tx, turn.id, analysts, now)
            for analyst in asked if suggestion is None else ():  # a suggestion asks by itself
                payload = {"turn_id": turn.id, "to": analyst}
                await outbox.order(tx, turn.session_id, outbox.ANNOTATION_REQUEST, payload, now)
        if asked and turn.outcome == "answered":
            self.spawn(self._prepare(turn), f"comparing {turn.id}")

    def observe(self, event: ChatEvent) -> None:
        """Something has taken effect in a session; what it says of an answer is stored in the background."""
        self.spawn(self._notice(event), f"noticing {event.event_id}")

    def _said(self, *made: Annotation) -> None:
        """It is stored: show it, and let the judge look at it in its own time."""
        self.changed(made[0].session_id)
        self.spawn(self.judging.judge(made), f"judging annotations of {made[0].turn_id}")

    async def _notice(self, event: ChatEvent) -> None:
        try:
            await self.noticing.notice(event)
        except VigilError as error:
            log.warning("signal_not_stored", session=event.place.session_id, error=str(error))

    async def _prepare(self, turn: Turn) -> None:
        try:
            await self.comparing.prepare(turn)
        except VigilError as error:
            log.warning("no_second_answer", turn=turn.id, error=str(error))
