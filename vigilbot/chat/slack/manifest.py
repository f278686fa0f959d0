"""The app manifest: everything Slack has to know, with the least scopes that do the work.

Schema: docs.slack.dev/reference/app-manifest. Each scope stands with what it is for; the user documentation and
`vigilbot doctor` read the same table.
"""

from __future__ import annotations

from typing import Any

SCOPES = {
    "app_mentions:read": "hear `@vigilbot close` and other words said to it",
    "channels:history": "read messages of the public channels it is invited to",
    "channels:read": "look up the name of a channel, where VIGIL_CHANNELS names channels, and check membership",
    "chat:write": "post cards and short notices",
    "commands": "offer /vigilbot",
    "files:read": "look at screenshots that customers attach",
    "groups:history": "read messages of the private channels it is invited to",
    "groups:read": "as channels:read, for private channels",
    "metadata.message:read": "recognise its own posted card after a crash, so that none is posted twice",
    "reactions:read": "notice ✅ (close) and 🔇 (mute) on a thread's first message",
    "usergroups:read": "know who is an analyst, where VIGIL_ANALYSTS names user groups",
    "users:read": "know who belongs to the home workspace, where VIGIL_ANALYSTS says home-workspace",
}

EVENTS = (
    "app_home_opened",
    "app_mention",
    "channel_rename",
    "group_rename",
    "message.channels",
    "message.groups",
    "reaction_added",
    "reaction_removed",
    "subteam_members_changed",
    "subteam_updated",
)


def manifest(request_url: str | None = None) -> dict[str, Any]:
    """For Socket Mode; with a `request_url` (https://…/slack/events) for HTTP mode."""
    reached = {"request_url": request_url} if request_url else {}
    command = {
        "command": "/vigilbot",
        "description": "Help, how the bot is connected, and who sees its answers first",
        "usage_hint": "help | status | delivery suggest",
        "should_escape": True,
        **({"url": request_url} if request_url else {}),
    }
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "vigilbot",
            "description": "Answers support questions with cited cards, once an analyst has joined the thread",
            "background_color": "#1f2a44",
        },
        "features": {
            "app_home": {"home_tab_enabled": True, "messages_tab_enabled": False},
            "bot_user": {"display_name": "vigilbot", "always_online": True},
            "slash_commands": [command],
        },
        "oauth_config": {"scopes": {"bot": sorted(SCOPES)}},
        "settings": {
            "event_subscriptions": {**reached, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **reached},
            "org_deploy_enabled": False,
            "socket_mode_enabled": request_url is None,
            "token_rotation_enabled": False,
        },
    }
