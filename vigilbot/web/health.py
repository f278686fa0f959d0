"""Probes for whoever runs the process: `/livez`, its loop turns; `/readyz`, it can answer a customer; `/metrics`.

Nothing in them is anybody's words, so they need no token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from aiohttp import web

from vigilbot.metrics import CONTENT_TYPE

if TYPE_CHECKING:
    from collections.abc import Mapping


class Vitals(Protocol):
    """How the process fares. Texts are for a person."""

    @property
    def live(self) -> bool: ...

    @property
    def lag_ms(self) -> float: ...

    @property
    def loading(self) -> str: ...

    @property
    def faults(self) -> Mapping[str, str]: ...

    @property
    def weaknesses(self) -> Mapping[str, str]: ...

    @property
    def ready(self) -> bool: ...

    async def metrics(self) -> bytes: ...


VITALS: web.AppKey[Vitals] = web.AppKey("vitals")
routes = web.RouteTableDef()


@routes.get("/livez")
async def livez(request: web.Request) -> web.Response:
    vitals = request.app[VITALS]
    return web.json_response({"live": vitals.live, "lag_ms": vitals.lag_ms}, status=200 if vitals.live else 503)


@routes.get("/readyz")
async def readyz(request: web.Request) -> web.Response:
    vitals = request.app[VITALS]
    state = {
        "ready": vitals.ready,
        "loading": vitals.loading,
        "faults": dict(vitals.faults),
        "weaknesses": dict(vitals.weaknesses),
    }
    return web.json_response(state, status=200 if vitals.ready else 503)


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    return web.Response(body=await request.app[VITALS].metrics(), headers={"Content-Type": CONTENT_TYPE})
