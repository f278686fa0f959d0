"""The page itself: a few static files, written by hand, with nothing fetched from elsewhere."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).parent / "static"

routes = web.RouteTableDef()


@routes.get("/")
async def console(_: web.Request) -> web.FileResponse:
    return web.FileResponse(STATIC / "index.html")


def login() -> web.FileResponse:
    """The page that asks for the console token."""
    return web.FileResponse(STATIC / "login.html", status=401)
