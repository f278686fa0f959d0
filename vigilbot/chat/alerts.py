"""The seam for alerts: a platform that can call people's attention somewhere else than in the session's thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vigilbot.models import AlertCard


@runtime_checkable
class TakesAlerts(Protocol):
    """Every method raises ChatRateLimited or ChatError."""

    def look_up_alerts(self, card_of: Callable[[str], Awaitable[AlertCard]], channels: frozenset[str]) -> None:
        """Told before `start`: how a card is found by the alert's id (raises NotFound), and where alerts will go.

        What is said in these channels is about alerts: it opens no session unless the channel is watched by name.
        """

    async def post_alert(self, card: AlertCard, delivery_id: str) -> str:
        """Post it in its channel, calling its user group; returns the platform's reference to it."""

    async def find_alert(self, card: AlertCard, delivery_id: str, since: float) -> str | None:
        """The reference of an alert already posted with this delivery id, not before `since`, or None."""

    async def update_alert(self, card: AlertCard) -> None:
        """Show the posted alert as it is now; nobody is called again."""

    async def reply_to_alert(self, card: AlertCard, text: str, delivery_id: str, *, offers: bool) -> str:
        """Say something in the alert's thread; with `offers`, a button beside it tells the linked threads."""

    async def find_reply(self, card: AlertCard, delivery_id: str, since: float) -> str | None:
        """The reference of a reply already posted with this delivery id, not before `since`, or None."""
