"""Suggestions and annotations in Slack: clicked through buttons, modals and App Home; customers see nothing of it."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from tests.chat.slack.support import settings_for
from tests.standins.blockkit import check_blocks
from tests.standins.process import free_port
from tests.standins.slack import ANALYST, CHANNEL, CUSTOMER, Json, LocalSlack, local_slack
from vigilbot.app import App, assembled, serving
from vigilbot.chat.slack import home, modals, private
from vigilbot.models import Adoption, Candidate, MissingKnowledge, Relevance
from vigilbot.storage import annotations as stored
from vigilbot.storage import cards, gaps, lessons, requests, suggestions
from vigilbot.storage.requests import Alternative

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from vigilbot.models import Card
    from vigilbot.storage.lessons import StoredLesson

PATIENCE_SECONDS = 20.0
QUESTION = "Which port do the metrics have?"
PRIVATE = "zebra"
"""What analysts write, and no customer may ever read."""


@asynccontextmanager
async def workspace(folder: Path, **changes: object) -> AsyncIterator[tuple[LocalSlack, App]]:
    async with local_slack() as slack:
        settings = settings_for(slack, data_dir=folder, port=free_port(), quiet_window=0.3, annotate_share=1, **changes)
        async with assembled(settings) as app, serving(app) as served:
            await served.warming
            yield slack, app


async def eventually(seen: Callable[[], Awaitable[Any]]) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := await seen():
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("it has not come")


async def whispers(slack: LocalSlack) -> list[Json]:
    """What only the analyst sees in the channel."""
    return [message for message in await slack.messages() if message.get("ephemeral_to")]


async def ask(slack: LocalSlack, question: str = "How do I change the port of the console?") -> str:
    root = await slack.say(CUSTOMER, "Hi, can somebody help?")
    await slack.say(ANALYST, "Hello, let me look", root)
    await slack.say(CUSTOMER, question, root)
    return root


async def customer_sees(slack: LocalSlack) -> str:
    """Every payload that is not for an analyst alone."""
    return json.dumps([message for message in await slack.messages() if not message.get("ephemeral_to")])


def option(value: str) -> Json:
    return {"value": {"selected_option": {"value": value}}}


def text(value: str) -> Json:
    return {"value": {"value": value}}


async def test_edit_and_post_through_a_modal_and_what_was_posted_is_learnt(tmp_path: Path) -> None:
    async with workspace(tmp_path, delivery="suggest") as (slack, app), slack.ui() as ui:
        root = await ask(slack)
        [offered] = await eventually(lambda: whispers(slack))
        check_blocks(offered["blocks"])
        assert offered["ephemeral_to"] == ANALYST
        assert "VIGIL_PORT" in json.dumps(offered["blocks"])
        assert "VIGIL_PORT" not in await customer_sees(slack)

        await slack.click(ANALYST, offered, private.EDIT)
        await ui.until(lambda screen: screen.modal is not None)
        assert ui.modal
        assert ui.modal["callback_id"] == modals.EDITED
        await ui.submit(ANALYST, {modals.TEXT: text("   ")})
        assert ui.errors == {modals.TEXT: "The text is empty, so nothing was posted."}
        await ui.submit(ANALYST, {modals.TEXT: text(f"Set VIGIL_PORT to another number, and restart the {PRIVATE}.")})
        [*_, card] = await eventually(lambda: _cards(slack, root))
        check_blocks(card["blocks"])
        assert PRIVATE in json.dumps(card["blocks"])
        assert {"type": "user", "user_id": ANALYST} in card["blocks"][1]["elements"][0]["elements"]

        [annotation] = await stored.since(app.db)
        assert isinstance(annotation.statement, Adoption)
        assert (annotation.statement.use, annotation.analyst) == ("edited", ANALYST)
        assert annotation.statement.changes
        await slack.react(ANALYST, root, "white_check_mark")
        [lesson] = await eventually(lambda: _accepted(app, root))
        assert PRIVATE in (await app.knowledge.get(lesson.entries[0].entry_id)).text


async def test_all_four_annotations_are_clicked_and_no_customer_sees_any(tmp_path: Path) -> None:
    async with workspace(tmp_path) as (slack, app), slack.ui() as ui:
        root = await ask(slack)
        [asking] = await eventually(lambda: whispers(slack))
        check_blocks(asking["blocks"])
        [card] = await eventually(lambda: _cards(slack, root))
        [turn] = [each.turn_id for each in await _cards_of(app, root)]
        comparison = await _second_answer(app, turn)

        await slack.click(ANALYST, asking, private.ANNOTATE)
        await ui.until(lambda screen: screen.modal is not None)
        assert ui.modal
        check_blocks(ui.modal["blocks"])
        assert comparison in json.dumps(ui.modal["blocks"])
        await ui.submit(ANALYST, {})
        assert ui.errors == {modals.LACKING: "Nothing was filled in, so nothing was stored."}
        await ui.submit(
            ANALYST,
            {
                modals.USE: option("unused"),
                modals.REASONS: {"value": {"selected_options": [{"value": "incomplete"}]}},
                f"{modals.PASSAGE}1": option("relevant"),
                f"{modals.PASSAGE}2": option("not_relevant"),
                modals.PREFERENCE: option("left:slightly_better"),
                modals.LACKING: text(f"how a {PRIVATE} reads the port"),
                modals.NOTE: text(f"note of a {PRIVATE}"),
            },
        )
        made = await stored.since(app.db)
        assert sorted(each.kind for each in made) == ["adoption", "missing_knowledge", "preference", "relevance"]
        assert {each.analyst for each in made} == {ANALYST}
        relevance = next(each.statement for each in made if isinstance(each.statement, Relevance))
        assert [judged.grade for judged in relevance.references] == ["relevant", "not_relevant"]
        assert any(isinstance(each.statement, MissingKnowledge) for each in made)
        await slack.click(CUSTOMER, card, "vigil_accept")
        await eventually(lambda: stored.signals(app.db))
        assert PRIVATE not in await customer_sees(slack)
        assert comparison not in await customer_sees(slack)


async def test_app_home_keeps_what_is_open_and_closes_gaps(tmp_path: Path) -> None:
    async with workspace(tmp_path, delivery="suggest") as (slack, app), slack.ui() as ui:
        root = await ask(slack)
        await eventually(lambda: whispers(slack))
        await slack.open_home(CUSTOMER)
        await slack.open_home(ANALYST)
        await ui.until(lambda screen: {CUSTOMER, ANALYST} <= set(screen.homes))
        assert "VIGIL_PORT" in json.dumps(ui.homes[ANALYST])
        assert "VIGIL_PORT" not in json.dumps(ui.homes[CUSTOMER])
        check_blocks(ui.homes[ANALYST]["blocks"])

        [suggestion] = await suggestions.of_session(app.db, card_session(root))
        await ui.click_home(ANALYST, private.ANNOTATE)
        await ui.until(lambda screen: screen.modal is not None)
        await ui.submit(ANALYST, {modals.LACKING: text("which port the metrics have")})
        await ui.until(lambda screen: "which port the metrics have" in json.dumps(screen.homes[ANALYST]))
        await ui.click_home(ANALYST, home.FILL)
        await ui.until(lambda screen: screen.modal is not None and screen.modal["callback_id"] == modals.GAP_FILLED)
        await ui.submit(ANALYST, {modals.QUESTION: text(QUESTION), modals.TEXT: text("")})
        assert ui.errors == {modals.TEXT: "Write the answer, or link the page that has it."}
        await ui.submit(
            ANALYST,
            {modals.QUESTION: text(QUESTION), modals.TEXT: text("That of the console.")},
        )
        [gap] = await gaps.listed(app.db)
        assert (gap.state, gap.closed_by) == ("closed", ANALYST)
        entry = await app.knowledge.get(gap.entry_ids[0])
        assert (entry.question, entry.text) == (QUESTION, "That of the console.")

        await ui.click_home(ANALYST, private.POST)
        await eventually(lambda: _cards(slack, root))
        assert (await suggestions.get(app.db, suggestion.id)).state == "posted"


async def test_only_analysts_decide_and_choose_who_sees_answers(tmp_path: Path) -> None:
    async with workspace(tmp_path, delivery="suggest") as (slack, app):
        root = await ask(slack)
        [offered] = await eventually(lambda: whispers(slack))
        await slack.click(CUSTOMER, offered, private.POST)  # as one who was an analyst when it was shown
        await eventually(lambda: _said(slack, "Only analysts can do this."))
        assert await _cards(slack, root) == []
        await slack.slash(CUSTOMER, "/vigilbot", "delivery shadow")
        await slack.slash(ANALYST, "/vigilbot", "delivery loudly")
        assert await suggestions.choices(app.db) == {}
        await slack.slash(ANALYST, "/vigilbot", "delivery shadow")
        await slack.slash(ANALYST, "/vigilbot", f"delivery suggest <@{CUSTOMER}|alice>")
        chosen = {audience: choice.mode for audience, choice in (await suggestions.choices(app.db)).items()}
        assert chosen == {f"channel:{CHANNEL}": "shadow", f"customer:{CUSTOMER}": "suggest"}


async def test_one_click_ends_the_asking_for_a_day(tmp_path: Path) -> None:
    async with workspace(tmp_path) as (slack, app):
        await ask(slack)
        [asking] = await eventually(lambda: whispers(slack))
        await slack.click(ANALYST, asking, private.SNOOZE)
        assert await eventually(lambda: requests.snoozed(app.db, ANALYST)) > time.time()
        await eventually(lambda: _said(slack, "I will not ask you anything for a day."))
        await ask(slack, "Which setting changes the address it listens on?")
        await app.activity.quiet()
        assert len(await whispers(slack)) == 1


def card_session(root: str) -> str:
    return f"slack-{CHANNEL}-{root}"


async def _accepted(app: App, root: str) -> list[StoredLesson]:
    return [each for each in await lessons.of_session(app.db, card_session(root)) if each.result == "accepted"]


async def _cards(slack: LocalSlack, root: str) -> list[Json]:
    return [
        message for message in await slack.thread(root) if message.get("blocks") and not message.get("ephemeral_to")
    ]


async def _cards_of(app: App, root: str) -> list[Card]:
    return await cards.of_session(app.db, card_session(root))


async def _said(slack: LocalSlack, words: str) -> bool:
    return words in json.dumps(await slack.messages(), ensure_ascii=False)


async def _second_answer(app: App, turn: str) -> str:
    """The second answer's words; one is put there where the extractive reasoner found none."""
    await app.activity.quiet()
    if await requests.alternative(app.db, turn) is None:
        async with app.db.transaction() as tx:
            other = Candidate("Another answer.", "extractive", "other_references")
            await requests.add_alternative(tx, Alternative(turn, other, given_left=True, created_at=0.0))
    found = await requests.alternative(app.db, turn)
    assert found
    return found.candidate.text.split("<doc_")[0][:60]
