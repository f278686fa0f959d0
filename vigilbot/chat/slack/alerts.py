"""The side of Slack that calls people: alerts in a channel of their own, their threads, and the forms behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from vigilbot.chat.slack.alertblocks import (
    DISLIKE,
    LINKED,
    alert_blocks,
    alert_fallback,
    linked_view,
    metadata_of,
    reply_blocks,
    why_form,
)
from vigilbot.chat.slack.blocks import carries, posting_options
from vigilbot.chat.slack.channels import is_channel_id, name_of
from vigilbot.chat.slack.payload import map_of, maps_of, text_of
from vigilbot.chat.slack.roles import group_ids
from vigilbot.chat.slack.text import escaped
from vigilbot.errors import ChatError, ChatRefused, NotFound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from vigilbot.chat.slack.api import Json, SlackApi
    from vigilbot.chat.slack.payload import Payload
    from vigilbot.models import AlertCard

    CardOf = Callable[[str], Awaitable[AlertCard]]

log = structlog.get_logger(__name__)

CLOCKS_APART_SECONDS = 600.0


class SlackAlerts:
    """Implements `chat.alerts.TakesAlerts` for SlackPlatform. A reference is `channel id:ts`."""

    def __init__(self) -> None:
        self._card_of: CardOf | None = None
        self.channels: frozenset[str] = frozenset()
        """Where alerts go, by id or name."""
        self._channel_ids: dict[str, str] = {}

    @property
    def _api(self) -> SlackApi:
        raise NotImplementedError

    def serve_alerts(self, card_of: CardOf, channels: frozenset[str]) -> None:
        self._card_of = card_of
        self.channels = channels

    async def post_alert(self, card: AlertCard, delivery_id: str) -> str:
        """Raises ChatRefused when the bot is not in the channel."""
        channel = await self._channel(card.alert.channel)
        group = await self._group(card.alert.mention)
        answer = await self._post(
            channel, delivery_id, text=alert_fallback(card), blocks=alert_blocks(card, group, delivery_id)
        )
        return f"{channel}:{answer['ts']}"

    async def find_alert(self, card: AlertCard, delivery_id: str, since: float) -> str | None:
        channel = await self._channel(card.alert.channel)
        oldest = f"{since - CLOCKS_APART_SECONDS:.6f}"
        messages = self._api.pages(
            "conversations.history", "messages", channel=channel, oldest=oldest, include_all_metadata=True
        )
        return await _found(messages, channel, delivery_id)

    async def update_alert(self, card: AlertCard) -> None:
        channel, ts = _place_of(card)
        # The group was called once: in an updated message a mention would show, but notifies nobody again.
        blocks = alert_blocks(card, await self._group(card.alert.mention))
        await self._api.call("chat.update", channel=channel, ts=ts, text=alert_fallback(card), blocks=blocks)

    async def reply_to_alert(self, card: AlertCard, text: str, delivery_id: str, *, offers: bool) -> str:
        channel, ts = _place_of(card)
        blocks = reply_blocks(card, text, delivery_id, offers=offers)
        answer = await self._post(channel, delivery_id, thread_ts=ts, text=escaped(text), blocks=blocks)
        return f"{channel}:{answer['ts']}"

    async def find_reply(self, card: AlertCard, delivery_id: str, since: float) -> str | None:
        channel, ts = _place_of(card)
        oldest = f"{since - CLOCKS_APART_SECONDS:.6f}"
        messages = self._api.pages(
            "conversations.replies", "messages", channel=channel, ts=ts, oldest=oldest, include_all_metadata=True
        )
        return await _found(messages, channel, delivery_id)

    async def show_form(self, body: Payload) -> None:
        """Open what a click on an alert asks for; the trigger lives three seconds. Never raises."""
        action, alert_id = wants_form(body)
        if not action or self._card_of is None:
            return
        message, container = map_of(body, "message"), map_of(body, "container")
        channel = text_of(map_of(body, "channel"), "id") or text_of(container, "channel_id")
        try:
            card = await self._card_of(alert_id)
            metadata = metadata_of(card.alert, channel, text_of(message, "ts") or text_of(container, "message_ts"))
            view = why_form(card, metadata) if action == DISLIKE else linked_view(card, metadata)
            await self._api.call("views.open", trigger_id=text_of(body, "trigger_id"), view=view)
        except (ChatError, NotFound) as error:
            log.warning("alert_form_not_opened", alert=alert_id, error=str(error))

    async def _post(self, channel: str, delivery_id: str, **arguments: object) -> Json:
        return await self._api.call("chat.postMessage", channel=channel, **posting_options(delivery_id), **arguments)

    async def _channel(self, name: str) -> str:
        """The id of a channel, which updates and histories need. Raises ChatRefused."""
        if is_channel_id(name):
            return name
        wanted = name_of(name)
        if wanted not in self._channel_ids:
            types = "public_channel,private_channel"
            async for channel in self._api.pages("users.conversations", "channels", types=types, exclude_archived=True):
                self._channel_ids[name_of(str(channel.get("name", "")))] = str(channel.get("id", ""))
        if wanted not in self._channel_ids:
            raise ChatRefused(f"the bot is not in #{wanted}, where an alert should go; invite it: /invite @vigilbot")
        return self._channel_ids[wanted]

    async def _group(self, name: str) -> str | None:
        """The user group's id; an alert goes out even when the group cannot be found."""
        if not name:
            return None
        try:
            return (await group_ids(self._api, [name])).get(name)
        except ChatError as error:
            log.warning("alert_group_unknown", group=name, error=str(error))
            return None


def wants_form(body: Payload) -> tuple[str, str]:
    """The action and the alert's id when a click asks for a form; empty otherwise."""
    for action in maps_of(body, "actions"):
        if text_of(action, "action_id") in {DISLIKE, LINKED}:
            return text_of(action, "action_id"), text_of(action, "value")
    return "", ""


def _place_of(card: AlertCard) -> tuple[str, str]:
    """Channel and ts of a posted alert. Raises ChatRefused when it has not been posted."""
    channel, _, ts = (card.alert.posted_ref or "").partition(":")
    if not ts:
        raise ChatRefused(f"alert {card.alert.id} has not been posted")
    return channel, ts


async def _found(messages: AsyncIterator[Json], channel: str, delivery_id: str) -> str | None:
    async for message in messages:
        if carries(message, delivery_id):
            return f"{channel}:{message['ts']}"
    return None
