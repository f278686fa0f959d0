"""local-slack: a Slack workspace in one process, with Web API, Socket Mode, signed HTTP events and a control API."""

from __future__ import annotations

import asyncio
import json
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.standins.netns import let_through
from tests.standins.process import NODE_MODULES, free_port, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

Json = dict[str, Any]

TEAM = "T01TEST"
CUSTOMER, OTHER_CUSTOMER, ANALYST = "U01ALICE", "U02CARL", "U03BOB"
CHANNEL, OTHER_CHANNEL = "C01SUPPORT", "C02RANDOM"
KNOCK = aiohttp.ClientTimeout(total=1)
SECRET = "signing-secret-of-the-stand-in"  # noqa: S105  # the stand-in's, made up


@dataclass(frozen=True, slots=True)
class App:
    """One installed app: ours over Socket Mode, or over HTTP to `request_url`."""

    app_id: str = "A01SOCK"
    user_id: str = "U0BOTSOCK"
    name: str = "vigilbot"
    bot_token: str = "xoxb-stand-in"  # noqa: S105  # the stand-in's, made up
    app_token: str = "xapp-stand-in"  # noqa: S105  # the stand-in's, made up
    request_url: str | None = None

    def config(self) -> Json:
        mode = {"mode": "events", "requestUrl": self.request_url} if self.request_url else {"mode": "socket"}
        return {
            "appId": self.app_id,
            "botUserId": self.user_id,
            "botName": self.name,
            "botToken": self.bot_token,
            "appToken": self.app_token,
            "signingSecret": SECRET,
            **mode,
        }


@dataclass(frozen=True, slots=True)
class LocalSlack:
    """What people do in the workspace, and what everybody sees there."""

    url: str
    app: App
    _http: aiohttp.ClientSession = field(repr=False)

    @property
    def api_url(self) -> str:
        """For SLACK_API_URL."""
        return f"{self.url}/api/"

    async def say(self, user: str, text: str, thread: str | None = None, channel: str = CHANNEL) -> str:
        """Post as a person; returns the message's ts. Waits until every app has acknowledged, or 5 s."""
        answer = await self._control("message", channel=channel, user=user, text=text, thread_ts=thread)
        return str(answer["message"]["ts"])

    async def edit(self, user: str, ts: str, text: str, channel: str = CHANNEL) -> None:
        await self._control("edit-message", channel=channel, ts=ts, user=user, text=text)

    async def delete(self, user: str, ts: str, channel: str = CHANNEL) -> None:
        await self._control("delete-message", channel=channel, ts=ts, user=user)

    async def react(self, user: str, ts: str, name: str, *, present: bool = True, channel: str = CHANNEL) -> None:
        await self._control("reaction", channel=channel, ts=ts, user=user, name=name, present=present)

    async def slash(self, user: str, command: str, text: str, channel: str = CHANNEL) -> None:
        await self._control("command", channel=channel, user=user, command=command, text=text, appId=self.app.app_id)

    async def click(self, user: str, message: Json, action_id: str, channel: str = CHANNEL) -> None:
        """Click a button of a posted message."""
        button, block = _button(message, action_id)
        action = {"type": "button", "action_id": action_id, "value": button.get("value"), "text": button["text"]}
        await self._control(
            "interact",
            channel=channel,
            messageTs=message["ts"],
            user=user,
            action={**action, "block_id": block.get("block_id", "b")},
        )

    async def open_home(self, user: str) -> None:
        await self._control("open-home", user=user, appId=self.app.app_id)

    @asynccontextmanager
    async def ui(self) -> AsyncIterator[Ui]:
        """The workspace as its own web page sees it: modals and App Home."""
        async with self._http.ws_connect(f"{self.url}/ui") as socket:
            yield Ui(socket, self.app.app_id)

    async def upload(self, user: str, name: str, content: bytes, mimetype: str, text: str = "") -> str:
        form = aiohttp.FormData({"channel": CHANNEL, "user": user, "text": text})
        form.add_field("file", content, filename=name, content_type=mimetype)
        async with self._http.post(f"{self.url}/_control/upload", data=form) as response:
            response.raise_for_status()
            return str((await response.json())["message"]["ts"])

    async def thread(self, ts: str, channel: str = CHANNEL) -> list[Json]:
        """The thread's messages, root first, as every app may read them."""
        headers = {"Authorization": f"Bearer {self.app.bot_token}"}
        parameters = {"channel": channel, "ts": ts, "limit": "200"}
        async with self._http.get(
            f"{self.api_url}conversations.replies", params=parameters, headers=headers
        ) as response:
            answer: Json = await response.json()
            return list(answer["messages"])

    async def messages(self, channel: str = CHANNEL) -> list[Json]:
        """Everything in a channel, ephemeral messages too (they carry `ephemeral_to`)."""
        async with self._http.get(f"{self.url}/_control/messages/{channel}") as response:
            return list((await response.json())["messages"])

    async def log(self) -> list[Json]:
        """What went to the apps and what they answered, oldest first."""
        async with self._http.get(f"{self.url}/_control/log") as response:
            return list((await response.json())["log"])

    async def _control(self, what: str, **arguments: object) -> Json:
        body = {name: value for name, value in arguments.items() if value is not None}
        async with self._http.post(f"{self.url}/_control/{what}", json=body) as response:
            answer: Json = await response.json()
            if not answer.get("ok"):
                raise ValueError(f"local-slack refused {what}: {answer}")
            return answer


@dataclass(slots=True)
class Ui:
    """What is on the screen, and what a person does there."""

    _socket: aiohttp.ClientWebSocketResponse
    _app_id: str
    modal: Json | None = None
    homes: dict[str, Json] = field(default_factory=dict)
    """App Home by user."""
    errors: Json | None = None
    """What the app said about the fields of the last modal it refused."""

    async def until(self, seen: Callable[[Ui], bool]) -> None:
        """Follow the screen until `seen` is true; raises TimeoutError after 15 s."""
        async with asyncio.timeout(15):
            while not seen(self):
                self._show(await self._socket.receive_json())

    async def submit(self, user: str, values: Json) -> None:
        """Send the open modal; `values` are Slack's `state.values`."""
        self.errors = None
        await self._socket.send_json({"t": "view_submit", "user": user, "values": values})
        await self.until(lambda ui: ui.modal is None or ui.errors is not None)

    async def click_home(self, user: str, action_id: str) -> None:
        """Click the first button of that name on this user's App Home."""
        button, block = _button(self.homes[user], action_id)
        action = {**button, "block_id": block.get("block_id", "b")}
        await self._socket.send_json({"t": "block_action", "user": user, "action": action, "appId": self._app_id})

    def _show(self, said: Json) -> None:
        match said:
            case {"t": "init", "state": {"modalStack": stack}} | {"t": "view", "stack": stack}:
                self.modal = stack[-1] if stack else None
            case {"t": "home", "user": user, "view": view}:
                self.homes[user] = view
            case {"t": "view_errors", "errors": errors}:
                self.errors = errors


def _button(message: Json, action_id: str) -> tuple[Json, Json]:
    for block in message.get("blocks", []):
        for element in block.get("elements", []):
            if element.get("action_id") == action_id:
                return element, block
        if block.get("accessory", {}).get("action_id") == action_id:
            return block["accessory"], block
    raise LookupError(f"the message has no button {action_id}")


@asynccontextmanager
async def local_slack(app: App | None = None, request_port: int | None = None) -> AsyncIterator[LocalSlack]:
    """A fresh workspace with one app while the block runs; `request_port`: where the app's HTTP side listens."""
    installed = app or App()
    if request_port is not None:
        installed = App(request_url=f"http://127.0.0.1:{request_port}/slack/events")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="local-slack-") as name:
        folder = Path(name)
        config = folder / "config.json"
        config.write_text(json.dumps(_workspace(installed)), "utf-8")
        outward = [request_port] if request_port is not None else []
        # A connection a request: the stand-in closes one that was idle for ten seconds, maybe just as it is used again.
        people = aiohttp.TCPConnector(force_close=True)
        async with let_through(folder, port, outward) as prefix, aiohttp.ClientSession(connector=people) as http:
            slack = LocalSlack(f"http://127.0.0.1:{port}", installed, http)
            command = [
                *(*prefix, str(NODE_MODULES / "local-slack-linux-x64/bin/local-slack")),
                *("--config", str(config), "--port", str(port)),
                *("--base-host", "127.0.0.1", "--files-dir", str(folder / "files")),
            ]

            async def ready() -> bool:
                # A request that comes while it is starting is sometimes never answered; the next one is.
                try:
                    async with http.get(f"{slack.url}/_control/state", timeout=KNOCK) as response:
                        return response.status == 200
                except (aiohttp.ClientError, TimeoutError):
                    return False

            async with running(command, ready, folder / "log"):
                yield slack


def _workspace(app: App) -> Json:
    people = {CUSTOMER: "alice", OTHER_CUSTOMER: "carl", ANALYST: "bob"}
    channels = {CHANNEL: "support", OTHER_CHANNEL: "random"}
    return {
        "workspace": {"name": "Test", "domain": "test", "teamId": TEAM},
        "apps": [app.config()],
        "users": [{"id": user, "name": name, "email": f"{name}@example.org"} for user, name in people.items()],
        "channels": [
            {"id": channel, "name": name, "members": [*people, app.user_id]} for channel, name in channels.items()
        ],
    }
