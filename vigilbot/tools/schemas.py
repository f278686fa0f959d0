"""A tool's JSON schema comes from its server: read within limits, so that no schema can cost much or reach out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jsonschema import (  # type: ignore[import-untyped]  # ships without type information
    Draft202012Validator,
    SchemaError,
    ValidationError,
    validators,
)
from referencing import Registry

from vigilbot.errors import ToolRefused
from vigilbot.tools.rules import linear, matches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_CHARS = 20_000
MAX_REFS = 20
"""References that refer to references multiply: with these few, at most some thousand steps."""


def _pattern(_validator: object, pattern: str, instance: object, _schema: object) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not matches(linear(f".*(?:{pattern}).*"), instance.replace("\n", " ")):
        yield ValidationError(f"does not match {pattern}")


# `pattern` in linear time; `patternProperties` and `format` would run expressions of the server's on Python's engine.
_Validator: Any = validators.extend(
    Draft202012Validator, {"pattern": _pattern, "patternProperties": lambda *_: (), "format": lambda *_: ()}
)


def schema_fault(schema: Mapping[str, Any]) -> str:
    """Why a schema cannot be used; empty when it can."""
    try:
        text = json.dumps(schema)
    except (TypeError, ValueError, RecursionError):
        return "is nested too deeply"
    if len(text) > MAX_CHARS:
        return f"is longer than {MAX_CHARS} characters"
    if text.count('"$ref"') + text.count('"$dynamicRef"') > MAX_REFS:
        return f"holds more than {MAX_REFS} references"
    try:
        Draft202012Validator.check_schema(schema)
    except (SchemaError, RecursionError):
        return "is no valid JSON schema"
    return "" if schema.get("type") == "object" else "does not describe an object"


def hold_to_schema(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Raises ToolRefused when the arguments do not fit, or when the schema is impossible after all."""
    try:
        error = next(iter(_Validator(schema, registry=Registry()).iter_errors(dict(arguments))), None)
    except Exception as broken:  # unresolvable or circular references, patterns of another dialect: all the server's
        raise ToolRefused(f"the tool's schema cannot be applied ({type(broken).__name__})") from None
    if error is not None:
        place = ".".join(str(step) for step in error.absolute_path)
        raise ToolRefused(f"the arguments do not fit the tool's schema at {place or 'the top'} ({error.validator})")
