"""The pages themselves: a few static files, written by hand, with nothing fetched from elsewhere."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template

from aiohttp import web

STATIC = Path(__file__).parent / "static"
FAILED = Template((STATIC.parent / "failed.html").read_text("utf-8"))

routes = web.RouteTableDef()


@routes.get("/")
async def console(_: web.Request) -> web.FileResponse:
    return web.FileResponse(STATIC / "index.html")


@routes.get("/knowledge")
@routes.get("/knowledge/{entry}")
async def knowledge(_: web.Request) -> web.FileResponse:
    """The list, or one entry: the page looks at its own address."""
    return web.FileResponse(STATIC / "knowledge.html")


@routes.get("/tickets")
@routes.get("/tickets/{session}")
async def tickets(_: web.Request) -> web.FileResponse:
    """The board, or one ticket: the page looks at its own address."""
    return web.FileResponse(STATIC / "tickets.html")


@routes.get("/stats")
async def stats(_: web.Request) -> web.FileResponse:
    return web.FileResponse(STATIC / "stats.html")


def is_page(path: str) -> bool:
    """Whether this is the address of a page that asks for the token by itself."""
    return path in {"/", "/knowledge", "/tickets", "/stats"} or path.startswith(("/knowledge/", "/tickets/"))


def failed(said: str, status: int) -> web.Response:
    """The page of what cannot be shown: why, in the words of `said`, and the way back."""
    missing = status == web.HTTPNotFound.status_code
    heading = "There is no such page" if missing else "This cannot be shown"
    filled = FAILED.substitute(heading=heading, said=escape(said))
    return web.Response(text=filled, status=status, content_type="text/html")


def login() -> web.FileResponse:
    """The page that asks for the console token."""
    return web.FileResponse(STATIC / "login.html", status=401)
