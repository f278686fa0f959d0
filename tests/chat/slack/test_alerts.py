"""Alerts in Slack: cards within Slack's limits whatever people wrote, forms, and what comes back from them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from slack_sdk.models.views import View

from tests.chat.slack.support import RecordingIntake, settings_for
from tests.standins.blockkit import check_blocks
from tests.standins.slack import ANALYST, OTHER_CHANNEL, local_slack
from vigilbot.chat.base import AlertAnswered, TicketAsked
from vigilbot.chat.slack.alertblocks import (
    DISLIKE,
    DISLIKE_FORM,
    SPLIT,
    alert_blocks,
    alert_fallback,
    linked_view,
    metadata_of,
    reply_blocks,
    why_form,
)
from vigilbot.chat.slack.alertevents import alert_event
from vigilbot.chat.slack.platform import SlackPlatform
from vigilbot.errors import ChatRefused
from vigilbot.models import Affected, Alert, AlertCard

if TYPE_CHECKING:
    from typing import Any

ALERT = Alert("a1", "slack-C-1", "system_failure", 3, "down", ("It is down.",), 1, f"{OTHER_CHANNEL}", "", 1.7e9)
CARD = AlertCard(
    alert=ALERT,
    statement="Login is down in eu-1.",
    link="https://test.slack.com/archives/C/p1",
    customers=2,
    first_seen=1.7e9,
    linked=(Affected("slack-C-2", "Cannot log in", "https://test.slack.com/archives/C/p2"),),
    likes=1,
    dislikes=0,
    closed=False,
    categories=("system_failure", "other"),
)
HOSTILE = "<!channel> <@U1> @everyone *x* <https://evil.example|click>" * 200
HUGE = replace(
    CARD,
    alert=replace(ALERT, evidence=(HOSTILE,) * 50, category="c" * 60),
    statement=HOSTILE,
    linked=tuple(Affected(f"slack-C-{number}", HOSTILE, "") for number in range(300)),
    categories=tuple(f"category {number} " + "x" * 60 for number in range(150)),
)


@pytest.mark.parametrize("card", [CARD, HUGE, replace(CARD, link="", linked=(), closed=True)])
def test_every_card_reply_and_form_is_within_slack_s_limits(card: AlertCard) -> None:
    check_blocks(alert_blocks(card, "S0123", "delivery"))
    check_blocks(reply_blocks(card, "3 customers affected so far.", "delivery", offers=True))
    for view in (why_form(card, metadata_of(ALERT, "C1", "1.0")), linked_view(card, metadata_of(ALERT, "C1", "1.0"))):
        check_blocks(view["blocks"])
        View(**view).validate_json()
        assert len(view["title"]["text"]) <= 24
    assert "<!channel>" not in alert_fallback(card)
    assert "@everyone" not in json.dumps(alert_blocks(card), ensure_ascii=False)


def submission(values: object, metadata: str) -> dict[str, Any]:
    view = {"id": "V1", "callback_id": DISLIKE_FORM, "private_metadata": metadata, "state": {"values": values}}
    return {"type": "view_submission", "user": {"id": ANALYST}, "view": view}


def test_a_form_says_which_category_it_should_have_been() -> None:
    values = {
        "category": {"category": {"selected_option": {"value": "other"}}},
        "note": {"note": {"value": "a drill"}},
    }
    event = alert_event(submission(values, metadata_of(ALERT, "C1", "1.0")), 5.0)
    assert isinstance(event, AlertAnswered)
    assert (event.kind, event.category, event.note, event.alert_id) == ("dislike", "other", "a drill", "a1")


def test_an_empty_form_is_a_plain_dislike_and_a_forged_one_is_nothing() -> None:
    empty = alert_event(
        submission({"category": {"category": {"selected_option": None}}}, metadata_of(ALERT, "C1", "1.0")), 5.0
    )
    assert isinstance(empty, AlertAnswered)
    assert (empty.category, empty.note) == (None, "")
    for metadata in ("", "no json", "[]", '{"alert_id": "a1"}', '{"alert_id": 1, "channel": "C", "ts": "1.0"}'):
        assert alert_event(submission({}, metadata), 5.0) is None


def test_a_click_in_the_list_of_linked_tickets_splits_one() -> None:
    body = {
        "type": "block_actions",
        "user": {"id": ANALYST},
        "view": {"private_metadata": metadata_of(ALERT, "C1", "1.0")},
        "actions": [{"action_id": SPLIT, "value": "slack-C-2", "action_ts": "2.0"}],
    }
    event = alert_event(body, 5.0)
    assert isinstance(event, TicketAsked)
    assert (event.request, event.session_id, event.place.thread) == ("split", "slack-C-2", "1.0")


async def test_an_alert_is_found_again_and_a_channel_without_the_bot_is_refused_in_one_line() -> None:
    async with local_slack() as slack:
        intake, platform = RecordingIntake(), SlackPlatform(settings_for(slack))

        async def card_of(alert_id: str) -> AlertCard:
            return CARD

        platform.serve_alerts(card_of, frozenset({"#random"}))
        await platform.start(intake)
        named = replace(CARD, alert=replace(ALERT, channel="#random"))
        reference = await platform.post_alert(named, "d1")
        assert await platform.find_alert(named, "d1", 0) == reference
        assert await platform.find_alert(named, "d2", 0) is None
        posted = replace(named, alert=replace(named.alert, posted_ref=reference))
        reply = await platform.reply_to_alert(posted, "Two customers.", "d3", offers=False)
        assert await platform.find_reply(posted, "d3", 0) == reply
        await platform.update_alert(replace(posted, closed=True))
        [shown] = [one for one in await slack.messages(OTHER_CHANNEL) if not one.get("thread_ts")]
        assert "Closed" in json.dumps(shown["blocks"])
        with pytest.raises(ChatRefused, match=r"not in #nowhere.*invite it"):
            await platform.post_alert(replace(CARD, alert=replace(ALERT, channel="#nowhere")), "d4")
        await slack.say(ANALYST, "I am on it", reference.partition(":")[2], OTHER_CHANNEL)
        await slack.click(ANALYST, shown, DISLIKE, OTHER_CHANNEL)
        assert [type(event) for event in intake.events] == [AlertAnswered]  # what is said below an alert is no session
        await platform.stop()
