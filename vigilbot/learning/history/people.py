"""Who asked and who answered. Only analysts teach, so whoever is in doubt is a customer."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vigilbot.chat.slack.payload import map_of, text_of
from vigilbot.chat.slack.roles import HOME_WORKSPACE, SLACKBOT
from vigilbot.errors import IngestError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from vigilbot.chat.slack.payload import Payload
    from vigilbot.learning.history.records import Line
    from vigilbot.models import Role

_USER = re.compile(r"[UW][A-Z0-9]+")
_GUEST_MARKS = ("is_restricted", "is_ultra_restricted", "is_stranger")


@dataclass(slots=True)
class Directory:
    """The people of `users.json`, as far as roles need them."""

    ids: set[str] = field(default_factory=set)
    names: dict[str, set[str]] = field(default_factory=dict)
    """Ids by name, in lower case."""
    bots: dict[str, str] = field(default_factory=dict)
    """Handles of bots by id."""
    members: dict[str, str] = field(default_factory=dict)
    """Workspaces by id, of everybody who is neither bot nor guest."""

    def add(self, user: Payload) -> None:
        user_id, profile = text_of(user, "id"), map_of(user, "profile")
        if not user_id:
            return
        self.ids.add(user_id)
        for name in (text_of(user, "name"), text_of(profile, "display_name"), text_of(profile, "real_name")):
            if name:
                self.names.setdefault(name.lower(), set()).add(user_id)
        if user.get("is_bot") is True or user_id == SLACKBOT:
            self.bots[user_id] = text_of(user, "name") or user_id
        elif not any(user.get(mark) for mark in _GUEST_MARKS):
            self.members[user_id] = text_of(user, "team_id") or text_of(profile, "team")

    def analysts(self, words: Iterable[str], setting: str) -> frozenset[str]:
        """The ids that ids, names, @names and `home-workspace` stand for.

        Raises IngestError naming `setting` when one of them cannot be found here.
        """
        return frozenset(user_id for word in words for user_id in self._meant(word, setting))

    def _meant(self, word: str, setting: str) -> Iterable[str]:
        if word == HOME_WORKSPACE:
            [(home, _)] = Counter(filter(None, self.members.values())).most_common(1) or [("", 0)]
            return [user_id for user_id, team in self.members.items() if home and team == home]
        found = self.names.get(word.removeprefix("@").lower(), set())
        if len(found) == 1 and word not in self.ids:
            return found
        if word in self.ids or (not found and _USER.fullmatch(word)):
            return [word]
        fault = "means several people of users.json" if found else "is nobody in users.json (groups are not in exports)"
        raise IngestError(f"{setting} {word}: {fault}; give user ids")


@dataclass(frozen=True, slots=True)
class Roles:
    """How roles are told where the file does not say them."""

    analysts: frozenset[str] = frozenset()
    first_author_asks: bool = False
    members: Container[str] | None = None
    """Who may be taken for an analyst because somebody else asked; None: everybody."""

    def of(self, line: Line, asker: str) -> Role:
        """The role of a line's author in a thread that `asker` began; what the file says counts first."""
        if line.role:
            return line.role
        if line.author in self.analysts:
            return "analyst"
        guessed = self.first_author_asks and line.author != asker
        return "analyst" if guessed and (self.members is None or line.author in self.members) else "customer"


def asker_of(lines: Sequence[Line]) -> str:
    """The first author who is no bot."""
    return next((line.author for line in lines if line.role != "bot"), "")
