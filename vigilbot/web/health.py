"""Probes for whoever runs the process. `/livez`: it answers at all. `/readyz`: it can answer a customer."""

from __future__ import annotations

from aiohttp import web

from vigilbot.web.parts import STATUS

routes = web.RouteTableDef()


@routes.get("/livez")
async def livez(_: web.Request) -> web.Response:
    return web.json_response({"live": True})


@routes.get("/readyz")
async def readyz(request: web.Request) -> web.Response:
    status = await request.app[STATUS]()
    return web.json_response({"ready": status.ready, "loading": status.loading}, status=200 if status.ready else 503)
