"""Slack's Web API, with its failures translated: whatever goes wrong leaves here as one sentence with a fix."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from vigilbot.errors import ChatError, ChatRateLimited, ChatRefused, ChatUnsure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Json = dict[str, Any]

CALL_SECONDS = 15.0
IDLE_SECONDS = 7.0
"""A connection that was idle for longer is not used again: whoever is at its other end may be closing it just then,
and nobody could say whether a post had arrived. Servers commonly wait at least eight seconds."""
UNSAID_RETRY_SECONDS = 30.0
PAGE = 200
IMAGE_BYTES = 10 * 1024 * 1024

vendor_log = logging.getLogger("vigilbot.chat.slack.vendor")
# slack_sdk and Bolt put message texts into their debug lines, and warn about settings they would have read themselves.
vendor_log.setLevel(logging.ERROR)

_INVALID = "SLACK_BOT_TOKEN is not valid here: copy the Bot User OAuth Token (xoxb-…) from OAuth & Permissions"
FIXES = {
    "invalid_auth": _INVALID,
    "not_authed": _INVALID,
    "token_revoked": _INVALID,
    "token_expired": _INVALID,
    "account_inactive": "SLACK_BOT_TOKEN belongs to a removed app: install the app again and copy the new token",
    "not_allowed_token_type": "SLACK_BOT_TOKEN must be a bot token (xoxb-…), SLACK_APP_TOKEN an app-level one (xapp-…)",
    "missing_scope": "install the app again from the manifest that `vigilbot manifest` prints",
    "not_in_channel": "invite the bot into the channel: /invite @vigilbot",
    "channel_not_found": "invite the bot into the channel: /invite @vigilbot",
    "is_archived": "the channel is archived",
    "no_such_group": "correct VIGIL_ANALYSTS, or create the user group in Slack",
    "user_not_found": "copy the member id from the person's profile, and see that SLACK_BOT_TOKEN is of the workspace",
    "unknown_method": "SLACK_API_URL names a server that does not offer this call",
}

UNSURE = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
"""Slack's own trouble: what was asked may have been done, and may work when asked again."""


class SlackRefused(ChatRefused):
    """Slack answered, and the answer is no. `code` is Slack's word for why; asking again will not help."""

    def __init__(self, method: str, code: str, details: str = "") -> None:
        fix = FIXES.get(code, "see https://docs.slack.dev/reference/methods/" + method)
        super().__init__(f"Slack refused {method}: {code}{details}; {fix}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Bot:
    """Who we are in the workspace, as auth.test says."""

    user_id: str
    bot_id: str
    name: str
    team_id: str
    team: str
    scopes: frozenset[str] | None
    """What the token may do; None when the server does not say."""
    clock_ahead: float | None = None
    """Seconds by which this machine's clock is ahead of Slack's; None when the server does not say its time."""


class SlackApi:
    """One connection pool and one token. Close it."""

    def __init__(self, token: str, url: str) -> None:
        self.url = url.rstrip("/") + "/"
        self._token = token
        connector = aiohttp.TCPConnector(keepalive_timeout=IDLE_SECONDS)
        self._http = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=CALL_SECONDS))
        # No retries in the client: a post repeated after a lost answer would be a second card. The courier retries.
        self.client = AsyncWebClient(
            token=token, base_url=self.url, session=self._http, retry_handlers=[], logger=vendor_log
        )
        host = urlsplit(self.url).hostname
        if host and proxy_bypass(host):
            self.client.proxy = None  # slack_sdk reads HTTPS_PROXY but not NO_PROXY

    async def close(self) -> None:
        await self._http.close()

    async def call(self, method: str, **arguments: object) -> Json:
        """Slack's answer to one call. Raises ChatRateLimited, SlackRefused, or ChatError when there was no answer."""
        body, _ = await self._call(method, arguments)
        return body

    async def pages(self, method: str, items: str, **arguments: object) -> AsyncIterator[Json]:
        """Every item of a paged answer. Raises as `call` does."""
        cursor: str | None = None
        while True:
            answer = await self.call(method, **arguments, limit=PAGE, cursor=cursor)
            for item in answer.get(items) or []:
                yield item
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return

    async def who_am_i(self) -> Bot:
        """The bot behind the token. Raises SlackRefused (bad token) or ChatError."""
        body, headers = await self._call("auth.test", {})
        granted = headers.get("x-oauth-scopes")
        return Bot(
            user_id=str(body.get("user_id", "")),
            bot_id=str(body.get("bot_id", "")),
            name=str(body.get("user", "vigilbot")),
            team_id=str(body.get("team_id", "")),
            team=str(body.get("team", "")),
            scopes=None if granted is None else frozenset(scope.strip() for scope in granted.split(",")),
            clock_ahead=_clock_ahead(headers.get("date")),
        )

    async def socket_url(self, app_token: str) -> str:
        """A WebSocket address for Socket Mode. Raises ChatError naming SLACK_APP_TOKEN when the token is refused."""
        try:
            answer, _ = await self._call("apps.connections.open", {}, token=app_token)
        except SlackRefused as error:
            raise ChatError(
                f"SLACK_APP_TOKEN was refused ({error.code}); create an app-level token (xapp-…) with the scope "
                "connections:write under Basic Information, and see that Socket Mode is on"
            ) from None
        return str(answer["url"])

    async def download(self, url: str) -> bytes:
        """A picture from Slack's file host, at most IMAGE_BYTES. Raises ChatError."""
        if not self._is_neighbour(url, "files"):
            raise ChatError("a picture's address is not Slack's: it is not fetched with the bot token")
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            async with self._http.get(url, headers=headers, allow_redirects=False, proxy=self.client.proxy) as response:
                if response.status != 200 or not response.content_type.startswith("image/"):
                    raise ChatError(
                        f"Slack did not hand out the picture (HTTP {response.status}, {response.content_type}); "
                        "the scope files:read is needed"
                    )
                return await _limited(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ChatError(f"a picture could not be fetched from Slack: {_said(error)}") from None

    async def respond(self, response_url: str, text: str, blocks: list[Json]) -> None:
        """Put this in the place of the message whose button was clicked; only its reader sees it. Raises ChatError."""
        if not self._is_neighbour(response_url, "hooks"):
            raise ChatError("an interaction's response address is not Slack's: nothing is sent there")
        body = {"replace_original": True, "response_type": "ephemeral", "text": text, "blocks": blocks}
        try:
            async with self._http.post(response_url, json=body, proxy=self.client.proxy) as response:
                if response.status != 200:
                    raise ChatError(f"Slack did not take the answer to a click (HTTP {response.status})")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ChatError(f"a click could not be answered: {_said(error)}") from None

    def _is_neighbour(self, url: str, name: str) -> bool:
        """The API's own address, or the neighbour of that name: nothing of ours goes anywhere else."""
        api = urlsplit(self.url)
        try:
            file = urlsplit(url)
            same_port = (api.scheme, api.port) == (file.scheme, file.port)
        except ValueError:
            return False
        return same_port and file.username is None and file.hostname in {api.hostname, f"{name}.{api.hostname}"}

    async def _call(
        self, method: str, arguments: dict[str, object], *, token: str | None = None
    ) -> tuple[Json, dict[str, str]]:
        headers = {"Authorization": f"Bearer {token}"} if token else None
        try:
            response = await self.client.api_call(method, data=_form(arguments), headers=headers)
        except SlackApiError as error:
            raise _translated(method, error) from None
        # AttributeError: slack_sdk looks for `ok` in an answer of type text/plain as if it were a dict.
        except (aiohttp.ClientError, SlackClientError, TimeoutError, OSError, ValueError, AttributeError) as error:
            nothing_sent = isinstance(error, aiohttp.ClientConnectorError)
            raise (ChatError if nothing_sent else ChatUnsure)(
                f"Slack did not answer {method}: {_said(error)}; see that {self.url} (SLACK_API_URL) can be reached"
            ) from None
        body = response.data
        if not isinstance(body, dict):
            raise ChatError(
                f"Slack answered {method} with something unreadable; is {self.url} the right SLACK_API_URL?"
            )
        return body, {name.lower(): value for name, value in response.headers.items()}


def _form(arguments: dict[str, object]) -> dict[str, str]:
    """The one encoding every method accepts; methods that only read refuse JSON bodies."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in arguments.items()
        if value is not None
    }


async def _limited(response: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        data += chunk
        if len(data) > IMAGE_BYTES:
            raise ChatError(f"a picture is larger than {IMAGE_BYTES // 1024 // 1024} MB and is not read")
    return bytes(data)


def _translated(method: str, error: SlackApiError) -> ChatError:
    response = error.response
    status = getattr(response, "status_code", getattr(response, "status", 0))
    body = getattr(response, "data", None)
    code = body.get("error") if isinstance(body, dict) else None
    if status == 429 or code in {"ratelimited", "rate_limited"}:
        seconds = _seconds(response.headers.get("Retry-After"))
        return ChatRateLimited(f"Slack asks to wait {seconds:.0f} s before {method}", seconds)
    if not isinstance(body, dict) or not code:
        return ChatError(f"Slack answered {method} with HTTP {status} and nothing readable")
    if code in UNSURE:
        return ChatUnsure(f"Slack could not do {method} just now: {code}")
    return SlackRefused(method, str(code), _details(body))


def _details(body: Json) -> str:
    """What Slack adds to some errors: the scope it misses, or what is wrong with the blocks."""
    if needed := body.get("needed"):
        return f" (needs {needed})"
    messages = (body.get("response_metadata") or {}).get("messages") or []
    return f" ({'; '.join(map(str, messages))[:300]})" if messages else ""


def _clock_ahead(date: str | None) -> float | None:
    """What an answer's Date header says of our clock."""
    try:
        return time.time() - parsedate_to_datetime(date).timestamp() if date else None
    except ValueError:
        return None


def _seconds(retry_after: str | None) -> float:
    try:
        return max(0.0, float(retry_after or UNSAID_RETRY_SECONDS))
    except ValueError:
        return UNSAID_RETRY_SECONDS


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__
