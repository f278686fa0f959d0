"""Slack payload → neutral event. One function a payload kind; whatever means nothing to us becomes None.

An event's id is made of what happened (channel, timestamp, kind), not of Slack's `event_id`: Slack tells the same
message twice under two ids (`message` and `app_mention`), and a second socket or a retry tells it again.
Shapes: docs.slack.dev/reference/events, docs.slack.dev/reference/interaction-payloads/block_actions-payload.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.chat.base import CardAccepted, CommandGiven, MessageDeleted, MessageEdited, MessagePosted, Place
from vigilbot.chat.slack.alertevents import alert_event
from vigilbot.chat.slack.blocks import ACCEPT
from vigilbot.chat.slack.commands import REACTIONS, command_in, mentions
from vigilbot.chat.slack.payload import (
    PLATFORM,
    WRITTEN,
    author_of,
    images_of,
    is_bot,
    is_ts,
    map_of,
    maps_of,
    said,
    text_of,
)
from vigilbot.chat.slack.text import plain

if TYPE_CHECKING:
    from vigilbot.chat.base import ChatEvent
    from vigilbot.chat.slack.api import Bot
    from vigilbot.chat.slack.channels import Channels
    from vigilbot.chat.slack.payload import Payload
    from vigilbot.chat.slack.roles import Roles


@dataclass(frozen=True, slots=True)
class Translator:
    """Makes neutral events of Slack's payloads, looking up roles and channels on the way."""

    bot: Bot
    roles: Roles
    channels: Channels

    async def event(self, body: Payload) -> ChatEvent | None:
        """What a payload means to us, or None. Raises ChatError when a needed look-up got no answer."""
        if about_alert := alert_event(body, time.time()):
            return about_alert
        if body.get("type") == "block_actions":
            return await self._accepted(body)
        event = map_of(body, "event")
        match event.get("type"):
            case "message" | "app_mention":
                channel = text_of(event, "channel")
                if text_of(event, "channel_type") in {"im", "mpim"} or not await self.channels.watched(channel):
                    return None
                return await self._message(event)
            case "reaction_added" | "reaction_removed":
                return await self._reaction(event)
            case _:
                return None

    async def recounted(self, channel: str, message: Payload) -> ChatEvent | None:
        """The same for a message as conversations.history and conversations.replies tell it."""
        if text_of(message, "subtype") not in WRITTEN or self._is_own(message):
            return None
        return await self._posted({**message, "channel": channel})

    def recounted_edit(self, channel: str, message: Payload) -> ChatEvent | None:
        """The latest edit of such a message; nobody tells what it said before."""
        return self._edited({"channel": channel, "message": message})

    async def _message(self, event: Payload) -> ChatEvent | None:
        match text_of(event, "subtype"):
            case "message_changed":
                return self._edited(event)
            case "message_deleted":
                return self._deleted(event, map_of(event, "previous_message"), text_of(event, "deleted_ts"))
            case subtype if subtype in WRITTEN and not self._is_own(event):
                return await self._posted(event)
            case _:
                return None

    async def _posted(self, event: Payload) -> ChatEvent | None:
        channel, ts, author = text_of(event, "channel"), text_of(event, "ts"), author_of(event)
        if not channel or not is_ts(ts):
            return None
        place = Place(PLATFORM, channel, text_of(event, "thread_ts") or ts)
        role = await self.roles.of(author, bot=is_bot(event))
        mrkdwn = text_of(event, "text")
        if role != "bot" and (command := command_in(self.bot.user_id, mrkdwn)):
            return CommandGiven(f"{channel}:{ts}:{command}", place, command, author, role, float(ts))
        text, images = said(event, self._names), images_of(event)
        if not text and not images:
            return None
        return MessagePosted(
            event_id=f"{channel}:{ts}",
            place=place,
            message_id=ts,
            author=author,
            role=role,
            text=text,
            posted_at=float(ts),
            images=images,
            addressed=role != "bot" and mentions(self.bot.user_id, mrkdwn),
        )

    def _edited(self, event: Payload) -> ChatEvent | None:
        """Only a change of words counts: unfurled links, reactions and metadata edit a message as well."""
        now, before = map_of(event, "message"), map_of(event, "previous_message")
        channel, ts = text_of(event, "channel"), text_of(now, "ts")
        if text_of(now, "subtype") == "tombstone":
            return self._deleted(event, before or now, ts)
        edited_ts = text_of(map_of(now, "edited"), "ts") or text_of(event, "event_ts")
        text = self._plain(text_of(now, "text"))
        unchanged = before and text == self._plain(text_of(before, "text"))
        if unchanged or self._is_own(now) or not (channel and is_ts(ts) and is_ts(edited_ts)):
            return None
        place = Place(PLATFORM, channel, text_of(now, "thread_ts") or ts)
        return MessageEdited(f"{channel}:{ts}:edited:{edited_ts}", place, ts, text, float(edited_ts))

    def _deleted(self, event: Payload, deleted: Payload, ts: str) -> ChatEvent | None:
        channel, event_ts = text_of(event, "channel"), text_of(event, "event_ts") or text_of(event, "ts")
        if self._is_own(deleted) or not (channel and is_ts(ts)):
            return None
        place = Place(PLATFORM, channel, text_of(deleted, "thread_ts") or ts)
        at = float(event_ts if is_ts(event_ts) else ts)
        return MessageDeleted(f"{channel}:{ts}:deleted", place, ts, at)

    async def _reaction(self, event: Payload) -> ChatEvent | None:
        """✅ by an analyst closes, 🔇 mutes, taking 🔇 away unmutes. Anybody else's ✅ is only applause."""
        item, user, event_ts = map_of(event, "item"), text_of(event, "user"), text_of(event, "event_ts")
        command = REACTIONS.get(text_of(event, "reaction").split("::")[0])
        channel, ts = text_of(item, "channel"), text_of(item, "ts")
        if event.get("type") == "reaction_removed":
            command = "unmute" if command == "mute" else None
        if command is None or not (channel and is_ts(ts) and is_ts(event_ts)) or user == self.bot.user_id:
            return None
        if not await self.channels.watched(channel):
            return None
        role = await self.roles.of(user)
        if role == "bot" or (command == "close" and role != "analyst"):
            return None
        place = Place(PLATFORM, channel, ts)
        return CommandGiven(f"{channel}:{ts}:{command}:{user}:{event_ts}", place, command, user, role, float(event_ts))

    async def _accepted(self, body: Payload) -> CardAccepted | None:
        actions = [action for action in maps_of(body, "actions") if text_of(action, "action_id") == ACCEPT]
        user, message, container = map_of(body, "user"), map_of(body, "message"), map_of(body, "container")
        user_id = text_of(user, "id")
        channel = text_of(map_of(body, "channel"), "id") or text_of(container, "channel_id")
        thread = text_of(message, "thread_ts") or text_of(container, "thread_ts") or text_of(container, "message_ts")
        if not (actions and user_id and channel and is_ts(thread)):
            return None
        card_id, action_ts = text_of(actions[0], "value"), text_of(actions[0], "action_ts")
        if not card_id or not is_ts(action_ts):
            return None
        return CardAccepted(
            event_id=f"{channel}:{card_id}:accepted:{user_id}:{action_ts}",
            place=Place(PLATFORM, channel, thread),
            card_id=card_id,
            author=user_id,
            accepted_at=float(action_ts),
            role=await self.roles.of(user_id),
        )

    @property
    def _names(self) -> dict[str, str]:
        return {self.bot.user_id: self.bot.name}

    def _plain(self, mrkdwn: str) -> str:
        return plain(mrkdwn, self._names)

    def _is_own(self, message: Payload) -> bool:
        bot_id = text_of(message, "bot_id")
        return text_of(message, "user") == self.bot.user_id or bool(bot_id and bot_id == self.bot.bot_id)
