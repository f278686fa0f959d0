"""Who may use the console: Host and Origin checks, JSON-only writes, the token, and headers that tie the page down.

A local web server is reachable from every page the browser opens. Against DNS rebinding the Host header must name a
loopback address; against cross-site requests a write must come from the console's own origin and carry JSON, which a
foreign page cannot send without asking first.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web

from vigilbot.web import page
from vigilbot.web.requests import fields_of, text_field

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vigilbot.config import Settings

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
READING = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE = "vigilbot_console"
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


async def add_safe_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Signal handler: every response carries the headers it has not set itself."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


class Guard:
    """Lets a request through, or answers it with the reason why not."""

    def __init__(self, settings: Settings) -> None:
        self._local = settings.host in LOOPBACK
        self._token = settings.console_token.get_secret_value() if settings.console_token else None

    @property
    def middleware(self) -> Callable[..., Awaitable[web.StreamResponse]]:
        @web.middleware
        async def guarded(
            request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        ) -> web.StreamResponse:
            if not page.is_page(request.path) and not request.path.startswith(("/api/", "/static/")):
                return await handler(request)
            self._check_host(request)
            if request.method not in READING:
                _check_origin(request)
                _check_content_type(request)
            if self._is_open(request.path) or self._has_token(request):
                return await handler(request)
            if page.is_page(request.path):
                return page.login()
            raise web.HTTPUnauthorized(text="send VIGIL_CONSOLE_TOKEN as bearer token, or sign in on the console page")

        return guarded

    async def login(self, request: web.Request) -> web.Response:
        """`POST /api/login {token}`: exchanges the token for a cookie that scripts cannot read."""
        given = text_field(await fields_of(request, {"token"}), "token", most=1_000)
        if self._token is None or not _equal(given, self._token):
            raise web.HTTPForbidden(text="that is not the console token")
        response = web.json_response({"ok": True})
        response.set_cookie(COOKIE, self._cookie_value(), httponly=True, samesite="Strict", secure=request.secure)
        return response

    def _check_host(self, request: web.Request) -> None:
        # With a token a rebound name gains nothing: the browser holds no cookie for it.
        if self._token is None:
            if not self._local:
                raise web.HTTPForbidden(
                    text="the console is closed: VIGIL_HOST is not loopback, VIGIL_CONSOLE_TOKEN unset"
                )
            if _hostname(f"//{request.headers.get('Host', '')}") not in LOOPBACK:
                raise web.HTTPForbidden(text="the console answers only to 127.0.0.1 or localhost as host name")

    def _is_open(self, path: str) -> bool:
        return self._token is None or path == "/api/login" or path.startswith("/static/")

    def _has_token(self, request: web.Request) -> bool:
        token = self._token or ""
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        cookie = request.cookies.get(COOKIE, "")
        return _equal(bearer, token) or _equal(cookie, self._cookie_value())

    def _cookie_value(self) -> str:
        """Derived from the token, so that sign-ins outlive a restart and end when the token changes."""
        return hmac.new((self._token or "").encode(), b"vigilbot console cookie", hashlib.sha256).hexdigest()


def _check_origin(request: web.Request) -> None:
    """A browser names the page a write comes from; scripts send no Origin."""
    origin = request.headers.get("Origin")
    if origin is not None and _authority(origin) != request.headers.get("Host"):
        raise web.HTTPForbidden(text="writes are accepted from the console's own page only")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise web.HTTPForbidden(text="writes are accepted from the console's own page only")


def _check_content_type(request: web.Request) -> None:
    if request.body_exists and request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="send the body as application/json")


def _equal(given: str, secret: str) -> bool:
    """In a time that tells nothing of the secret; a header may hold any bytes."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), secret.encode())


def _authority(address: str) -> str | None:
    try:
        return urlsplit(address).netloc or None
    except ValueError:
        return None


def _hostname(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
