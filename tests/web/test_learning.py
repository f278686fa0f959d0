"""What one session teaches answers the next, in a real browser against the real process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.browser import browser, running_vigilbot, visiting
from tests.web.test_knowledge_pages import confirm

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_learnt_pair_answers_the_next_session_and_cites_the_one_it_came_from(folder: Path) -> None:
    async with running_vigilbot(folder.parent) as address, browser() as chromium, visiting(chromium, address) as mia:
        page = mia.page
        await page.get_by_role("button", name="New").first.click()
        await mia.write("customer", "Can I use vigilbot with Mattermost?")
        await mia.write("analyst", "Let me look.")
        await mia.write("analyst", "vigilbot does not connect to Mattermost: it works in Slack and in its own console.")
        taught = page.url
        await page.get_by_role("button", name="Close", exact=True).first.click()
        lesson = page.locator(".lesson")
        await lesson.wait_for()
        assert await lesson.get_attribute("data-result") == "learnt"
        assert "Mattermost" in await lesson.inner_text()

        await page.get_by_role("button", name="New").first.click()
        await mia.write("analyst", "Hello, how can I help?")
        await mia.write("customer", "Can I use vigilbot with Mattermost as well?")
        card = page.locator(".card")
        await card.wait_for()
        assert "does not connect to Mattermost" in await card.inner_text()
        await card.locator(".cite").first.click()
        assert "Support session of" in await card.inner_text()
        source = await card.locator(".passage a").first.get_attribute("href")
        assert source == taught
        await page.goto("about:blank")
        await page.goto(source)
        await page.locator(".message", has_text="it works in Slack and in its own console").first.wait_for()


async def test_what_waits_for_approval_says_so_until_somebody_approves_it(folder: Path) -> None:
    async with (
        running_vigilbot(folder.parent, VIGIL_LEARNING="approve") as address,
        browser() as chromium,
        visiting(chromium, address) as mia,
    ):
        page = mia.page
        await page.get_by_role("button", name="New").first.click()
        await mia.write("customer", "Can I use vigilbot with Mattermost?")
        await mia.write("analyst", "vigilbot does not connect to Mattermost: it works in Slack and in its own console.")
        taught = page.url
        await page.get_by_role("button", name="Close", exact=True).first.click()
        lesson = page.locator(".lesson")
        await lesson.wait_for()
        assert (await lesson.locator(".badge").inner_text()).lower() == "waits for approval"
        entry = lesson.get_by_role("link", name="new entry, not used before somebody approves it")
        await entry.click()
        await page.get_by_role("button", name="Approve", exact=True).first.click()
        await confirm(page, "Approve", "Sam", "that is so")
        await page.locator(".entry-head .badge", has_text="active").wait_for()
        await page.goto(taught)
        await lesson.wait_for()
        assert (await lesson.locator(".badge").inner_text()).lower() == "learnt"
        assert await lesson.get_by_role("link", name="new entry", exact=True).count() == 1
