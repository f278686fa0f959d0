"""Suggestions and annotations in a real browser; and nothing of them in what a customer's page is sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import aiohttp

from tests.web.browser import Visitor, browser, running_vigilbot, visiting

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

QUESTION = "How do I change the port of the console?"
PRIVATE = "zebra"


async def session_view(address: str) -> Any:
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{address}/api/sessions") as response:
            [session] = (await response.json())["sessions"]
        async with http.get(f"{address}/api/sessions/{session['id']}") as response:
            return await response.json()


async def ask(visitor: Visitor, *questions: str) -> None:
    await visitor.write("customer", "Hello, can somebody help?")
    await visitor.write("analyst", "Let me look")
    for question in questions:
        await visitor.write("customer", question)
        await visitor.note_under(question)
    await visitor.page.focus("#text")
    await visitor.page.keyboard.press("Alt+a")


async def test_an_analyst_edits_posts_and_says_what_was_lacking(folder: Path) -> None:
    async with (
        running_vigilbot(folder.parent, VIGIL_DELIVERY="suggest", VIGIL_ANNOTATE_SHARE="1") as address,
        browser() as chromium,
        visiting(chromium, address) as visitor,
    ):
        page = visitor.page
        await ask(visitor, QUESTION)
        offer = page.locator(".offer")
        await offer.wait_for()
        assert "VIGIL_PORT" in await offer.inner_text()
        assert "VIGIL_PORT" not in await page.locator("#thread").inner_text()
        before = await session_view(address)
        assert before["cards"] == []
        assert "VIGIL_PORT" not in json.dumps([before["messages"], before["notices"], before["turns"][0]["answer"]])
        await page.focus("#text")
        await page.keyboard.press("Alt+c")
        await page.locator("#analyst").wait_for(state="hidden")
        await page.keyboard.press("Alt+a")
        await offer.wait_for()
        await page.screenshot(path=folder.parent / "suggestion.png")

        await offer.get_by_text("Edit and post").click()
        await offer.locator("textarea").fill("Set VIGIL_PORT to another number [1], then restart it.")
        await offer.get_by_text("Post edited").click()
        card = page.locator(".card")
        await card.wait_for()
        assert "then restart it" in await card.inner_text()
        assert "posted by Sam" in await card.inner_text()

        form = page.locator(".annotate").first
        await form.get_by_label("Incomplete").check()
        await form.get_by_label("Relevant", exact=True).first.check()
        await form.locator("[name=lacking]").fill(f"where a {PRIVATE} finds the port")
        await page.screenshot(path=folder.parent / "annotating.png")
        await form.get_by_text("Send").click()
        gap = page.locator(".gap")
        await gap.wait_for()
        await gap.locator("summary").click()
        await gap.get_by_label("Answer", exact=True).fill("On the door of its stable.")
        await gap.get_by_text("Save as knowledge").click()
        await gap.wait_for(state="detached")
        assert PRIVATE not in json.dumps(await session_view(address))
        await page.select_option("#delivery", "proactive")
        await page.screenshot(path=folder.parent / "after.png")
        assert visitor.faults == []
