"""A Slack export: `channels.json`, `groups.json`, `users.json`, and a folder a channel with one file a day.

Sources: slack.com/help/articles/220556107 (how to read exports), docs.slack.dev/reference/events/message.
A thread becomes the very session it would have been live: the same ids, the same texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigilbot.chat.slack.payload import PLATFORM, text_of
from vigilbot.errors import IngestError
from vigilbot.learning.history import archive
from vigilbot.learning.history.arrays import elements
from vigilbot.learning.history.gathering import Gathering
from vigilbot.learning.history.people import Directory
from vigilbot.learning.history.records import Fault, clean
from vigilbot.learning.history.slack_message import Removed, Written, translated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from vigilbot.chat.slack.payload import Payload
    from vigilbot.learning.history.records import Found

LISTS = ("channels.json", "groups.json")
"""Public and private channels. Direct messages are nobody's lessons."""
MOST_NAMED = 10

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.json")


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of the export; its day files lie in a folder called by its name."""

    id: str
    name: str


class SlackExport:
    """Opened: its people and channels are known. Raises IngestError in one line when it is no export."""

    def __init__(self, path: Path, only: Sequence[str] = (), since: date | None = None) -> None:
        """`only` are ids or names of channels; `since` the first day a thread may have begun on."""
        self._archive = archive.opened(path)
        self._faults = [Fault(text) for text in self._archive.faults]
        self._root = self._find_root(path)
        self._since = since
        self.people = Directory()
        self.channels = {channel.name: channel for name in LISTS for channel in self._listed(name)}
        for user in self._objects("users.json", needed=True):
            self.people.add(user)
        self._days = self._days_of(self._chosen(only))
        self._bytes = sum(self._archive.sizes[day] for _, day in self._days)
        self._read = 0

    @property
    def progress(self) -> float:
        return self._read / self._bytes if self._bytes else 1.0

    def close(self) -> None:
        self._archive.close()

    def read(self) -> Iterator[Found]:
        """Channel by channel, day by day."""
        yield from self._faults
        for channel in dict.fromkeys(channel for channel, _ in self._days):
            yield from self._threads_of(channel)

    def _find_root(self, path: Path) -> str:
        """What precedes every name: people pack the export's folder as often as its content."""
        lists = [name for name in self._archive.sizes if name.rpartition("/")[2] in LISTS]
        if not lists:
            raise IngestError(f"{path}: holds no channels.json, so it is not a Slack export")
        return min(lists, key=lambda name: (name.count("/"), name)).rpartition("/")[0]

    def _inner(self, name: str) -> str:
        return f"{self._root}/{name}" if self._root else name

    def _listed(self, name: str) -> Iterator[Channel]:
        for entry in self._objects(name):
            channel = Channel(clean(text_of(entry, "id"), 80), clean(text_of(entry, "name"), 200))
            if channel.id and channel.name:
                yield channel

    def _objects(self, name: str, *, needed: bool = False) -> Iterator[Payload]:
        """The objects of a list file; what cannot be read is kept as a fault."""
        if self._inner(name) not in self._archive.sizes:
            self._faults += [Fault(f"{name} is missing: nobody's name is known")] if needed else []
            return
        try:
            for entry in elements(self._archive.chunks(self._inner(name))):
                if isinstance(entry, dict):
                    yield entry
        except (ValueError, IngestError) as error:
            self._faults.append(Fault(f"{name}: {error}"))

    def _chosen(self, only: Sequence[str]) -> list[Channel]:
        if not only:
            return list(self.channels.values())
        known = {key: channel for channel in self.channels.values() for key in (channel.id, channel.name)}
        wanted = [word.removeprefix("#") for word in only]
        if unknown := [word for word in wanted if word not in known]:
            named = ", ".join(sorted(self.channels)[:MOST_NAMED]) or "none"
            raise IngestError(f"--channels {unknown[0]}: the export has no such channel; it has {named}")
        return [known[word] for word in dict.fromkeys(wanted)]

    def _days_of(self, chosen: list[Channel]) -> list[tuple[Channel, str]]:
        """The day files to read, in order."""
        by_folder = {channel.name: channel for channel in chosen}
        days = []
        for name in sorted(self._archive.sizes):
            folder, _, day = name.rpartition("/")
            root, _, channel = folder.rpartition("/")
            if root != self._root or not channel or not _DAY.fullmatch(day):
                continue
            if channel in by_folder and (self._since is None or day >= self._since.isoformat()):
                days.append((by_folder[channel], name))
        return days

    def _threads_of(self, channel: Channel) -> Iterator[Found]:
        gathering, latest = Gathering(PLATFORM, channel.id), 0.0
        for name in (name for owner, name in self._days if owner is channel):
            try:
                for message in elements(self._archive.chunks(name)):
                    match translated(message, self.people.bots):
                        case Written(root, line):
                            gathering.add(root, line)
                            latest = max(latest, line.posted_at)
                        case Removed(root, line_id):
                            gathering.remove(root, line_id)
                        case left:
                            yield left
                    yield from gathering.over(latest)
            except ValueError as fault:
                yield Fault(f"{name}: {fault}")
            except IngestError as fault:
                yield Fault(str(fault))
            self._read += self._archive.sizes[name]
        yield from gathering.rest()
