"""Slack payload → neutral event. One function a payload kind; whatever means nothing to us becomes None.

An event's id is made of what happened (channel, timestamp, kind), not of Slack's `event_id`: Slack tells the same
message twice under two ids (`message` and `app_mention`), and a second socket or a retry tells it again.
Shapes: docs.slack.dev/reference/events, docs.slack.dev/reference/interaction-payloads/block_actions-payload.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vigilbot.chat.base import CardAccepted, CommandGiven, MessageDeleted, MessageEdited, MessagePosted, Place
from vigilbot.chat.slack.blocks import ACCEPT
from vigilbot.chat.slack.commands import REACTIONS, command_in, mentions
from vigilbot.chat.slack.text import plain
from vigilbot.models import Image

if TYPE_CHECKING:
    from vigilbot.chat.base import ChatEvent
    from vigilbot.chat.slack.api import Bot
    from vigilbot.chat.slack.channels import Channels
    from vigilbot.chat.slack.roles import Roles

Payload = Mapping[str, Any]

PLATFORM = "slack"
WRITTEN = frozenset({"", "file_share", "thread_broadcast", "me_message", "bot_message"})
"""Message subtypes in which somebody says something; joins, topics, pins and the like are not among them."""

_TS = re.compile(r"\d{1,12}(\.\d{1,9})?")


@dataclass(frozen=True, slots=True)
class Translator:
    bot: Bot
    roles: Roles
    channels: Channels

    async def event(self, body: Payload) -> ChatEvent | None:
        """What a payload means to us, or None. Raises ChatError when a needed look-up got no answer."""
        if body.get("type") == "block_actions":
            return await self._accepted(body)
        event = _map(body, "event")
        match event.get("type"):
            case "message" | "app_mention":
                channel = _text(event, "channel")
                if _text(event, "channel_type") in {"im", "mpim"} or not await self.channels.watched(channel):
                    return None
                return await self._message(event)
            case "reaction_added" | "reaction_removed":
                return await self._reaction(event)
            case _:
                return None

    async def _message(self, event: Payload) -> ChatEvent | None:
        match _text(event, "subtype"):
            case "message_changed":
                return self._edited(event)
            case "message_deleted":
                return self._deleted(event, _map(event, "previous_message"), _text(event, "deleted_ts"))
            case subtype if subtype in WRITTEN and not self._is_own(event):
                return await self._posted(event)
            case _:
                return None

    async def _posted(self, event: Payload) -> ChatEvent | None:
        channel, ts, author = _text(event, "channel"), _text(event, "ts"), _author(event)
        if not channel or not _is_ts(ts):
            return None
        place = Place(PLATFORM, channel, _text(event, "thread_ts") or ts)
        role = await self.roles.of(author, bot=_is_bot(event))
        mrkdwn = _text(event, "text")
        if role != "bot" and (command := command_in(self.bot.user_id, mrkdwn)):
            return CommandGiven(f"{channel}:{ts}:{command}", place, command, author, role, float(ts))
        text, images = self._said(event), _images(event)
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
        now, before = _map(event, "message"), _map(event, "previous_message")
        channel, ts = _text(event, "channel"), _text(now, "ts")
        if _text(now, "subtype") == "tombstone":
            return self._deleted(event, before or now, ts)
        edited_ts = _text(_map(now, "edited"), "ts") or _text(event, "event_ts")
        text = self._plain(_text(now, "text"))
        unchanged = before and text == self._plain(_text(before, "text"))
        if unchanged or self._is_own(now) or not (channel and _is_ts(ts) and _is_ts(edited_ts)):
            return None
        place = Place(PLATFORM, channel, _text(now, "thread_ts") or ts)
        return MessageEdited(f"{channel}:{ts}:edited:{edited_ts}", place, ts, text, float(edited_ts))

    def _deleted(self, event: Payload, deleted: Payload, ts: str) -> ChatEvent | None:
        channel, event_ts = _text(event, "channel"), _text(event, "event_ts") or _text(event, "ts")
        if self._is_own(deleted) or not (channel and _is_ts(ts)):
            return None
        place = Place(PLATFORM, channel, _text(deleted, "thread_ts") or ts)
        at = float(event_ts if _is_ts(event_ts) else ts)
        return MessageDeleted(f"{channel}:{ts}:deleted", place, ts, at)

    async def _reaction(self, event: Payload) -> ChatEvent | None:
        """✅ by an analyst closes, 🔇 mutes, taking 🔇 away unmutes. Anybody else's ✅ is only applause."""
        item, user, event_ts = _map(event, "item"), _text(event, "user"), _text(event, "event_ts")
        command = REACTIONS.get(_text(event, "reaction").split("::")[0])
        channel, ts = _text(item, "channel"), _text(item, "ts")
        if event.get("type") == "reaction_removed":
            command = "unmute" if command == "mute" else None
        if command is None or not (channel and _is_ts(ts) and _is_ts(event_ts)) or user == self.bot.user_id:
            return None
        if not await self.channels.watched(channel):
            return None
        role = await self.roles.of(user)
        if role == "bot" or (command == "close" and role != "analyst"):
            return None
        place = Place(PLATFORM, channel, ts)
        return CommandGiven(f"{channel}:{ts}:{command}:{user}:{event_ts}", place, command, user, role, float(event_ts))

    async def _accepted(self, body: Payload) -> CardAccepted | None:
        actions = [action for action in body.get("actions") or [] if _text(action, "action_id") == ACCEPT]
        user, message, container = _text(_map(body, "user"), "id"), _map(body, "message"), _map(body, "container")
        channel = _text(_map(body, "channel"), "id") or _text(container, "channel_id")
        thread = _text(message, "thread_ts") or _text(container, "thread_ts") or _text(container, "message_ts")
        if not (actions and user and channel and _is_ts(thread)):
            return None
        card_id, action_ts = _text(actions[0], "value"), _text(actions[0], "action_ts")
        if not card_id or not _is_ts(action_ts):
            return None
        return CardAccepted(
            event_id=f"{channel}:{card_id}:accepted:{user}:{action_ts}",
            place=Place(PLATFORM, channel, thread),
            card_id=card_id,
            author=user,
            accepted_at=float(action_ts),
            role=await self.roles.of(user),
        )

    def _said(self, event: Payload) -> str:
        """The words, then the names of files that are no pictures: an analyst who only sends a log has spoken too."""
        words = self._plain(_text(event, "text")) or _attached(event)
        files = [f"(file: {_text(file, 'name')})" for file in _files(event) if not _is_image(file)]
        return "\n".join(part for part in (words, *files) if part)

    def _plain(self, mrkdwn: str) -> str:
        return plain(mrkdwn, {self.bot.user_id: self.bot.name})

    def _is_own(self, message: Payload) -> bool:
        bot_id = _text(message, "bot_id")
        return _text(message, "user") == self.bot.user_id or bool(bot_id and bot_id == self.bot.bot_id)


def _map(payload: Payload, key: str) -> Payload:
    value = payload.get(key)
    return value if isinstance(value, Mapping) else {}


def _text(payload: Payload, key: str) -> str:
    value = payload.get(key)
    return value if isinstance(value, str) else ""


def _is_ts(text: str) -> bool:
    return _TS.fullmatch(text) is not None


def _author(event: Payload) -> str:
    return _text(event, "user") or _text(event, "bot_id") or _text(event, "username")


def _is_bot(event: Payload) -> bool:
    return bool(_text(event, "bot_id")) or _text(event, "subtype") == "bot_message"


def _files(event: Payload) -> list[Payload]:
    files = event.get("files")
    return [file for file in files if isinstance(file, Mapping)] if isinstance(files, list) else []


def _is_image(file: Payload) -> bool:
    return _text(file, "mimetype").startswith("image/") and bool(_text(file, "url_private"))


def _images(event: Payload) -> tuple[Image, ...]:
    return tuple(
        Image(_text(file, "url_private"), _text(file, "mimetype"), _text(file, "name"))
        for file in _files(event)
        if _is_image(file)
    )


def _attached(event: Payload) -> str:
    """Alerts and integrations often say everything in an attachment and nothing in `text`."""
    attachments = event.get("attachments")
    texts = [
        _text(attachment, "fallback") or _text(attachment, "text")
        for attachment in (attachments if isinstance(attachments, list) else [])
        if isinstance(attachment, Mapping)
    ]
    return plain("\n".join(text for text in texts if text))
