"""The board of tickets in a real browser against the real process: alerts clicked, a wrong link split."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.browser import browser, running_vigilbot, visiting

if TYPE_CHECKING:
    from pathlib import Path

SAID = (
    "The checkout API in eu-west is down, every request ends in error 503.",
    "Checkout API in eu-west down: all our requests fail with 503.",
    "How do I add a second administrator?",
)


async def test_an_outage_stands_on_the_board_is_liked_and_split(folder: Path) -> None:
    async with running_vigilbot(folder.parent) as address, browser() as chromium, visiting(chromium, address) as sam:
        page = sam.page
        for text in SAID:
            await page.get_by_role("button", name="New").first.click()
            await sam.write("customer", text)
        await page.goto(f"{address}/tickets")
        linked = page.locator("[data-pile=linked] .ticket")
        await linked.wait_for(timeout=45_000)
        await page.locator("[data-pile=active] .ticket", has_text="administrator").wait_for()
        await page.locator("[data-pile=escalated] .ticket", has_text="2 threads").click()
        alert = page.locator(".alert")
        await alert.get_by_role("button", name="Right").click()
        await page.get_by_label("Your name").fill("Sam")
        await page.locator("#asking").get_by_role("button", name="Right").click()
        await alert.get_by_text("👍 1").wait_for()
        assert "eu-west" in await alert.locator("blockquote").inner_text()

        await page.goto(f"{address}/tickets")
        await linked.click()
        await page.locator("#split").click()
        await page.locator("#asking").get_by_role("button", name="Split").click()
        await page.locator(".steps li", has_text="a person says it is another problem").wait_for()
        assert sam.faults == []
