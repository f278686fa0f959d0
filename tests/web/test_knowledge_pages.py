"""The knowledge pages in a real browser: find, read, approve, edit, retire and revert entries."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.knowledge.entries import BY, document, pair
from tests.web.browser import PHONE, browser, visiting
from tests.web.conftest import running_console
from vigilbot.models import Audience, Origin
from vigilbot.storage.entries import Content

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Page

    from tests.web.conftest import Console
    from vigilbot.knowledge.local import LocalKnowledge

ANSWER = "Set the region to `eu-1` and send the session token:\n\n```\nsign --region eu-1 --token $TOKEN\n```"
NARROWED = ANSWER.replace("Set the region", "With Go SDK v2.1.3 and STS tokens, set the region")


@asynccontextmanager
async def stocked(folder: Path, knowledge: LocalKnowledge) -> AsyncIterator[Console]:
    """A console whose knowledge has a learnt pair with two versions, a pending pair, and documents for three pages."""
    async with running_console(folder, knowledge) as console:
        session = await console.open("Signature does not match")
        first = Origin(session, "turn-1", ("m1", "m2"), ("Ann",))
        second = Origin("console-room-gone", people=("Ben",), verdict="update")
        chunks = [document(f"d{number}", f"Paragraph {number} of the guide.", title="Guide") for number in range(120)]
        await knowledge.put(chunks, BY)
        learnt = pair("learnt", "Why does the signature not match?", ANSWER)
        await knowledge.put([learnt], replace(BY, who="learning", why="Ann told so", origins=(first,), at=BY.at + 1))
        narrowed = Content("", NARROWED, learnt.content.source, "Why does the signature not match with STS tokens?")
        by = replace(BY, who="learning", why="it helped only with STS tokens", origins=(second,), at=BY.at + 2)
        await knowledge.put([replace(learnt, content=narrowed)], by)
        await knowledge.put(
            [replace(pair("waiting", "Can I pay in crowns?", "Yes, by *invoice*."), status="pending")],
            replace(BY, at=BY.at + 3, origins=(first,)),
        )
        odd = pair("../odd id?", "Where do odd <b>ids</b> lead?", "Here.", Audience("customer:acme"))
        await knowledge.put([odd], replace(BY, at=BY.at + 4))
        yield console


async def confirm(page: Page, word: str, name: str | None = None, why: str = "") -> None:
    sheet = page.get_by_role("dialog")
    if name:
        await sheet.get_by_label("Your name").fill(name)
    await sheet.get_by_label("Why").fill(why)
    await sheet.get_by_role("button", name=word, exact=True).click()
    await sheet.wait_for(state="hidden")


async def test_entries_are_found_and_every_page_of_them(tmp_path: Path, knowledge: LocalKnowledge) -> None:
    async with stocked(tmp_path, knowledge) as console, browser() as chromium:
        async with visiting(chromium, console.url) as admin:
            page = admin.page
            await page.click("#knowledge-open")
            await page.get_by_role("link", name="All entries").click()
            await page.get_by_text("123 entries, latest change first").wait_for()
            await page.get_by_role("button", name="Older").click()
            await page.get_by_text("Page 2 of 3").wait_for()
            await page.go_back()
            await page.get_by_text("Page 1 of 3").wait_for()
            await page.get_by_label("Words").fill("signature STS")
            await page.keyboard.press("Enter")
            await page.get_by_text("1 entry, latest").wait_for()
            assert "words=signature+STS" in page.url
            await page.get_by_label("Kind").select_option("document")
            await page.get_by_text("No entry passes these filters.").wait_for()
            await page.get_by_role("link", name="Sessions").click()
            await page.wait_for_selector("#facts .badge", state="attached")
        assert admin.faults == []


async def test_an_entry_tells_its_story_and_goes_back(tmp_path: Path, knowledge: LocalKnowledge) -> None:
    async with stocked(tmp_path, knowledge) as console, browser() as chromium:
        async with visiting(chromium, console.url) as admin:
            page = admin.page
            await page.goto(f"{console.url}/knowledge/learnt")
            await page.get_by_role("heading", name="with STS tokens?").wait_for()
            assert await page.locator(".about .origin").all_inner_texts() == [
                "session Signature does not match · taught by Ann",
                "session console-room-gone · taught by Ben · review said update",
            ]
            await page.get_by_role("button", name="Version 2").click()
            assert await page.locator(".difference ins").first.inner_text() == "match with STS tokens?"
            assert "it helped only with STS tokens" in await page.locator(".version .by").first.inner_text()
            await page.get_by_role("button", name="Version 1", exact=False).click()
            await page.get_by_role("button", name="Revert to version 1").click()
            await confirm(page, "Revert", "Sam", "it holds for everybody")
            await page.get_by_text("3 versions, newest first").wait_for()
            assert (await knowledge.get("learnt")).text == ANSWER
            await page.get_by_role("button", name="Retire").click()
            assert await page.get_by_label("Your name").input_value() == "Sam"
            await confirm(page, "Retire")
            await page.locator(".entry-head .badge", has_text="retired").wait_for()
            await page.get_by_role("button", name="Revert", exact=True).click()
            await confirm(page, "Revert")
            await page.locator(".entry-head .badge", has_text="active").wait_for()
            await page.get_by_role("link", name="Signature does not match").click()
            await page.locator(".room-head h2", has_text="Signature does not match").wait_for()
        assert admin.faults == []


async def test_the_approval_queue(tmp_path: Path, knowledge: LocalKnowledge) -> None:
    await knowledge.put([replace(pair("bad", "Is this right?", "No."), status="pending")], BY)
    async with stocked(tmp_path, knowledge) as console, browser() as chromium:
        async with visiting(chromium, console.url) as admin:
            page = admin.page
            await page.goto(f"{console.url}/knowledge")
            await page.get_by_role("button", name="Pending 2").click()
            assert "null" not in await page.inner_text("body")
            assert "taught by Ann" in await page.locator(".entry", has_text="crowns").inner_text()
            row = page.locator(".entry", has_text="Is this right?")
            await row.get_by_role("button", name="Reject").click()
            await confirm(page, "Reject", "Sam", "it is not")
            await page.get_by_text("1 entry, latest").wait_for()
            assert (await knowledge.get("bad")).status == "retired"
            await page.get_by_role("link", name="Edit and approve").click()
            await page.get_by_label("Text").fill("Yes, by invoice, within 14 days.")
            await page.get_by_role("button", name="Approve this wording").click()
            await confirm(page, "Approve")
            await page.locator(".entry-head .badge", has_text="active").wait_for()
            approved = await knowledge.get("waiting")
            assert (approved.status, approved.text) == ("active", "Yes, by invoice, within 14 days.")
            await page.get_by_text("taught by Sam").wait_for()
        assert admin.faults == []


async def test_two_people_do_not_overwrite_each_other(tmp_path: Path, knowledge: LocalKnowledge) -> None:
    async with (
        stocked(tmp_path, knowledge) as console,
        browser() as chromium,
        visiting(chromium, console.url) as admin,
    ):
        page = admin.page
        await page.goto(f"{console.url}/knowledge/learnt")
        await page.get_by_role("button", name="Edit").click()
        await knowledge.retire(["learnt"], BY)
        await page.get_by_role("button", name="Save").click()
        await confirm(page, "Save", "Sam")
        await page.get_by_role("alert").get_by_text("has changed meanwhile").wait_for()
        assert (await knowledge.get("learnt")).status == "retired"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_fits_a_phone_and_shows_whatever_an_entry_holds(
    tmp_path: Path, knowledge: LocalKnowledge, scheme: str
) -> None:
    async with stocked(tmp_path, knowledge) as console, browser() as chromium:
        async with visiting(chromium, console.url, viewport=PHONE, color_scheme=scheme) as admin:
            page = admin.page
            await page.goto(f"{console.url}/knowledge")
            await page.get_by_text("123 entries").wait_for()
            await page.get_by_role("link", name="Where do odd <b>ids</b> lead?").click()
            await page.get_by_text("only customer:acme").wait_for()
            for path in ("/knowledge", "/knowledge/learnt", "/knowledge?status=pending", "/knowledge?status=review"):
                await page.goto(console.url + path)
                await page.locator(".entry, .version").first.wait_for()
                width = await page.evaluate("document.documentElement.scrollWidth")
                assert width <= PHONE["width"], f"{path} is {width} pixels wide"
        assert admin.faults == []
