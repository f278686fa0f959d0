"""Which channels are watched: by id, or by name looked up once for each channel that speaks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import structlog

from vigilbot.chat.slack.api import SlackRefused

if TYPE_CHECKING:
    from collections.abc import Collection

    from vigilbot.chat.slack.api import SlackApi

log = structlog.get_logger(__name__)

_ID = re.compile(r"[CG][A-Z0-9]{2,}")


class Channels:
    """Decides whose events count, by VIGIL_CHANNELS."""

    def __init__(self, api: SlackApi, wanted: Collection[str], apart: Collection[str] = ()) -> None:
        """`wanted` empty: everywhere, but for the channels `apart`."""
        listed = wanted or apart
        self._api = api
        self._ids = frozenset(item for item in listed if is_channel_id(item))
        self._names = frozenset(name_of(item) for item in listed if not is_channel_id(item))
        self._everywhere = not wanted
        self._by_name: dict[str, bool] = {}

    async def watched(self, channel: str) -> bool:
        """Whether events of this channel count. Raises ChatError when Slack cannot be asked just now.

        Names are looked up channel by channel: listing a large workspace costs minutes of rate limit.
        """
        return await self._listed(channel) is not self._everywhere

    async def _listed(self, channel: str) -> bool:
        if channel in self._ids:
            return True
        if self._names and channel not in self._by_name:
            self._by_name[channel] = await self._is_named(channel)
        return self._by_name.get(channel, False)

    async def _is_named(self, channel: str) -> bool:
        try:
            answer = await self._api.call("conversations.info", channel=channel)
        except SlackRefused as error:
            log.warning("channel_not_watched", channel=channel, error=str(error))
            return False
        return name_of(str((answer.get("channel") or {}).get("name", ""))) in self._names

    def forget(self, channel: str) -> None:
        """The channel was renamed: look its name up again."""
        self._by_name.pop(channel, None)


def is_channel_id(setting: str) -> bool:
    return _ID.fullmatch(setting) is not None


def name_of(setting: str) -> str:
    return setting.lstrip("#").lower()
