"""Slack's payloads, as neutral events. Roles and channels are settled by settings here, so nothing is looked up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chat.slack.support import BOT, REPLY, ROOT, Json, callback, changed, click, deleted, message, reaction
from tests.standins.slack import ANALYST, CHANNEL, CUSTOMER, OTHER_CHANNEL
from vigilbot.chat.base import CardAccepted, CommandGiven, MessageDeleted, MessageEdited, MessagePosted, Place
from vigilbot.chat.slack.alertblocks import DISLIKE_FORM, LIKE, TELL
from vigilbot.chat.slack.alerts import wants_form
from vigilbot.chat.slack.api import SlackApi
from vigilbot.chat.slack.blocks import ACCEPT
from vigilbot.chat.slack.channels import Channels
from vigilbot.chat.slack.events import Translator
from vigilbot.chat.slack.history import keys_of
from vigilbot.chat.slack.modals import answers_of, meta_of
from vigilbot.chat.slack.payload import map_of
from vigilbot.chat.slack.roles import Roles
from vigilbot.chat.wire import decode, encode
from vigilbot.models import Image

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from vigilbot.chat.base import ChatEvent

THREAD = Place("slack", CHANNEL, ROOT)
MENTION = f"<@{BOT.user_id}>"


@pytest_asyncio.fixture
async def translator() -> AsyncIterator[Translator]:
    api = SlackApi("xoxb-unused", "http://127.0.0.1:9/api/")
    yield Translator(BOT, Roles(api, BOT, [ANALYST]), Channels(api, [CHANNEL]))
    await api.close()


async def translated(translator: Translator, event: Json) -> ChatEvent | None:
    return await translator.event(callback(event))


HALF = "half of \ud83d a smiley"


async def test_half_a_surrogate_pair_does_not_keep_a_message_out(translator: Translator) -> None:
    """JSON can say it, SQLite cannot: the message would be refused, brought again, and block the catching up."""
    file = {"name": HALF, "mimetype": "text/plain", "url_private": "https://files.slack.com/x"}
    for told in (message(HALF), message("", subtype="file_share", files=[file]), changed(message("x"), message(HALF))):
        event = await translated(translator, told)
        assert event
        assert "half of ? a smiley" in encode(event).encode().decode()


def kinds() -> st.SearchStrategy[object]:
    """Anything JSON can say, in the words of Slack's payloads."""
    words = [
        "type",
        "event",
        "actions",
        "action_id",
        "value",
        "user",
        "id",
        "channel",
        "message",
        "ts",
        "text",
        "files",
    ]
    words += ["view", "private_metadata", "callback_id", "state", "values", "container", "subtype", "item", "edited"]
    said = ["message", "message_changed", "block_actions", "view_submission", "reaction_added", CHANNEL, ROOT, "٣.٣"]
    said += [ACCEPT, LIKE, TELL, DISLIKE_FORM, "[" * 5_000, '{"alert_id": "a", "channel": "C", "ts": "1.0"}', HALF]
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(said) | st.text(max_size=3)
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(words), inner, max_size=6),
        max_leaves=25,
    )


@given(st.dictionaries(st.sampled_from(["type", "event", "actions", "view", "user", "channel"]), kinds(), max_size=6))
@settings(max_examples=300)
def test_whatever_slack_sends_is_an_event_or_nothing(body: Json) -> None:
    async def told() -> None:
        api = SlackApi("xoxb-unused", "http://127.0.0.1:9/api/")
        try:
            event = await Translator(BOT, Roles(api, BOT, [ANALYST]), Channels(api, [CHANNEL])).event(body)
            assert event is None or decode(encode(event)) == event
            wants_form(body)
            keys_of(CHANNEL, map_of(body, "event"))
            meta_of(map_of(body, "view"))
            answers_of(map_of(body, "view"))
        finally:
            await api.close()

    asyncio.run(told())


async def test_a_root_message_opens_its_own_thread(translator: Translator) -> None:
    assert await translated(translator, message("My *VM* is &lt;down&gt;")) == MessagePosted(
        event_id=f"{CHANNEL}:{ROOT}",
        place=THREAD,
        message_id=ROOT,
        author=CUSTOMER,
        role="customer",
        text="My VM is <down>",
        posted_at=1700000000.0001,
    )


async def test_half_a_surrogate_becomes_a_question_mark(translator: Translator) -> None:
    """JSON can spell it; SQLite could never store it, so that its message would take effect at no start."""
    event = await translated(translator, message("how do I reset it \ud83d"))
    assert isinstance(event, MessagePosted)
    assert event.text == "how do I reset it ?"


async def test_a_reply_belongs_to_its_thread_and_an_analyst_is_known(translator: Translator) -> None:
    event = await translated(translator, message("looking", user=ANALYST, ts=REPLY, thread_ts=ROOT))
    assert isinstance(event, MessagePosted)
    assert (event.place, event.message_id, event.role) == (THREAD, REPLY, "analyst")


@pytest.mark.parametrize("subtype", ["thread_broadcast", "me_message", "file_share"])
async def test_subtypes_in_which_somebody_speaks(translator: Translator, subtype: str) -> None:
    assert isinstance(await translated(translator, message("hello", subtype=subtype)), MessagePosted)


@pytest.mark.parametrize(
    "subtype",
    ["channel_join", "channel_leave", "channel_topic", "pinned_item", "reminder_add", "message_replied", "bot_add"],
)
async def test_subtypes_in_which_nobody_speaks(translator: Translator, subtype: str) -> None:
    assert await translated(translator, message("<@U1> has joined the channel", subtype=subtype)) is None


async def test_pictures_travel_with_the_message(translator: Translator) -> None:
    picture = {
        "id": "F1",
        "name": "error.png",
        "mimetype": "image/png",
        "url_private": "https://files.slack.com/files-pri/T1-F1/error.png",
    }
    event = await translated(translator, message("", subtype="file_share", files=[picture], upload=True))
    assert isinstance(event, MessagePosted)
    assert event.images == (Image(picture["url_private"], "image/png", "error.png"),)
    assert event.text == ""


async def test_other_files_are_named(translator: Translator) -> None:
    file = {"id": "F1", "name": "trace.log", "mimetype": "text/plain", "url_private": "https://files.slack.com/x"}
    event = await translated(translator, message("see", user=ANALYST, subtype="file_share", files=[file]))
    assert isinstance(event, MessagePosted)
    assert (event.text, event.images, event.role) == ("see\n(file: trace.log)", (), "analyst")


async def test_another_bot_is_a_bot_and_its_attachments_are_read(translator: Translator) -> None:
    alert = message("", subtype="bot_message", bot_id="B777", attachments=[{"fallback": "Disk is &gt; 90 %"}])
    del alert["user"]
    event = await translated(translator, alert)
    assert isinstance(event, MessagePosted)
    assert (event.role, event.author, event.text) == ("bot", "B777", "Disk is > 90 %")


@pytest.mark.parametrize("own", [{"user": BOT.user_id}, {"user": BOT.user_id, "bot_id": BOT.bot_id}])
async def test_our_own_messages_mean_nothing(translator: Translator, own: Json) -> None:
    card = message("card", **own)
    assert await translated(translator, card) is None
    assert await translated(translator, changed(card, {**card, "text": "card accepted"})) is None
    assert await translated(translator, deleted(card)) is None


async def test_a_mention_addresses_the_bot_and_both_tellings_are_one(translator: Translator) -> None:
    said = message(f"{MENTION} how do I resize a disk?", ts=REPLY, thread_ts=ROOT)
    told_again = {key: said[key] for key in ("user", "ts", "thread_ts", "text", "channel", "event_ts")}
    first = await translated(translator, said)
    second = await translator.event(callback({"type": "app_mention", **told_again}, event_id="Ev0002"))
    assert isinstance(first, MessagePosted)
    assert first.addressed
    assert first.text == "@vigilbot how do I resize a disk?"
    assert first == second


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (f"{MENTION} close", "close"),
        (f"{MENTION} Mute!", "mute"),
        (f"unmute {MENTION}", "unmute"),
        (f"<@{BOT.user_id}|vigilbot>: help", "help"),
        (f"{MENTION} status?", "status"),
    ],
)
async def test_one_word_to_the_bot_is_a_command(translator: Translator, text: str, command: str) -> None:
    event = await translated(translator, message(text, ts=REPLY, thread_ts=ROOT))
    assert isinstance(event, CommandGiven)
    assert event.command == command
    assert (event.event_id, event.place, event.role) == (f"{CHANNEL}:{REPLY}:{command}", THREAD, "customer")


@pytest.mark.parametrize("text", [f"{MENTION} help me close the valve", "close", "<@U777> close"])
async def test_other_words_are_no_command(translator: Translator, text: str) -> None:
    assert isinstance(await translated(translator, message(text)), MessagePosted)


async def test_an_edit_counts_when_the_words_change(translator: Translator) -> None:
    before = message("how do I reset?", ts=REPLY, thread_ts=ROOT)
    after = {**before, "text": "how do I *reset* the router?", "edited": {"user": CUSTOMER, "ts": "1700000090.000000"}}
    assert await translated(translator, changed(before, after)) == MessageEdited(
        f"{CHANNEL}:{REPLY}:edited:1700000090.000000", THREAD, REPLY, "how do I reset the router?", 1700000090.0
    )


@pytest.mark.parametrize(
    "metadata",
    [
        {"attachments": [{"title": "unfurled", "from_url": "https://example.org"}]},
        {"reply_count": 1, "latest_reply": REPLY},
        {"edited": {"user": CUSTOMER, "ts": "1700000090.000000"}},
        {"text": "*same* words"},
    ],
)
async def test_an_edit_of_anything_else_is_no_event(translator: Translator, metadata: Json) -> None:
    before = message("same words", thread_ts=ROOT)
    assert await translated(translator, changed(before, {**before, **metadata})) is None


async def test_a_deleted_message(translator: Translator) -> None:
    assert await translated(translator, deleted(message("oops", ts=REPLY, thread_ts=ROOT))) == MessageDeleted(
        f"{CHANNEL}:{REPLY}:deleted", THREAD, REPLY, 1700000100.0003
    )


async def test_a_deleted_root_with_replies_leaves_a_tombstone(translator: Translator) -> None:
    root = message("my question", thread_ts=ROOT)
    tombstone = {"type": "message", "subtype": "tombstone", "ts": ROOT, "thread_ts": ROOT, "hidden": True, "text": "x"}
    event = await translated(translator, changed(root, tombstone))
    assert isinstance(event, MessageDeleted)
    assert event.message_id == ROOT


@pytest.mark.parametrize(
    ("name", "user", "added", "command"),
    [
        ("white_check_mark", ANALYST, True, "close"),
        ("white_check_mark", CUSTOMER, True, None),
        ("white_check_mark", ANALYST, False, None),
        ("mute", CUSTOMER, True, "mute"),
        ("mute", ANALYST, False, "unmute"),
        ("eyes", ANALYST, True, None),
        ("mute", BOT.user_id, True, None),
    ],
)
async def test_reactions(translator: Translator, name: str, user: str, added: bool, command: str | None) -> None:
    event = await translated(translator, reaction(name, user, added=added))
    assert (event.command if isinstance(event, CommandGiven) else event) == command
    if event is not None:
        assert event.place == THREAD


async def test_accept_clicked(translator: Translator) -> None:
    assert await translator.event(click("card-7")) == CardAccepted(
        f"{CHANNEL}:card-7:accepted:{CUSTOMER}:1700000300.000500",
        THREAD,
        "card-7",
        CUSTOMER,
        1700000300.0005,
        "customer",
    )


async def test_accept_by_an_analyst_carries_the_role(translator: Translator) -> None:
    event = await translator.event(click("card-7", user=ANALYST))
    assert isinstance(event, CardAccepted)
    assert event.role == "analyst"


async def test_other_buttons_mean_nothing_yet(translator: Translator) -> None:
    assert await translator.event(click("card-7", action_id="something_else")) is None


async def test_channels_that_are_not_watched_and_direct_messages(translator: Translator) -> None:
    assert await translated(translator, message("hi", channel=OTHER_CHANNEL)) is None
    assert await translated(translator, message("hi", channel_type="im")) is None
    elsewhere = reaction("mute", ANALYST)
    elsewhere["item"]["channel"] = OTHER_CHANNEL
    assert await translated(translator, elsewhere) is None


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"type": "message"},
        {"type": "message", "channel": CHANNEL, "ts": "soon", "text": "x", "user": CUSTOMER},
        {"type": "message", "channel": CHANNEL, "ts": 17, "text": None, "user": ["x"]},
        {"type": "message", "subtype": "message_changed", "channel": CHANNEL, "message": "x"},
        {"type": "message", "subtype": "message_deleted", "channel": CHANNEL},
        {"type": "reaction_added", "reaction": "mute", "item": {"type": "file"}},
        {"type": "message", "channel": CHANNEL, "ts": ROOT, "user": CUSTOMER, "text": "", "files": [None, "x"]},
        {"type": "team_join", "user": {"id": "U9"}},
    ],
)
async def test_odd_payloads_are_no_event_and_no_error(translator: Translator, event: Json) -> None:
    assert await translated(translator, event) is None


@pytest.mark.parametrize("body", [{"type": "block_actions"}, {"type": "block_actions", "actions": [{}]}, {}])
async def test_odd_interactions_are_no_event_and_no_error(translator: Translator, body: Json) -> None:
    assert await translator.event(body) is None


async def test_forty_thousand_characters_arrive_whole(translator: Translator) -> None:
    event = await translated(translator, message("a_b *c* " * 5_000))
    assert isinstance(event, MessagePosted)
    assert len(event.text) > 29_000
