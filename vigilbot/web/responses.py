"""JSON out, by orjson: views can be long, and are sent at every change."""

from __future__ import annotations

import orjson
from aiohttp import web


def json_response(data: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(data), status=status, content_type="application/json")
