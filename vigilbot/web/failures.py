"""Every failure leaves with the right status as one clear line: `{"error": …}`, or a page for people; no traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from vigilbot.errors import (
    ChatError,
    DecisionRefused,
    EntryConflict,
    FetchError,
    IngestError,
    KnowledgeError,
    NotFound,
    StorageError,
    VigilError,
)
from vigilbot.web import page

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = structlog.get_logger(__name__)

LONGEST_PATH = 200

STATUSES: dict[type[VigilError], int] = {
    NotFound: 404,
    EntryConflict: 409,
    DecisionRefused: 409,
    FetchError: 422,
    IngestError: 422,
    ChatError: 503,
    KnowledgeError: 503,
    StorageError: 503,
}


@web.middleware
async def as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except Exception as error:
        return _line(*_told(request, error))


@web.middleware
async def as_page_or_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """As `as_json`; but whoever opens an address in a browser reads a page."""
    try:
        return await handler(request)
    except Exception as error:
        text, status = _told(request, error)
        return page.failed(text, status) if _is_opened(request) else _line(text, status)


def _told(request: web.Request, error: Exception) -> tuple[str, int]:
    """One line for the client, and the status; raises `error` anew when it is no failure but a redirect."""
    if isinstance(error, VigilError):
        status = next((code for kind, code in STATUSES.items() if isinstance(error, kind)), 500)
        return str(error), status
    if isinstance(error, web.HTTPException):
        if error.status < 400:
            raise error
        bare = error.text is None or error.text == f"{error.status}: {error.reason}"
        if bare and isinstance(error, web.HTTPNotFound):
            return f"vigilbot serves nothing at {request.path[:LONGEST_PATH]}", error.status
        return error.text or error.reason, error.status
    # A bug: the log gets the traceback, the client one line.
    log.error("request_failed", method=request.method, path=request.path, exc_info=error)
    return "something failed inside vigilbot; its log says what", 500


def _is_opened(request: web.Request) -> bool:
    """Whether a person follows a link or types an address; programs, the page's own scripts too, ask for no HTML."""
    return not request.path.startswith("/api/") and "text/html" in request.headers.get("Accept", "")


def _line(text: str, status: int) -> web.Response:
    return web.json_response({"error": " ".join(text.split())}, status=status)
