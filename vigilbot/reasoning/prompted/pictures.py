"""The pictures of a turn, fetched and prepared once, although several prompts show them."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from vigilbot.errors import VigilError
from vigilbot.reasoning.deadline import seconds_left
from vigilbot.safety.images import Unseen, prepare

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from vigilbot.models import Image, Message

log = structlog.get_logger(__name__)

MOST = 4
"""Pictures shown in one prompt: the newest; the rest count as unseen."""
FETCH_SECONDS = 5.0
FETCH_SHARE = 0.5
"""Of the time whoever asks will wait: the model needs some too, and is not to blame for a slow picture."""
_REMEMBERED = 16


@dataclass(slots=True)
class _Slot:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    done: bool = False
    data_url: str | None = None


class Pictures:
    """Fetches pictures from the chat platform and remembers the latest of them, prepared.

    `fetch` gives the bytes of a picture; a VigilError, OSError or TimeoutError from it means: cannot be seen.
    """

    def __init__(self, fetch: Callable[[Image], Awaitable[bytes]]) -> None:
        self._fetch = fetch
        self._slots: OrderedDict[str, _Slot] = OrderedDict()

    async def data_urls(self, messages: Iterable[Message]) -> tuple[str, ...]:
        """Data URLs of those pictures that can be seen, in the order in which they were posted."""
        images = [image for message in messages if not message.deleted for image in message.images]
        urls = await asyncio.gather(*(self._data_url(image) for image in images[-MOST:]))
        return tuple(url for url in urls if url is not None)

    async def _data_url(self, image: Image) -> str | None:
        slot = self._slots.setdefault(image.location, _Slot())
        self._slots.move_to_end(image.location)
        while len(self._slots) > _REMEMBERED:
            self._slots.popitem(last=False)
        # Identify and rewrite ask at the same moment: the second waits for the first instead of fetching again.
        async with slot.lock:
            if not slot.done:
                slot.data_url = await self._prepared(image)
                slot.done = True
        return slot.data_url

    async def _prepared(self, image: Image) -> str | None:
        try:
            async with asyncio.timeout(min(FETCH_SECONDS, seconds_left() * FETCH_SHARE)):
                data = await self._fetch(image)
        except (VigilError, OSError, TimeoutError) as error:
            log.info("picture_unseen", reason=f"cannot be fetched ({type(error).__name__})")
            return None
        picture = await prepare(data)
        if isinstance(picture, Unseen):
            log.info("picture_unseen", reason=picture.reason)
            return None
        return picture.data_url
