import re
from importlib import resources

import pytest

from vigilbot.chat.slack.manifest import EVENTS, SCOPES, manifest

NEEDS_NONE = {"app_home_opened"}
NEEDED_BY_EVENT = {
    "app_mention": "app_mentions:read",
    "channel_rename": "channels:read",
    "group_rename": "groups:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "subteam_members_changed": "usergroups:read",
    "subteam_updated": "usergroups:read",
}


def test_every_event_has_the_scope_it_needs() -> None:
    assert set(EVENTS) == set(NEEDED_BY_EVENT) | NEEDS_NONE
    assert set(NEEDED_BY_EVENT.values()) <= set(SCOPES)


def test_no_scope_is_asked_for_without_a_reason() -> None:
    assert all(SCOPES.values())
    asked = set(manifest()["oauth_config"]["scopes"]["bot"])
    assert asked == set(SCOPES)
    assert not [
        scope for scope in asked if scope.startswith(("im:", "mpim:", "admin", "users.profile")) or "join" in scope
    ]


def test_socket_mode_needs_no_address() -> None:
    made = manifest()
    assert made["settings"]["socket_mode_enabled"] is True
    assert "request_url" not in str(made)
    assert "url" not in made["features"]["slash_commands"][0]


def test_http_mode_has_its_address_everywhere() -> None:
    url = "https://bot.example.org/slack/events"
    made = manifest(url)
    settings = made["settings"]
    assert settings["socket_mode_enabled"] is False
    assert settings["event_subscriptions"]["request_url"] == url
    assert settings["interactivity"]["request_url"] == url
    assert made["features"]["slash_commands"][0]["url"] == url


@pytest.mark.parametrize(("text", "limit"), [("name", 35), ("description", 140)])
def test_display_information_fits(text: str, limit: int) -> None:
    assert 0 < len(manifest()["display_information"][text]) <= limit


def test_the_documentation_names_exactly_these_scopes() -> None:
    text = (resources.files("vigilbot") / "docs" / "slack.md").read_text("utf-8")
    assert set(re.findall(r"^\| `([a-z_.]+:[a-z]+|commands)` \|", text, re.MULTILINE)) == set(SCOPES)
