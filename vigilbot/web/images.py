"""Pictures attached in the console: data URLs in, re-encoded files in the data folder, served as pictures only."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from typing import TYPE_CHECKING

from aiohttp import web

from vigilbot.chat.console.pictures import FOLDER, keep, path_of
from vigilbot.safety.images import Picture, prepare

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.models import Image

MOST_IMAGES = 4
MOST_BYTES = 5 * 1024 * 1024
DATA_URL = re.compile(r"data:image/[\w.+-]+;base64,([A-Za-z0-9+/=]*)")


async def store(values: object, data_dir: Path) -> tuple[Image, ...]:
    """Check and keep a list of data URLs; the same picture is kept once. Refuses whatever is not a picture."""
    if values is None:
        return ()
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise web.HTTPBadRequest(text="'images' must be a list of data URLs")
    if len(values) > MOST_IMAGES:
        raise web.HTTPBadRequest(text=f"'images' has {len(values)} pictures; at most {MOST_IMAGES} fit one message")
    pictures = [await _picture(value) for value in values]
    return tuple([await asyncio.to_thread(keep, picture, data_dir) for picture in pictures])


async def _picture(value: str) -> Picture:
    parsed = DATA_URL.fullmatch(value)
    if not parsed:
        raise web.HTTPUnsupportedMediaType(text="an image must be a base64 data URL: data:image/png;base64,…")
    try:
        content = base64.b64decode(parsed[1])
    except binascii.Error:
        raise web.HTTPBadRequest(text="an image's base64 is broken") from None
    if len(content) > MOST_BYTES:
        raise web.HTTPRequestEntityTooLarge(
            max_size=MOST_BYTES, actual_size=len(content), text=f"an image is larger than {MOST_BYTES // 2**20} MB"
        )
    picture = await prepare(content)
    if not isinstance(picture, Picture):
        raise web.HTTPUnsupportedMediaType(text=f"an image cannot be used: {picture.reason}")
    return picture


def serve(name: str, data_dir: Path) -> web.FileResponse:
    """The file, as a picture that can run nothing. Raises 404 for every other name."""
    path = path_of(f"{FOLDER}/{name}", data_dir)
    if path is None:
        raise web.HTTPNotFound(text="no such image")
    return web.FileResponse(
        path,
        headers={
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, max-age=31536000, immutable",
        },
    )
