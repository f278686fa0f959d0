"""Socket Mode against a real workspace server: events in, cards out, and a clean end."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from PIL import Image as Picture

from tests.chat.slack.support import RecordingIntake, card_of, session_at, settings_for, source
from tests.standins.blockkit import check_blocks
from tests.standins.slack import ANALYST, CHANNEL, CUSTOMER, OTHER_CHANNEL, LocalSlack, local_slack
from vigilbot.chat.base import CardAccepted, CommandGiven, MessageDeleted, MessagePosted
from vigilbot.chat.slack.blocks import ACCEPT
from vigilbot.chat.slack.platform import SlackPlatform
from vigilbot.errors import ChatError
from vigilbot.models import Image

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with local_slack() as running:
        yield running


@pytest_asyncio.fixture
async def intake() -> RecordingIntake:
    return RecordingIntake()


@pytest_asyncio.fixture
async def platform(slack: LocalSlack, intake: RecordingIntake) -> AsyncIterator[SlackPlatform]:
    connected = SlackPlatform(settings_for(slack))
    await connected.start(intake)
    yield connected
    await connected.stop()


@pytest.mark.usefixtures("platform")
async def test_what_people_do_becomes_events(slack: LocalSlack, intake: RecordingIntake) -> None:
    bot = f"<@{slack.app.user_id}>"
    root = await slack.say(CUSTOMER, "مرحبا 🎉 my VM is down")
    reply = await slack.say(CUSTOMER, f"{bot} anybody there?", root)
    await slack.say(CUSTOMER, f"{bot} mute", root)
    await slack.delete(CUSTOMER, reply)
    await slack.react(ANALYST, root, "white_check_mark")
    first, second, mute, gone, close = intake.events
    assert isinstance(first, MessagePosted)
    assert (first.text, first.place.thread, first.message_id) == ("مرحبا 🎉 my VM is down", root, root)
    assert isinstance(second, MessagePosted)
    assert (second.addressed, second.place) == (True, first.place)
    assert isinstance(mute, CommandGiven)
    assert (mute.command, mute.role) == ("mute", "customer")
    assert isinstance(gone, MessageDeleted)
    assert gone.message_id == reply
    assert isinstance(close, CommandGiven)
    assert (close.command, close.role, close.place) == ("close", "analyst", first.place)
    assert intake.repeats == 2  # both mentions came as `message` and as `app_mention`


async def test_a_card_is_posted_found_accepted_and_updated(
    slack: LocalSlack, platform: SlackPlatform, intake: RecordingIntake
) -> None:
    root = await slack.say(CUSTOMER, "How do I reset it?")
    session = session_at(root)
    card = card_of("Hold the button [1].", "", sources=(source(1),))
    ref = await platform.post_card(session, card, "delivery-1")
    posted = next(entry for entry in await slack.thread(root) if entry["ts"] == ref)
    check_blocks(posted["blocks"])
    assert posted["text"].startswith("AI-generated answer: ")
    assert await platform.find_posted(session, "delivery-1", float(ref)) == ref
    assert await platform.find_posted(session, "delivery-2", float(ref)) is None
    await slack.click(CUSTOMER, posted, ACCEPT)
    accepted = intake.events[-1]
    assert isinstance(accepted, CardAccepted)
    assert (accepted.card_id, accepted.place.thread) == (card.id, root)
    await platform.update_card(session, replace(card, state="accepted", accepted_by=CUSTOMER, posted_ref=ref))
    shown = next(entry for entry in await slack.thread(root) if entry["ts"] == ref)
    check_blocks(shown["blocks"])
    assert shown["blocks"][-1]["elements"][0]["elements"][1] == {"type": "user", "user_id": CUSTOMER}
    assert len(await slack.thread(root)) == 2


async def test_a_card_is_found_beyond_the_first_page(slack: LocalSlack, platform: SlackPlatform) -> None:
    root = await slack.say(CUSTOMER, "a long thread")
    ref = await platform.post_card(session_at(root), card_of("x"), "delivery-1")
    for number in range(5):
        await slack.say(CUSTOMER, f"more {number}", root)
    assert await platform.find_posted(session_at(root), "delivery-1", float(ref)) == ref


async def test_notices_go_to_one_person_or_to_the_thread(slack: LocalSlack, platform: SlackPlatform) -> None:
    root = await slack.say(CUSTOMER, "hello")
    await platform.post_notice(session_at(root), "only <you> & me", CUSTOMER, "d-1")
    await platform.post_notice(session_at(root), "for @channel", None, "d-2")
    private, public = (await slack.messages())[-2:]
    assert (private["ephemeral_to"], private["text"]) == (CUSTOMER, "only &lt;you&gt; &amp; me")
    assert "@channel" not in public["text"]
    assert public["thread_ts"] == root
    assert await platform.find_posted(session_at(root), "d-2", float(root)) == public["ts"]


async def test_a_screenshot_can_be_fetched(slack: LocalSlack, platform: SlackPlatform, intake: RecordingIntake) -> None:
    drawn = io.BytesIO()
    Picture.new("RGB", (4, 4), "red").save(drawn, "PNG")
    await slack.upload(CUSTOMER, "screen.png", drawn.getvalue(), "image/png", "see")
    posted = intake.events[-1]
    assert isinstance(posted, MessagePosted)
    assert posted.text == "see"
    assert await platform.fetch_image(posted.images[0]) == drawn.getvalue()


@pytest.mark.parametrize(
    "location", ["https://evil.example/x.png", "http://127.0.0.1:9/x.png", "file:///etc/passwd", "http://[", "x"]
)
async def test_the_token_is_sent_to_slack_only(platform: SlackPlatform, location: str) -> None:
    with pytest.raises(ChatError, match="is not Slack's"):
        await platform.fetch_image(Image(location, "image/png"))


async def test_a_file_that_is_no_picture_is_not_read(slack: LocalSlack, platform: SlackPlatform) -> None:
    with pytest.raises(ChatError, match="files:read"):
        await platform.fetch_image(Image(f"{slack.url}/files-pri/none/none.png", "image/png"))


async def test_two_sockets_of_one_app_make_no_double_event(
    slack: LocalSlack, platform: SlackPlatform, intake: RecordingIntake
) -> None:
    twin = SlackPlatform(settings_for(slack))
    await twin.start(intake)
    await slack.say(CUSTOMER, "hello")
    await twin.stop()
    assert len(intake.events) == 1
    assert intake.repeats == 1


@pytest.mark.usefixtures("platform")
async def test_what_could_not_be_stored_is_not_acknowledged(slack: LocalSlack, intake: RecordingIntake) -> None:
    intake.broken = OSError("disk full")
    saying = asyncio.create_task(slack.say(CUSTOMER, "hello"))
    async with asyncio.timeout(10):
        while not intake.refusals:  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.5)  # an acknowledgement would have come by then
    assert [entry["kind"] for entry in await slack.log() if entry["kind"] in {"events_api", "ack"}] == ["events_api"]
    saying.cancel()


async def test_channels_by_name(slack: LocalSlack, intake: RecordingIntake) -> None:
    platform = SlackPlatform(settings_for(slack, channels="#Support"))
    await platform.start(intake)
    await slack.say(CUSTOMER, "elsewhere", channel=OTHER_CHANNEL)
    await slack.say(CUSTOMER, "here")
    await platform.stop()
    assert [event.place.channel for event in intake.events] == [CHANNEL]


async def test_the_home_workspace_are_analysts(slack: LocalSlack, intake: RecordingIntake) -> None:
    platform = SlackPlatform(settings_for(slack, analysts="home-workspace"))
    await platform.start(intake)
    await slack.say(ANALYST, "hello")
    await platform.stop()
    assert isinstance(intake.events[0], MessagePosted)
    assert intake.events[0].role == "analyst"


async def test_an_unreachable_slack_is_named_in_one_line(slack: LocalSlack, intake: RecordingIntake) -> None:
    away = SlackPlatform(settings_for(slack, slack_api_url="http://127.0.0.1:9/api/"))
    with pytest.raises(ChatError, match=r"see that http://127\.0\.0\.1:9/api/"):
        await away.start(intake)


async def test_after_the_stop_nothing_is_left(slack: LocalSlack, intake: RecordingIntake) -> None:
    before = asyncio.all_tasks()
    for _ in range(2):
        platform = SlackPlatform(settings_for(slack))
        await platform.start(intake)
        await slack.say(CUSTOMER, "hello")
        await platform.stop()
        await platform.stop()
    await asyncio.sleep(0.1)  # the relay to the stand-in notices closed connections a moment later
    left = [task for task in asyncio.all_tasks() - before if "netns" not in repr(task)]
    assert left == []
