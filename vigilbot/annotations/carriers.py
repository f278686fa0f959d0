"""What only analysts are shown, on its way to them. It is in no history: when in doubt, it is not shown again.

App Home and the console show what is still open, so nothing is lost with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.storage import sessions, suggestions

if TYPE_CHECKING:
    from collections.abc import Mapping

    import aiosqlite

    from vigilbot.annotations.forms import Forms
    from vigilbot.chat.analysts import AnalystViews
    from vigilbot.models import Session
    from vigilbot.storage.database import Database
    from vigilbot.storage.outbox import Delivery

SHOWN = ""
"""The reference of what cannot be looked for."""


@dataclass(frozen=True, slots=True)
class SuggestionCarrier:
    """Shows a suggestion to one analyst, unless somebody has decided on it meanwhile."""

    db: Database
    views: Mapping[str, AnalystViews]
    """By platform; one that is not there shows analysts nothing."""
    forms: Forms

    async def wanted(self, delivery: Delivery) -> bool:
        suggestion = await suggestions.get(self.db, delivery.payload["suggestion_id"])
        session = await sessions.get(self.db, delivery.session_id)
        shows = session.platform in self.views and session.state != "closed" and not session.muted
        return shows and suggestion.state == "open"

    async def find(self, delivery: Delivery, session: Session) -> str | None:  # noqa: ARG002 - the protocol's
        return SHOWN if delivery.in_doubt else None

    async def bring(self, delivery: Delivery, session: Session) -> str:
        offer = await self.forms.offer(delivery.payload["suggestion_id"], delivery.payload["to"])
        await self.views[session.platform].show_suggestion(offer, delivery.payload["to"])
        return SHOWN

    async def arrived(self, tx: aiosqlite.Connection, delivery: Delivery, reference: str) -> None:
        """Nothing follows from it."""


@dataclass(frozen=True, slots=True)
class RequestCarrier:
    """Asks one analyst for an annotation of one turn."""

    db: Database
    views: Mapping[str, AnalystViews]
    forms: Forms

    async def wanted(self, delivery: Delivery) -> bool:
        return (await sessions.get(self.db, delivery.session_id)).platform in self.views

    async def find(self, delivery: Delivery, session: Session) -> str | None:  # noqa: ARG002 - the protocol's
        return SHOWN if delivery.in_doubt else None

    async def bring(self, delivery: Delivery, session: Session) -> str:
        form = await self.forms.form(delivery.payload["turn_id"], delivery.payload["to"])
        await self.views[session.platform].ask_for_annotation(form, delivery.payload["to"])
        return SHOWN

    async def arrived(self, tx: aiosqlite.Connection, delivery: Delivery, reference: str) -> None:
        """Nothing follows from it."""
