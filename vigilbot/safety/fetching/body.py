"""The bytes of a response, never more of them than allowed: neither as sent nor once unpacked."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from vigilbot.errors import FetchFailed, FetchRefused

if TYPE_CHECKING:
    from aiohttp import ClientResponse

ENCODINGS = ("gzip",)
"""What is asked for. Anything else that is sent would have to be unpacked by code nobody here has bounded."""
_CHUNK = 64 * 1024


async def read(response: ClientResponse, most: int) -> bytes:
    """The content, unpacked. Raises FetchRefused when it is larger than `most` bytes, FetchFailed when it is cut."""
    if (response.content_length or 0) > most:
        raise _too_large(most)
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", "", *ENCODINGS}:
        raise FetchRefused(f"is packed as {encoding[:20]!r}, which was not asked for")
    unpacked = _Gzip(most) if encoding in ENCODINGS else _Plain(most)
    async for chunk in response.content.iter_chunked(_CHUNK):
        unpacked.add(chunk)
    return unpacked.whole()


class _Plain:
    def __init__(self, most: int) -> None:
        self._most = most
        self._content = bytearray()

    def add(self, chunk: bytes) -> None:
        self._content += chunk
        if len(self._content) > self._most:
            raise _too_large(self._most)

    def whole(self) -> bytes:
        return bytes(self._content)


class _Gzip(_Plain):
    def __init__(self, most: int) -> None:
        super().__init__(most)
        self._packed = 0
        self._member = _new_member()

    def add(self, chunk: bytes) -> None:
        self._packed += len(chunk)
        if self._packed > self._most:
            raise _too_large(self._most)
        while chunk:
            room = self._most - len(self._content) + 1
            try:
                super().add(self._member.decompress(chunk, room))
            except zlib.error:
                raise FetchFailed("its gzip content is damaged") from None
            chunk = self._member.unconsumed_tail or self._member.unused_data
            if self._member.eof and chunk:
                self._member = _new_member()

    def whole(self) -> bytes:
        if self._packed and not self._member.eof:
            raise FetchFailed("its gzip content is cut short")
        return super().whole()


def _new_member() -> zlib._Decompress:
    return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)  # 16: a gzip header is required (zlib manual)


def _too_large(most: int) -> FetchRefused:
    return FetchRefused(f"is larger than {most / 2**20:.0f} MB")
