"""Who is an analyst: configured people, members of configured user groups, or everybody of the home workspace.

Whom Slack refuses to show is a customer: a guest taken for an analyst would engage the bot and teach it. While Slack
does not answer, nobody is taken for anything: an analyst taken for a customer would be answered, and not learnt from.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING

import structlog
import tenacity

from vigilbot.chat.slack.api import SlackRefused
from vigilbot.errors import ChatError, ChatRateLimited, ChatRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vigilbot.chat.slack.api import Bot, Json, SlackApi
    from vigilbot.models import Role

log = structlog.get_logger(__name__)

HOME_WORKSPACE = "home-workspace"
MEMBERSHIP_SECONDS = 3600.0
PATIENCE_SECONDS = 2.0
"""For finding out who somebody is: Slack wants an event acknowledged within three seconds, or brings it again."""
ATTEMPTS = 3
SLACKBOT = "USLACKBOT"

_USER = re.compile(r"[UW][A-Z0-9]{2,}")
_GROUP = re.compile(r"S[A-Z0-9]{2,}")


def is_user_id(text: str) -> bool:
    return _USER.fullmatch(text) is not None


class Roles:
    """Tells customers from analysts, by VIGIL_ANALYSTS; user groups are read anew now and then."""

    def __init__(self, api: SlackApi, bot: Bot, analysts: Sequence[str]) -> None:
        self._api = api
        self._home = bot.team_id
        self._home_counts = HOME_WORKSPACE in analysts
        self._people = frozenset(item for item in analysts if is_user_id(item))
        self._groups = groups_among(analysts)
        self._members: dict[str, frozenset[str]] = {}
        self._at_home: dict[str, tuple[bool, float]] = {}
        self._complaints: set[str] = set()
        self._reading = asyncio.Lock()
        self._read_at = float("-inf")

    @property
    def known_analysts(self) -> int:
        """How many people count as analysts by name or group."""
        return len(self._people.union(*self._members.values()))

    async def refresh(self) -> None:
        """Read the user groups anew. Never raises; what goes wrong is logged once.

        A group that Slack refuses to show has no members; while Slack does not answer, they stay as they were.
        """
        self._read_at = time.monotonic()
        try:
            ids = await group_ids(self._api, self._groups)
        except ChatError as error:
            self._complain("user groups", error)
            if isinstance(error, SlackRefused):
                self._members = dict.fromkeys(self._groups, frozenset())
            return
        self._complaints.discard("user groups")
        read = {name: await self._members_of(name, ids.get(name)) for name in sorted(self._groups)}
        self._members = {name: members for name, members in read.items() if members is not None}

    async def of(self, user: str, *, bot: bool = False) -> Role:
        """The role of a message's author. Raises ChatError while Slack does not answer and nothing is known of them."""
        if bot or user == SLACKBOT or not user:
            return "bot"
        if self._is_named(user):
            return "analyst"
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._read_missing_groups()
                home = not self._is_named(user) and self._home_counts and await self._belongs_home(user)
        except TimeoutError:
            raise ChatError(f"Slack did not say within {PATIENCE_SECONDS:.0f} s who {user} is") from None
        return "analyst" if home or self._is_named(user) else "customer"

    def _is_named(self, user: str) -> bool:
        return user in self._people or any(user in members for members in self._members.values())

    async def _read_missing_groups(self) -> None:
        """Those that Slack has not shown yet, nor refused to. Raises ChatError when it still does not."""
        async with self._reading:
            if self._missing and time.monotonic() - self._read_at > PATIENCE_SECONDS:
                await self.refresh()
        if self._missing:
            raise ChatError(f"Slack has not shown yet who is in {', '.join(sorted(self._missing))} (VIGIL_ANALYSTS)")

    @property
    def incomplete(self) -> bool:
        """Whether Slack has not answered yet who is in a user group."""
        return bool(self._missing)

    @property
    def _missing(self) -> frozenset[str]:
        return self._groups - self._members.keys()

    async def _members_of(self, name: str, group_id: str | None) -> frozenset[str] | None:
        """None while it is not known."""
        try:
            if group_id is None:
                raise SlackRefused("usergroups.list", "no_such_group", f" (VIGIL_ANALYSTS names {name})")
            members = await group_members(self._api, group_id)
        except ChatError as error:
            self._complain(name, error)
            return frozenset() if isinstance(error, SlackRefused) else self._members.get(name)
        self._complaints.discard(name)
        return members

    async def _belongs_home(self, user: str) -> bool:
        known, until = self._at_home.get(user, (False, 0.0))
        if time.monotonic() < until:
            return known
        try:
            answer = await self._user_info(user)
        except ChatError as error:
            self._complain(user, error)
            if isinstance(error, SlackRefused) or user in self._at_home:
                return known  # as it was an hour ago, rather than nothing
            raise
        belongs = _is_member(answer.get("user") or {}, self._home)
        self._at_home[user] = (belongs, time.monotonic() + MEMBERSHIP_SECONDS)
        return belongs

    async def _user_info(self, user: str) -> Json:
        asking = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(_may_pass_soon),
            wait=tenacity.wait_exponential_jitter(multiplier=0.2, max=1.0, jitter=0.1),
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            reraise=True,
        )
        return await asking(self._api.call, "users.info", user=user)

    def _complain(self, about: str, error: ChatError) -> None:
        if about not in self._complaints:
            self._complaints.add(about)
            log.warning("role_unknown", about=about, error=str(error))


def _may_pass_soon(error: BaseException) -> bool:
    return isinstance(error, ChatError) and not isinstance(error, ChatRefused | ChatRateLimited)


def groups_among(analysts: Iterable[str]) -> frozenset[str]:
    """The user groups among the configured analysts: ids (S…) and handles."""
    return frozenset(item for item in analysts if item != HOME_WORKSPACE and not is_user_id(item))


async def group_ids(api: SlackApi, groups: Iterable[str]) -> dict[str, str]:
    """Configured id or @handle → user-group id, for those that exist. Raises ChatError."""
    given = {group: group for group in groups if _GROUP.fullmatch(group)}
    handles = {group.lstrip("@").lower(): group for group in groups if group not in given}
    if not handles:
        return given
    answer = await api.call("usergroups.list")
    by_handle = {str(group.get("handle", "")).lower(): str(group["id"]) for group in answer.get("usergroups") or []}
    return given | {name: by_handle[handle] for handle, name in handles.items() if handle in by_handle}


async def group_members(api: SlackApi, group_id: str) -> frozenset[str]:
    """The user ids of one group. Raises ChatError."""
    answer = await api.call("usergroups.users.list", usergroup=group_id)
    return frozenset(map(str, answer.get("users") or []))


def _is_member(user: Json, home: str) -> bool:
    """A full member of the home workspace; guests and people of connected workspaces are not."""
    if user.get("is_restricted") or user.get("is_ultra_restricted") or user.get("is_stranger") or user.get("is_bot"):
        return False
    workspaces = (user.get("enterprise_user") or {}).get("teams") or []
    return bool(home) and (user.get("team_id") == home or home in workspaces)
