"""Evaluation files: JSON lines, plain or gzip; a broken line is named by file and number."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from vigilbot.errors import EvaluationError
from vigilbot.models import Message

if TYPE_CHECKING:
    from pathlib import Path

Case = TypeVar("Case")
Row = Mapping[str, Any]  # what a JSON object holds is checked where it is read

ROLES = ("customer", "analyst", "bot")


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON-lines file (`.gz` or plain), blank lines skipped.

    Raises EvaluationError naming the file, and the line where one is not a JSON object.
    """
    for _, row in _numbered_rows(path):
        yield row


def read_cases(path: Path, parse: Callable[[Row], Case]) -> list[Case]:
    """Every row through `parse`.

    Its ValueError, KeyError or TypeError becomes an EvaluationError that names file and line.
    """
    cases = []
    for number, row in _numbered_rows(path):
        try:
            cases.append(parse(row))
        except KeyError as missing:
            raise EvaluationError(f"{path}, line {number}: the key {missing} is missing") from None
        except ValueError as fault:
            raise EvaluationError(f"{path}, line {number}: {fault}") from None
        except TypeError as fault:
            raise EvaluationError(f"{path}, line {number}: a value is of the wrong kind ({fault})") from None
    if not cases:
        raise EvaluationError(f"{path}: holds no case")
    return cases


def dialogue_of(row: Row, session_id: str) -> tuple[Message, ...]:
    """The messages of `row["dialogue"]`; raises ValueError in words when its shape is wrong."""
    said = row["dialogue"]
    if not isinstance(said, list) or not said:
        raise ValueError("`dialogue` must be a list of messages, and not empty")
    return tuple(_message(entry, index, session_id) for index, entry in enumerate(said))


def text_of(row: Row, key: str) -> str:
    """`row[key]` when it is a string; raises ValueError in words otherwise."""
    value = row[key]
    if isinstance(value, str):
        return value
    raise ValueError(f"`{key}` must be a string, not {type(value).__name__}")


def _message(entry: object, index: int, session_id: str) -> Message:
    said = entry if isinstance(entry, dict) else {}
    role, text = said.get("role"), said.get("text")
    if role not in ROLES:
        raise ValueError(f"message {index} of `dialogue` has the role {role!r}; it must be one of {', '.join(ROLES)}")
    if isinstance(text, str):
        return Message(str(index), session_id, str(said.get("author") or role), role, text, float(index))
    raise ValueError(f"message {index} of `dialogue` has no text")


def _numbered_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, _object(line, path, number)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise EvaluationError(f"{path}: cannot be read ({reason})") from None
    except UnicodeDecodeError:
        raise EvaluationError(f"{path}, after line {number}: is not UTF-8 text") from None


def _object(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise EvaluationError(f"{path}, line {number}: is not JSON ({error})") from None
    if not isinstance(row, dict):
        raise EvaluationError(f"{path}, line {number}: must be a JSON object, not {type(row).__name__}")
    return row
