"""Where everything that Slack sends enters: before Bolt looks at it, and before it is acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.response import BoltResponse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from slack_bolt.request.async_request import AsyncBoltRequest

    from vigilbot.chat.slack.api import Json


class TakeIn(AsyncMiddleware):
    """Everything Slack can send passes here; what nobody has a use for is acknowledged, or it would come again."""

    def __init__(
        self, serve_analyst: Callable[[Json], Awaitable[Json | None]], take_in: Callable[[Json], Awaitable[int]]
    ) -> None:
        """`serve_analyst` returns what a click is answered, `take_in` the HTTP status for everything else."""
        self._serve_analyst = serve_analyst
        self._take_in = take_in

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,  # noqa: ARG002  # part of Bolt's signature
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002  # Bolt passes it by this name
    ) -> BoltResponse | None:
        if req.body.get("type") == "url_verification" or "command" in req.body:
            return await next()
        served = await self._serve_analyst(req.body)
        if served is not None:
            return BoltResponse(status=200, body=served or "")
        return BoltResponse(status=await self._take_in(req.body), body="")
