"""Probes for whoever runs the process: `/livez`, its loop turns; `/readyz`, it can answer a customer; `/metrics`.

Nothing in them is anybody's words, so they need no token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from aiohttp import web

from vigilbot.runtime.metrics import CONTENT_TYPE

if TYPE_CHECKING:
    from collections.abc import Mapping


class Health(Protocol):
    """How the process is doing, as the probes report it. Texts are words for a person."""

    @property
    def live(self) -> bool:
        """False when the event loop is so late that only a restart helps."""

    @property
    def lag_ms(self) -> float:
        """Milliseconds: the 99th percentile of the event loop's lag in the last minute."""

    @property
    def loading(self) -> str:
        """What is still being loaded; empty once everything is."""

    @property
    def faults(self) -> Mapping[str, str]:
        """Every part that keeps the process from answering, and why."""

    @property
    def weaknesses(self) -> Mapping[str, str]:
        """Every part that fails while another stands in for it, and why."""

    @property
    def ready(self) -> bool:
        """Whether a customer can be answered: nothing is being loaded, and no part is at fault."""

    async def metrics(self) -> bytes:
        """All metrics, in Prometheus's text format."""


HEALTH: web.AppKey[Health] = web.AppKey("health")
routes = web.RouteTableDef()


@routes.get("/livez")
async def livez(request: web.Request) -> web.Response:
    health = request.app[HEALTH]
    return web.json_response({"live": health.live, "lag_ms": health.lag_ms}, status=200 if health.live else 503)


@routes.get("/readyz")
async def readyz(request: web.Request) -> web.Response:
    health = request.app[HEALTH]
    state = {
        "ready": health.ready,
        "loading": health.loading,
        "faults": dict(health.faults),
        "weaknesses": dict(health.weaknesses),
    }
    return web.json_response(state, status=200 if health.ready else 503)


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    return web.Response(body=await request.app[HEALTH].metrics(), headers={"Content-Type": CONTENT_TYPE})
