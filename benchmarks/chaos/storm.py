"""Lives and deaths in their seeded order: who talks, where the process dies, what Slack's side does meanwhile."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.chaos import ledger
from benchmarks.chaos.people import People
from benchmarks.chaos.relay import Relay
from benchmarks.chaos.victim import Victim, victim
from tests.standins.process import free_port
from tests.standins.slack import ANALYST, CHANNEL, OTHER_CHANNEL, SECRET, local_slack
from tests.standins.wiremock import Wiremock, as_json, wiremock
from vigilbot.runtime.failpoints import POINTS, Point

if TYPE_CHECKING:
    from benchmarks.chaos.ledger import Account
    from tests.standins.slack import LocalSlack

REACHED: dict[str, tuple[Point, ...]] = {"vigilbot": POINTS, "naive": ("turn decided",)}
"""The points that a program passes."""
RANDOM_DEATHS = 0.3
LIFE_SECONDS = 6.0
"""A life that has not reached its point by then is killed where it stands."""
STUCK_SECONDS = 60.0
"""The last life is given up when for so long nothing gets done; a backlog drains at one post a second and channel."""
TALKS_A_LIFE = 2
FAULTS_EVERY = 10
POST, REPLIES = "/api/chat.postMessage", "/api/conversations.replies"
FAULTS = (
    (POST, {"status": 429, "headers": {"Retry-After": "1"}}),
    (POST, {"status": 503}),
    (POST, {"fault": "CONNECTION_RESET_BY_PEER"}),
    (POST, as_json({"ok": False, "error": "internal_error"})),
    (REPLIES, {"status": 503}),
)


@dataclass
class Storm:
    """`kills` deaths, or as many as fit into `seconds`."""

    program: str
    kills: int
    seconds: float
    seed: int
    faults: bool = True
    documented: Path | None = None
    """A data folder to begin with, that knows the bot's own documentation; without one the first life makes it."""
    deaths: Counter[str] = field(default_factory=Counter)
    """Where the process died: a point's name, or `random`."""
    trouble: list[str] = field(default_factory=list)
    """Lives that ended by themselves: there should be none."""

    async def rage(self) -> Account:
        """Kill, then let one life finish its work, and settle the account."""
        chance = random.Random(self.seed)  # noqa: S311  # a plan that can be repeated, no secret
        port, entrance = free_port(), free_port()
        async with AsyncExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
            if self.documented:
                shutil.copytree(self.documented, folder, dirs_exist_ok=True)
            relay = Relay(f"http://127.0.0.1:{port}/slack/events", SECRET)
            await stack.enter_async_context(relay.open(entrance))
            slack = await stack.enter_async_context(local_slack(request_port=entrance))
            front = await self._front(stack, slack)
            environment = self._environment(folder, port, f"{front.url}/api/" if front else slack.api_url, slack)
            killed = await stack.enter_async_context(victim(self.program, environment))
            people = People(slack, chance)
            await self._first_life(killed)
            await self._kill(killed, people, front, chance)
            await self._finish(killed, relay, folder / "vigilbot.db")
            shown = [*await slack.messages(CHANNEL), *await slack.messages(OTHER_CHANNEL)]
            if self.program == "naive":
                return ledger.naive(people.conversations, shown)
            return ledger.settled(folder / "vigilbot.db", people.conversations, shown)

    async def _front(self, stack: AsyncExitStack, slack: LocalSlack) -> Wiremock | None:
        if not self.faults:
            return None
        front = await stack.enter_async_context(wiremock())
        await front.proxy_to(slack.url)
        return front

    def _environment(self, folder: Path, port: int, api: str, slack: LocalSlack) -> dict[str, str]:
        return {
            "VIGIL_DATA_DIR": str(folder),
            "VIGIL_PORT": str(port),
            "VIGIL_QUIET_WINDOW": "0.1",
            "VIGIL_ANSWER_WITHIN": "600",
            "VIGIL_ANALYSTS": ANALYST,
            "SLACK_API_URL": api,
            "SLACK_BOT_TOKEN": slack.app.bot_token,
            "SLACK_SIGNING_SECRET": SECRET,
            "CHAOS_LOG": str(folder / "log"),
        }

    async def _first_life(self, killed: Victim) -> None:
        """The first start embeds the documentation; it is not what is tried here."""
        life = await killed.born()
        await killed.opens(life, "livez" if self.program == "naive" else "readyz")
        await life.end()

    async def _kill(self, killed: Victim, people: People, front: Wiremock | None, chance: random.Random) -> None:
        until = time.monotonic() + self.seconds
        while self.deaths.total() < self.kills and time.monotonic() < until:
            if front and self.deaths.total() % FAULTS_EVERY == FAULTS_EVERY - 1:
                path, response = chance.choice(FAULTS)
                await front.stub(path, dict(response), times=2)
            await self._one_life(killed, people, chance)

    async def _one_life(self, killed: Victim, people: People, chance: random.Random) -> None:
        point: Point | None = None if chance.random() < RANDOM_DEATHS else chance.choice(REACHED[self.program])
        age, times = chance.uniform(0.0, LIFE_SECONDS / 2), chance.randint(1, 2)
        talks = [asyncio.create_task(people.talk(0.3)) for _ in range(TALKS_A_LIFE)]
        life = await killed.born(point, times)
        try:
            if point is None:
                await life.until(age)
            else:
                await killed.opens(life)
                await life.until(LIFE_SECONDS)
            died_there = life.ended.done()
        finally:
            await life.end()
        if died_there and life.ended.result() != -signal.SIGKILL:
            self.trouble.append(f"ended by itself with {life.ended.result()}")
        self.deaths[point if point and died_there else "random"] += 1
        await asyncio.gather(*talks)

    async def _finish(self, killed: Victim, relay: Relay, database: Path) -> None:
        """One life that nobody ends, until nothing is left to do."""
        life = await killed.born()
        left, progress_at = {"unacknowledged": relay.unacknowledged}, time.monotonic()
        while time.monotonic() < progress_at + STUCK_SECONDS and not life.ended.done():
            await asyncio.sleep(0.5)
            before, left = left, {"unacknowledged": relay.unacknowledged}
            if self.program != "naive":
                left |= ledger.unfinished(database)
            if not any(left.values()):
                break
            if left != before:
                progress_at = time.monotonic()
        await asyncio.sleep(1.0)  # whatever would come too much has come by then
        if any(left.values()):
            self.trouble.append(f"not drained: {left}")
        if life.ended.done():
            self.trouble.append(f"ended by itself with {life.ended.result()}")
        await life.end(signal.SIGTERM)
