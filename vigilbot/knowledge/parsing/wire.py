"""What goes over the pipe between vigilbot and the child that reads documents: frames of a tag and a body."""

from __future__ import annotations

import struct

HEAD = struct.Struct(">cI")
"""Tag and length of the body in bytes."""

PDF, DOCX, HTML = b"P", b"D", b"H"
"""Requests: the body is the document; for HTML, already decoded, as UTF-8."""

READY, PAGE, TEXT, FAULT = b"+", b".", b"=", b"!"
"""Replies: the child has started; one more page gave text; done (JSON {title, text}); cannot be read (why)."""

MOST_TEXT = 16 * 1024 * 1024
"""Bytes of one reply. More text than this in one document is an attack or a dump."""


def frame(tag: bytes, body: bytes = b"") -> bytes:
    return HEAD.pack(tag, len(body)) + body
