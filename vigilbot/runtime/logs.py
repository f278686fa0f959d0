"""Structured logs: an event name plus fields, never message text at the default level, and no secret at any level."""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING

import structlog

from vigilbot.safety.redaction.redact import redacted

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Characters that a terminal obeys instead of showing them."""


def configure(level: str) -> None:
    """Readable lines on a terminal, one JSON object a line elsewhere; all of it on standard error."""
    terminal = sys.stderr.isatty()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        without_secrets,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if terminal else "iso", utc=not terminal),
    ]
    plain = structlog.dev.plain_traceback
    rendering: Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=plain) if terminal else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, rendering],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    vendors = logging.StreamHandler(sys.stderr)
    vendors.setFormatter(_Redacting("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[vendors])


def without_secrets(_: WrappedLogger, __: str, fields: EventDict) -> EventDict:
    """Clean every text of a log entry: the event, its fields, what they hold, and the traceback."""
    return {name: _clean(value) for name, value in fields.items()}


def _clean(value: object) -> object:
    if isinstance(value, str):
        return _shown(value)
    if isinstance(value, dict):
        return {key: _clean(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(inner) for inner in value]
    if isinstance(value, bool | int | float | None):
        return value
    return _shown(str(value))


def _shown(text: str) -> str:
    return redacted(_STEERING.sub("", text)).text


class _Redacting(logging.Formatter):
    """What vendors log, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return _shown(super().format(record))
