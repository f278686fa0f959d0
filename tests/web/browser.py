"""The real process and a real browser: what the browser test and the README's screenshot share."""

from __future__ import annotations

import os
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp
from playwright.async_api import async_playwright

from tests.standins.process import free_port, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser, Page

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]
DESK = {"width": 1360, "height": 840}
PHONE = {"width": 360, "height": 740}


@asynccontextmanager
async def running_vigilbot(folder: Path, port: int | None = None, **environment: str) -> AsyncIterator[str]:
    """`vigilbot run` in a process of its own, its data in `folder`; yields its address once it knows its own docs."""
    port = port or free_port()
    address = f"http://127.0.0.1:{port}"
    strangers = [name for name in os.environ if name.startswith(("VIGIL_", "SLACK_"))]
    command = ["env", "-C", str(folder), *(f"--unset={name}" for name in strangers)]
    command += [f"VIGIL_DATA_DIR={folder / 'data'}", f"VIGIL_PORT={port}", "VIGIL_QUIET_WINDOW=0.5"]
    command += [f"{name}={value}" for name, value in environment.items()]
    command += [sys.executable, "-m", "vigilbot", "run"]

    async def ready() -> bool:
        async with aiohttp.ClientSession() as http:
            try:
                async with http.get(address + "/api/status") as response:
                    status = await response.json()
                    return bool(status["ready"] and status["knowledge"]["entries"])
            except aiohttp.ClientConnectionError:
                return False

    async with running(command, ready, folder / "vigilbot.log"):
        yield address


@dataclass
class Visitor:
    """Somebody at the console page. `faults` are what the browser complained about."""

    page: Page
    faults: list[str] = field(default_factory=list)

    async def write(self, role: str, text: str) -> None:
        """Switch to the role by keyboard, type, send with Enter."""
        await self.page.focus("#text")
        await self.page.keyboard.press({"customer": "Alt+c", "analyst": "Alt+a"}[role])
        await self.page.fill("#text", text)
        await self.page.keyboard.press("Enter")
        await self.page.locator(".message", has_text=text).last.wait_for()

    async def note_under(self, text: str) -> str:
        """The line under a message, once it is about what has become of it."""
        settled = ".note:not([data-kind=listening]):not([data-kind=thinking])"
        note = self.page.locator(".message", has_text=text).last.locator(settled)
        await note.wait_for()
        line: str = await note.inner_text()
        return line.strip()


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        await chromium.close()


@asynccontextmanager
async def visiting(chromium: Browser, address: str, **context: object) -> AsyncIterator[Visitor]:
    """Open the console in a fresh browser profile; the context's options are playwright's."""
    profile = await chromium.new_context(**{"viewport": DESK, "locale": "en-GB", **context})
    page = await profile.new_page()
    page.set_default_timeout(15_000)
    visitor = Visitor(page)
    page.on("console", lambda said: visitor.faults.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: visitor.faults.append(str(error)))
    await page.goto(address)
    await page.wait_for_selector("#facts .badge", state="attached")
    yield visitor
    await profile.close()
