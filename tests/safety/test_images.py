"""Hostile, broken and ordinary pictures."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vigilbot.safety.images import LONGEST_EDGE, MAX_BYTES, Picture, Unseen, prepare, prepared


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing: what a pixel bomb looks like before it is decoded."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
async def test_ordinary_pictures_pass(kind: str) -> None:
    picture = await prepare(encoded(Image.new("RGB", (300, 200), "navy"), kind))
    assert isinstance(picture, Picture)
    assert (picture.width, picture.height) == (300, 200)
    assert picture.mimetype == ("image/jpeg" if kind == "JPEG" else "image/png")
    assert picture.data_url.startswith(f"data:{picture.mimetype};base64,")
    with Image.open(io.BytesIO(picture.data)) as again:
        assert again.size == (300, 200)


@pytest.mark.parametrize(("size", "expected"), [((4000, 1000), (1568, 392)), ((1000, 4000), (392, 1568))])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_large_ones_become_small(kind: str, size: tuple[int, int], expected: tuple[int, int]) -> None:
    picture = prepared(encoded(Image.new("RGB", size, "navy"), kind))
    assert isinstance(picture, Picture)
    assert (picture.width, picture.height) == expected
    assert max(expected) == LONGEST_EDGE


def test_a_photograph_saved_as_png_goes_out_as_jpeg() -> None:
    noise = Image.effect_noise((1500, 1200), 90).convert("RGBA")
    picture = prepared(encoded(noise, "PNG"))
    assert isinstance(picture, Picture)
    assert picture.mimetype == "image/jpeg"


def test_nothing_but_pixels_survives() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    exif[0x0112] = 6  # turned by a quarter
    data = encoded(Image.new("RGB", (40, 20)), "JPEG", exif=exif.tobytes()) + b"<?php trailing"
    picture = prepared(data)
    assert isinstance(picture, Picture)
    assert (picture.width, picture.height) == (20, 40)
    assert b"home" not in picture.data
    assert b"php" not in picture.data


@pytest.mark.parametrize("mode", ["P", "L", "LA", "RGBA", "CMYK", "1", "I;16"])
def test_every_kind_of_pixel(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert isinstance(prepared(encoded(Image.new(mode, (30, 30)), kind)), Picture)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a PNG, JPEG, GIF or WebP"),
        (b"<html><body>screenshot.png</body></html>", "not a PNG, JPEG, GIF or WebP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a PNG, JPEG, GIF or WebP"),
        (b"%PDF-1.7 ...", "not a PNG, JPEG, GIF or WebP"),
        (encoded(Image.new("RGB", (9, 9)), "BMP"), "not a PNG, JPEG, GIF or WebP"),
        (png_header(50_000, 50_000), "too many pixels"),
        (png_header(9_000, 9_000), "too many pixels"),
        (png_header(300, 300), "cannot be decoded"),
        (encoded(Image.effect_noise((200, 200), 90), "PNG")[:5000], "cannot be decoded"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * MAX_BYTES, "larger than 20 MB"),
    ],
)
async def test_what_cannot_be_shown_says_why(data: bytes, reason: str) -> None:
    unseen = await prepare(data)
    assert isinstance(unseen, Unseen)
    assert reason in unseen.reason


PATTERNS = [encoded(Image.effect_noise((40, 40), 90), kind) for kind in ("PNG", "JPEG", "GIF", "WEBP")]


@settings(max_examples=200)
@given(st.sampled_from(PATTERNS), st.data())
def test_damage_of_any_kind_never_raises(pattern: bytes, data: st.DataObject) -> None:
    damaged = bytearray(pattern)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged)))
    assert isinstance(prepared(bytes(damaged[:cut])), Picture | Unseen)
