"""The scripted dialogue through the console API alone, against the whole bot as `vigilbot run` serves it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.standins.process import free_port
from vigilbot import config
from vigilbot.app import assembled, serving

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]

PATIENCE_SECONDS = 20.0


class Room:
    """One session, as a script would hold it."""

    def __init__(self, http: aiohttp.ClientSession, session_id: str) -> None:
        self.http = http
        self.path = f"/api/sessions/{session_id}"

    async def say(self, author: str, role: str, text: str) -> str:
        async with self.http.post(
            f"{self.path}/messages", json={"author": author, "role": role, "text": text}
        ) as response:
            assert response.status < 300, await response.text()
            return str((await response.json())["id"])

    async def view(self) -> Json:
        async with self.http.get(self.path) as response:
            assert response.status == 200
            seen: Json = await response.json()
            return seen

    async def asks(self, text: str) -> Json:
        """The customer writes; returns the turn once it has ended."""
        message_id = await self.say("carol", "customer", text)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for turn in (await self.view())["turns"]:
                    if message_id in turn["message_ids"] and turn["outcome"]:
                        return dict(turn)
                await asyncio.sleep(0.05)


async def test_the_dialogue_through_the_api(folder: Path) -> None:
    port = free_port()
    settings = config.load(None, data_dir=folder, port=port, quiet_window=0.1)
    async with (
        assembled(settings) as app,
        serving(app),
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http,
    ):
        async with http.post("/api/sessions", json={"title": "Help with vigilbot"}) as response:
            room = Room(http, str((await response.json())["id"]))
        await room.say("carol", "customer", "How do I change the port of the console?")
        await asyncio.sleep(0.5)
        assert (await room.view())["turns"] == []  # nobody but the customer has spoken

        await room.say("ann", "analyst", "Hello Carol, let me look")
        turn = await room.asks("How do I change the port of the console?")
        assert (turn["outcome"], turn["scope"]) == ("answered", "within_scope")
        assert turn["references"]
        [card] = (await room.view())["cards"]
        assert "VIGIL_PORT" in card["text"]
        assert "[1]" in card["text"]
        assert card["sources"][0]["number"] == 1

        assert (await room.asks("which setting changes the console's port?"))["outcome"] == "duplicate"
        assert (await room.asks("thanks, that helps!"))["outcome"] == "no_assistance"
        assert (await room.asks("What will the weather be like in Paris tomorrow?"))["outcome"] == "out_of_scope"
        assert len((await room.view())["cards"]) == 1

        async with http.post(f"/api/cards/{card['id']}/accept", json={"author": "carol"}) as response:
            assert response.status < 300, await response.text()
        [accepted] = (await room.view())["cards"]
        assert (accepted["state"], accepted["accepted_by"]) == ("accepted", "carol")
        async with http.post(f"{room.path}/close", json={}) as response:
            assert response.status < 300, await response.text()
        assert (await room.view())["session"]["state"] == "closed"
