"""Pictures from outside: checked, decoded within limits, made small, and written anew.

What leaves here was encoded by us: no metadata, no trailing data, no second meaning for another parser.
"""

from __future__ import annotations

import asyncio
import io
import warnings
from base64 import b64encode
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 40_000_000
"""Beyond that a small file decodes into hundreds of megabytes (a "pixel bomb")."""
LONGEST_EDGE = 1568
"""Vision models scale larger pictures down themselves; sending more only costs time and tokens."""
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_PNG_BYTES = 1_500_000
"""A PNG larger than this is a photograph rather than a screenshot, and goes out as JPEG."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is safe to hand on. `width` and `height` are pixels, at most LONGEST_EDGE."""

    mimetype: str
    data: bytes
    width: int
    height: int

    @property
    def data_url(self) -> str:
        return f"data:{self.mimetype};base64,{b64encode(self.data).decode('ascii')}"


@dataclass(frozen=True, slots=True)
class Unseen:
    """Why a file cannot be shown to anybody."""

    reason: str


async def prepare(data: bytes) -> Picture | Unseen:
    """Check, shrink and re-encode one picture in a thread. Never raises for what the bytes hold."""
    return await asyncio.to_thread(prepared, data)


def prepared(data: bytes) -> Picture | Unseen:
    """As `prepare`, in the calling thread."""
    if len(data) > MAX_BYTES:
        return Unseen(f"larger than {MAX_BYTES // 1024 // 1024} MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what the limits here already decide
            return _reencoded(data)
    except UnidentifiedImageError:
        return Unseen("not a PNG, JPEG, GIF or WebP picture")
    except Image.DecompressionBombError:
        return Unseen("too many pixels")
    except Exception as error:  # hostile files make Pillow's decoders raise almost anything, SyntaxError included
        return Unseen(f"cannot be decoded ({type(error).__name__})")


def _reencoded(data: bytes) -> Picture | Unseen:
    # `formats` makes Pillow go by the file's first bytes and only to these decoders, whatever the name says.
    with Image.open(io.BytesIO(data), formats=FORMATS) as source:
        if source.width * source.height > MAX_PIXELS:
            return Unseen("too many pixels")
        lossy = source.format == "JPEG"
        source.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))  # JPEG only: decode at a fraction of the size
        source.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
        upright = ImageOps.exif_transpose(source)
        return _jpeg(upright) if lossy else _png_or_jpeg(upright)


def _png_or_jpeg(image: Image.Image) -> Picture:
    plain = image.convert("RGBA" if image.has_transparency_data else "RGB")
    out = io.BytesIO()
    plain.save(out, "PNG")
    if out.tell() > _PNG_BYTES:
        return _jpeg(plain)
    return Picture("image/png", out.getvalue(), plain.width, plain.height)


def _jpeg(image: Image.Image) -> Picture:
    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    plain = image.convert("RGB")
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=85)
    return Picture("image/jpeg", out.getvalue(), plain.width, plain.height)
