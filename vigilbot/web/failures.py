"""Every failure leaves as `{"error": "one clear line"}` with the right status, never as a traceback."""

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

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = structlog.get_logger(__name__)

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
    except VigilError as error:
        status = next((code for kind, code in STATUSES.items() if isinstance(error, kind)), 500)
        return _line(str(error), status)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _line(error.text or error.reason, error.status)
    except Exception:  # a bug: the log gets the traceback, the client one line
        log.exception("request_failed", method=request.method, path=request.path)
        return _line("something failed inside vigilbot; its log says what", 500)


def _line(text: str, status: int) -> web.Response:
    return web.json_response({"error": " ".join(text.split())}, status=status)
