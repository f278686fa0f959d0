"""`python -m vigilbot.knowledge.parsing.child`: reads documents from stdin, one after another, and writes their text.

Whatever a document does to its parser, it does here: in a process that may hold 512 MiB, and that can open neither a
file nor a connection once it has started, since the kernel gives it no further descriptor.
"""

from __future__ import annotations

import encodings
import importlib
import json
import pkgutil
import resource
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import docx
import pypdf
import trafilatura

from vigilbot.knowledge.parsing import from_docx, from_html, from_pdf, wire

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

READERS = {wire.PDF: from_pdf.read, wire.DOCX: from_docx.read, wire.HTML: from_html.read}

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 130
"""For one document; whoever waits for it gives up before."""

MOST_OF_ERROR = 80
"""Characters of a parser's own words, which may quote the document."""

DESCRIPTORS = 3
"""stdin, stdout, stderr."""


def main() -> None:
    _load_what_is_loaded_late()
    _confine()
    sys.stdout.buffer.write(wire.frame(wire.READY))
    sys.stdout.buffer.flush()
    serve(sys.stdin.buffer, sys.stdout.buffer)


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Until the pipe is closed."""
    while len(head := requests.read(wire.HEAD.size)) == wire.HEAD.size:
        tag, length = wire.HEAD.unpack(head)
        _allow_cpu()

        def page() -> None:
            replies.write(wire.frame(wire.PAGE))
            replies.flush()

        replies.write(_reply(tag, requests.read(length), page))
        replies.flush()


def _reply(tag: bytes, content: bytes, page: Callable[[], None]) -> bytes:
    try:
        title, text = READERS[tag](content, page)
        body = json.dumps({"title": title, "text": text}, ensure_ascii=False).encode("utf-8", "replace")
    except MemoryError:
        return wire.frame(wire.FAULT, f"needs more than {MEMORY_BYTES // 2**20} MB to be read".encode())
    except ValueError as fault:
        return wire.frame(wire.FAULT, str(fault).encode("utf-8", "replace"))
    except Exception as error:  # parsers of broken documents raise whatever they stumble over
        why = f"is damaged ({type(error).__name__}: {str(error)[:MOST_OF_ERROR]})"
        return wire.frame(wire.FAULT, why.encode("utf-8", "replace"))
    if len(body) > wire.MOST_TEXT:
        return wire.frame(wire.FAULT, f"holds more than {wire.MOST_TEXT // 2**20} MB of text".encode())
    return wire.frame(wire.TEXT, body)


def _load_what_is_loaded_late() -> None:
    """Modules that the parsers import only once they meet what needs them."""
    for package in (encodings, docx, pypdf, trafilatura):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                with suppress(Exception):  # codecs of other systems, parts that need a package of their own
                    importlib.import_module(module.name)
    with suppress(Exception):  # it is not about the result
        from_html.read(b"<html><head><title>t</title></head><body><h1>h</h1><p>p</p></body></html>", lambda: None)


def _confine() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))


def _allow_cpu() -> None:
    spent = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(spent.ru_utime + spent.ru_stime) + CPU_SECONDS, most))


if __name__ == "__main__":
    main()
