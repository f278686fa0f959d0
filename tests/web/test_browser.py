"""The whole dialogue in a real browser, against the real process with the real embedding model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.standins.process import free_port
from tests.web.browser import PHONE, browser, running_vigilbot, visiting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser, Page

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    async with running_vigilbot(tmp_path_factory.mktemp("vigilbot")) as served:
        yield served


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with browser() as launched:
        yield launched


async def outcome(page: Page) -> str | None:
    """How the newest turn ended, as the side panel has it."""
    ended: str | None = await page.locator(".turn").first.get_attribute("data-outcome")
    return ended


async def test_one_dialogue_from_silence_to_close(address: str, chromium: Browser) -> None:
    async with visiting(chromium, address) as mia:
        page = mia.page
        await page.get_by_role("button", name="New").first.click()
        await mia.write("customer", "Hello, can somebody help me with vigilbot?")
        assert await mia.note_under("can somebody help") == "Waiting: no analyst has joined yet"
        await mia.write("analyst", "Hi Mia, I am with you.")
        await page.locator(".room-head .badge", has_text="engaged").wait_for()

        asked = "How do I add my own documents to the knowledge base?"
        await mia.write("customer", asked)
        assert (await mia.note_under(asked)).startswith("Answered in")
        card = page.locator(".card")
        await card.wait_for()
        assert await card.count() == 1
        assert "vigilbot ingest" in await card.inner_text()
        assert "AI-generated" in await card.inner_text()
        assert "No language model was used" in await card.inner_text()
        await card.locator(".cite").first.click()
        await card.locator(".passage .where", has_text="version 1").wait_for()
        assert await outcome(page) == "answered"
        assert await page.locator(".turn .found").count() > 0

        again = "So how can I add my own documents to the knowledge base?"
        await mia.write("customer", again)
        assert "Silent: duplicate" in await mia.note_under(again)
        assert await outcome(page) == "duplicate"
        await mia.write("customer", "By the way, what will the weather be like in Berlin tomorrow?")
        assert "out of scope" in await mia.note_under("weather")
        assert await outcome(page) == "out_of_scope"
        await mia.write("customer", "Great, thank you!")
        await mia.note_under("thank you!")
        assert await outcome(page) == "no_assistance"
        assert await card.count() == 1

        await page.keyboard.press("Alt+c")
        await card.get_by_role("button", name="Accept").click()
        assert "Accepted by Mia" in await card.locator(".accepted").inner_text()
        await page.get_by_role("button", name="Close", exact=True).first.click()
        await page.locator("#closed").wait_for()
        await page.locator(".session.closed").wait_for()
        assert not await page.locator("#text").is_visible()
        assert mia.faults == []


async def test_the_sample_on_a_phone_in_the_dark(address: str, chromium: Browser) -> None:
    async with visiting(chromium, address, viewport=PHONE, color_scheme="dark", has_touch=True) as mia:
        page = mia.page
        await page.get_by_role("button", name="New").tap()
        await page.locator("#sample-begin").tap()
        for _ in range(8):
            step = page.locator(".next-step:not([disabled])")
            await step.wait_for()
            assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
            await step.tap()
        await page.locator("#closed").wait_for()
        await page.get_by_text("That was the sample").wait_for()
        assert await page.locator(".card").count() == 1
        await page.locator(".accepted").wait_for()
        await page.get_by_role("button", name="Turns").tap()
        ended = await page.locator(".turn").evaluate_all("turns => turns.map((turn) => turn.dataset.outcome)")
        assert ended == ["no_assistance", "out_of_scope", "duplicate", "answered"]
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        assert mia.faults == []


async def test_every_page_leads_to_the_others(address: str, chromium: Browser) -> None:
    async with visiting(chromium, address) as mia:
        for path in ("/knowledge", "/tickets", "/stats"):
            await mia.page.goto(address + path)
            links = mia.page.get_by_role("navigation", name="Pages").get_by_role("link")
            assert await links.all_inner_texts() == ["Sessions", "Knowledge", "Tickets", "Figures"]
            assert await mia.page.locator("[aria-current=page]").get_attribute("href") == path
            await mia.page.locator(".page-title").wait_for()
        assert mia.faults == []


@pytest.mark.parametrize("path", ["/knowledge/nothing", "/tickets/nothing"])
async def test_a_page_about_nothing_says_so(address: str, chromium: Browser, path: str) -> None:
    async with visiting(chromium, address) as mia:
        await mia.page.goto(address + path)
        assert "nothing" in await mia.page.locator("main .trouble").inner_text()
        await mia.page.get_by_role("link", name=f"All {path.split('/')[1]}").wait_for()
        await mia.page.get_by_role("link", name="Back to the sessions").click()
        await mia.page.wait_for_url(address + "/")


async def test_hostile_text_stays_text(address: str, chromium: Browser) -> None:
    async with visiting(chromium, address) as eve:
        page = eve.page
        await page.keyboard.press("n")
        await eve.write("customer", "<img src=x onerror=alert(1)> [click](javascript:alert(1)) https://example.org/x")
        body = page.locator(".message .body")
        assert await body.locator("img").count() == 0
        links = await body.locator("a").evaluate_all("links => links.map((link) => [link.href, link.rel])")
        assert links == [["https://example.org/x", "noopener noreferrer"]]
        await eve.write("customer", "שלום, איך אני מתחיל? 😀")
        assert await page.locator(".message .body p").last.evaluate("node => getComputedStyle(node).direction") == "rtl"
        await eve.write("customer", "unbroken" * 500)
        assert await page.evaluate("document.documentElement.scrollWidth") == 1360
        assert eve.faults == []


async def test_the_thread_follows_the_message_box(address: str, chromium: Browser) -> None:
    below = "({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight"
    at_end = f"() => ({below})(document.querySelector('#thread')) < 2"
    async with visiting(chromium, address) as mia:
        page = mia.page
        await page.keyboard.press("n")
        for number in range(12):
            await mia.write("customer", f"Line {number}")
        await page.fill("#text", "A line of a long message\n" * 40)
        await page.wait_for_function(at_end)
        await page.keyboard.press("Enter")
        await page.locator(".message", has_text="long message").wait_for()
        await page.wait_for_function(at_end)
        await page.locator("#thread").evaluate("thread => (thread.scrollTop = 0)")
        await mia.write("customer", "The last one")
        await page.wait_for_function(at_end)
        assert mia.faults == []


async def test_a_lost_process_shows_and_the_page_recovers(folder: Path, chromium: Browser) -> None:
    port = free_port()
    async with running_vigilbot(folder.parent, port) as address:
        visit = visiting(chromium, address)
        mia = await visit.__aenter__()
        await mia.page.keyboard.press("n")
        await mia.write("customer", "Hello?")
    await mia.page.get_by_text("Reconnecting…").wait_for()
    async with running_vigilbot(folder.parent, port):
        await mia.page.get_by_text("Reconnecting…").wait_for(state="hidden")
        await mia.write("customer", "Still there?")
        await visit.__aexit__(None, None, None)
