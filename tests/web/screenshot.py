"""Makes the README's picture of the console from the real process: `python -m tests.web.screenshot`."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from tests.web.browser import browser, running_vigilbot, visiting

PICTURE = Path(__file__).parents[2] / "vigilbot" / "docs" / "images" / "console.png"
SAID = (
    ("customer", "Hello, we have just set up vigilbot. Can somebody help me?"),
    ("analyst", "Hi Mia, Sam from support. Go ahead, I am with you."),
    ("customer", "How do I add my own documents to the knowledge base?"),
    ("customer", "By the way, what will the weather be like in Berlin tomorrow?"),
)


async def take(picture: Path) -> None:
    """Play a short dialogue, and photograph the console with a card, a silence and the side panel."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            running_vigilbot(Path(folder)) as address,
            browser() as chromium,
            visiting(chromium, address, device_scale_factor=2) as mia,
        ):
            await mia.page.keyboard.press("n")
            for role, text in SAID:
                await mia.write(role, text)
                if role == "customer":
                    await mia.note_under(text)
            await mia.page.locator(".turn[data-outcome=answered] > button").click()
            await mia.page.locator(".card").get_by_role("button", name="Accept").click()
            await mia.page.locator(".accepted").wait_for()
            await mia.page.locator("#thread").evaluate("thread => (thread.scrollTop = thread.scrollHeight)")
            picture.parent.mkdir(parents=True, exist_ok=True)
            await mia.page.screenshot(path=picture)


if __name__ == "__main__":
    asyncio.run(take(PICTURE))
