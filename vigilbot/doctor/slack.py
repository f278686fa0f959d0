"""Slack: tokens, scopes, the way events come in, who counts as analyst, and the watched channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.chat.slack.api import SlackApi
from vigilbot.chat.slack.channels import is_channel_id, name_of
from vigilbot.chat.slack.manifest import SCOPES
from vigilbot.chat.slack.roles import HOME_WORKSPACE, group_ids, group_members, groups_among, is_user_id
from vigilbot.doctor.finding import Finding, failed, fault, fine
from vigilbot.errors import ChatError, ConfigError
from vigilbot.tickets.categories import load

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from vigilbot.chat.slack.api import Bot
    from vigilbot.config import Settings

CLOCKS_APART_SECONDS = 60.0
REINSTALL = "put the manifest that `vigilbot manifest` prints into the app's settings, and install the app again"


async def slack(settings: Settings) -> list[Finding]:
    """The token first, since every other check asks with it. Without one there is nothing to examine."""
    if settings.slack_bot_token is None:
        return [fine("Slack", "SLACK_BOT_TOKEN is not set: vigilbot serves the console")]
    api = SlackApi(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
    try:
        bot = await api.who_am_i()
    except ChatError as error:
        return [failed("Slack token", error)]
    else:
        token = fine("Slack token", f"@{bot.name} in {bot.team}")
        checks: list[Callable[[SlackApi, Settings], Awaitable[Finding]]] = [_way_in, _analysts, _channels, _alerts]
        return [token, _scopes(bot), _clock(bot), *[await check(api, settings) for check in checks]]
    finally:
        await api.close()


def _scopes(bot: Bot) -> Finding:
    check = "Slack scopes"
    if bot.scopes is None:
        return fine(check, "this server does not say which scopes the token has")
    missing = sorted(SCOPES.keys() - bot.scopes)
    if not missing:
        return fine(check, f"all {len(SCOPES)} granted")
    reasons = "; ".join(f"{scope} (to {SCOPES[scope]})" for scope in missing)
    return fault(check, f"missing: {reasons}", REINSTALL)


def _clock(bot: Bot) -> Finding:
    """What is said is dated by Slack, and what is late by that is not answered."""
    check = "Slack clock"
    if bot.clock_ahead is None:
        return fine(check, "this server does not say what time it is")
    if abs(bot.clock_ahead) <= CLOCKS_APART_SECONDS:
        return fine(check, "this machine's clock agrees with Slack's")
    way = "ahead of" if bot.clock_ahead > 0 else "behind"
    wrong = f"this machine's clock is {abs(bot.clock_ahead):.0f} s {way} Slack's: answers may count as too late"
    return fault(check, wrong, "set the machine's clock, best by NTP")


async def _way_in(api: SlackApi, settings: Settings) -> Finding:
    """Asking for a socket address opens no connection, so a running bot is not disturbed."""
    check = "Slack events"
    if settings.slack_app_token is None:
        return fine(check, "HTTP mode: Slack must reach POST /slack/events at your public address")
    try:
        await api.socket_url(settings.slack_app_token.get_secret_value())
    except ChatError as error:
        return failed(check, error)
    return fine(check, "Socket Mode is on and takes SLACK_APP_TOKEN")


async def _analysts(api: SlackApi, settings: Settings) -> Finding:
    check = "Slack analysts"
    if not settings.analysts:
        fix = "set VIGIL_ANALYSTS to user ids, user groups (@handle) or home-workspace"
        return fault(check, "nobody counts as an analyst, so no session is ever engaged", fix)
    try:
        people = await _named(api, settings.analysts)
    except ChatError as error:
        return failed(check, error)
    home = "everybody of the home workspace, and " if HOME_WORKSPACE in settings.analysts else ""
    return fine(check, f"{home}{len(people)} by id or user group")


async def _named(api: SlackApi, analysts: Sequence[str]) -> set[str]:
    """The people whom ids and user groups stand for. Raises ChatError about the first that stands for nobody."""
    people = {item for item in analysts if is_user_id(item)}
    for person in sorted(people):
        await api.call("users.info", user=person)
    groups = groups_among(analysts)
    ids = await group_ids(api, groups)
    if unknown := sorted(groups - ids.keys()):
        raise ChatError(
            f"no such user group: {', '.join(unknown)}; correct it in VIGIL_ANALYSTS, or create the group in Slack"
        )
    for group in sorted(ids):
        members = await group_members(api, ids[group])
        if not members:
            raise ChatError(f"the user group {group} has no members; add the analysts to it in Slack")
        people |= members
    return people


async def _alerts(api: SlackApi, settings: Settings) -> Finding:
    """Alerts go to channels the bot is in, and call user groups that exist."""
    check = "Slack alerts"
    if settings.triage == "off":
        return fine(check, "VIGIL_TRIAGE is off")
    try:
        told = load(settings.tickets, settings.data_dir).told.values()
        channels = {one.channel for one in told} | {settings.alert_channel or ""}
        groups = {one.group for one in told} - {""}
        if channels == {""}:
            return fine(check, "no alert channel is set (VIGIL_ALERT_CHANNEL): there is no triage in Slack")
        known = {item for pair in await _member_of(api) for item in pair}
        absent = sorted(one for one in channels - {""} if (one if is_channel_id(one) else name_of(one)) not in known)
        unknown = sorted(groups - (await group_ids(api, groups)).keys())
    except (ChatError, ConfigError) as error:
        return failed(check, error)
    if absent:
        return fault(check, f"the bot is not in {', '.join(absent)}", "invite it there: /invite @vigilbot")
    if unknown:
        return fault(check, f"no such user group: {', '.join(unknown)}", "correct notify in the category file")
    return fine(check, f"{len(channels - {''})} channels" if len(channels - {""}) > 1 else "the bot is in the channel")


async def _channels(api: SlackApi, settings: Settings) -> Finding:
    """The bot hears only channels it is a member of."""
    check = "Slack channels"
    try:
        member_of = await _member_of(api)
    except ChatError as error:
        return failed(check, error)
    if not member_of:
        return fault(check, "the bot is a member of no channel", "invite it where it shall help: /invite @vigilbot")
    known = {id_ for id_, _ in member_of} | {name for _, name in member_of}
    absent = [item for item in settings.channels if (item if is_channel_id(item) else name_of(item)) not in known]
    if absent:
        fix = "invite it there (/invite @vigilbot), or correct VIGIL_CHANNELS"
        return fault(check, f"the bot is not in {', '.join(absent)}", fix)
    return fine(check, f"member of {len(member_of)}, watching {len(settings.channels) or 'all of them'}")


async def _member_of(api: SlackApi) -> list[tuple[str, str]]:
    """Id and name of every channel the bot is in. Raises ChatError."""
    types = "public_channel,private_channel"
    return [
        (str(channel.get("id")), name_of(str(channel.get("name", ""))))
        async for channel in api.pages("users.conversations", "channels", types=types, exclude_archived=True)
    ]
