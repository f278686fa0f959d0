"""The page of figures: over HTTP with nothing stored and with something, and in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.flywheel.said import adoption, say, turn_of
from tests.web.browser import PHONE, browser
from tests.web.conftest import running_console
from vigilbot.models import Flag
from vigilbot.storage import annotations as stored

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.knowledge.local import LocalKnowledge


async def test_figures_of_nothing_and_of_something(knowledge: LocalKnowledge, tmp_path: Path) -> None:
    async with running_console(tmp_path, knowledge) as console:
        status, empty = await console.call("GET", "/api/stats")
        assert (status, empty["total"]["cards"], empty["total"]["accept_rate"], empty["problems"]) == (200, 0, None, [])

        await turn_of(knowledge.db, 1)
        await say(knowledge.db, 1, adoption("used"))
        _, found = await console.call("GET", "/api/stats?minutes=30")
        assert (found["total"]["adoption_rate"], found["saving_answers"], found["hours_saved"]) == (1.0, 1, 0.5)
        _, lately = await console.call("GET", "/api/stats?days=30")
        assert lately["total"]["turns"] == 0


async def test_what_is_not_a_number_is_refused_in_one_line(knowledge: LocalKnowledge, tmp_path: Path) -> None:
    async with running_console(tmp_path, knowledge) as console:
        for query in (
            "days=-1",
            "days=soon",
            "days=99999999999",
            "minutes=nan",
            "minutes=-3",
            "minutes=x",
            "minutes=1e9",
        ):
            status, body = await console.call("GET", f"/api/stats?{query}")
            assert (status, query.split("=")[0] in body["error"]) == (400, True), query


async def test_the_page_in_a_browser_on_a_phone(knowledge: LocalKnowledge, tmp_path: Path) -> None:
    await turn_of(knowledge.db, 1, "<img src=x onerror=alert(1)>")
    doubted = await say(knowledge.db, 1, adoption("used"), by="<b>ann</b>")
    await say(knowledge.db, 1, adoption("unused"), by="ben")
    async with knowledge.db.transaction() as tx:
        await stored.flag(tx, Flag(doubted.id, "openai/x", "careless: <i>nothing</i> was read", 11.0))
    async with running_console(tmp_path, knowledge) as console, browser() as chromium:
        profile = await chromium.new_context(viewport=PHONE)
        page = await profile.new_page()
        faults: list[str] = []
        page.on("console", lambda said: faults.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(f"{console.url}/stats")
        await page.locator(".plot svg").first.wait_for()

        assert await page.get_by_text("<b>ann</b>").count() == 2  # what they gave, and what is doubted of it
        assert await page.get_by_text("careless: <i>nothing</i> was read").count() == 1
        agreed = page.locator("h3:has-text('How far analysts agree') + .scroller td")
        assert await agreed.all_inner_texts() == ["adoption", "1", "0 %", "0.00"]
        await page.screenshot(path=tmp_path / "stats.png", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        await page.get_by_label("Minutes saved by each answer").fill("60")
        await page.keyboard.press("Tab")
        await page.locator(".tile", has_text="Hours saved").get_by_text("1", exact=True).wait_for()
        assert faults == []
        await profile.close()
