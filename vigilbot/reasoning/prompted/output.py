"""Reads a model's reply tolerantly, then holds it strictly against the expected shape."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, TypeVar

import json_repair
from pydantic import BaseModel, ConfigDict, ValidationError

from vigilbot.errors import OutputUnreadable
from vigilbot.reasoning.shown import shown

if TYPE_CHECKING:
    from vigilbot.reasoning.prompted.gateway import Reply

KEPT_CHARS = 4_000
"""How much of a reply the accounts keep."""


class Output(BaseModel):
    """Base of what models are asked for. What they add beyond it is ignored."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)


class ModelDeclined(OutputUnreadable):
    """The model, or its provider's filter, refuses to say anything: asking again would not help."""


T = TypeVar("T", bound=Output)

_DECLINES = re.compile(
    r"^\W*(?:i(?:['’]?m| am)? (?:sorry|unable)|sorry|i (?:can(?:no|['’])t|won['’]t)|as an ai)\b", re.IGNORECASE
)
_THOUGHTS = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
"""Open models served without a reasoning parser put their thoughts in front of the reply."""


def read(reply: Reply, shape: type[T]) -> T:
    """The reply as `shape`, without secrets.

    Raises OutputUnreadable with the reason in words a model understands, or ModelDeclined.
    """
    if reply.declined or ("{" not in reply.text and _DECLINES.match(reply.text)):
        raise ModelDeclined("the model declined to reply")
    found = _json_object(_THOUGHTS.sub("", reply.text))
    if found is None:
        cut = "it was cut off" if reply.cut_off else "it holds no complete JSON object"
        raise OutputUnreadable(f"the reply cannot be read: {cut}")
    try:
        if shown(reply.text) != reply.text:  # read off a picture: nothing else that is shown holds any
            found = _without_secrets(found)
        return shape.model_validate(_storable(found))
    except RecursionError:
        raise OutputUnreadable("the reply cannot be read: it is nested too deeply") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(step) for step in first["loc"])
        raise OutputUnreadable(f"the reply does not fit: {field}: {first['msg'].lower()}") from None


def _json_object(text: str) -> object | None:
    """The first JSON object of the text: strictly if possible, otherwise repaired.

    Repair sees nothing behind the last closing brace, so a value that was cut off is missing rather than half there.
    """
    begin = text.find("{")
    if begin < 0:
        return None
    try:
        found, _ = json.JSONDecoder().raw_decode(text, begin)
    except (ValueError, RecursionError):
        end = text.rfind("}")
        return _repaired(text[begin : end + 1]) if end > begin else None
    return found if isinstance(found, dict) else None


def _without_secrets(found: object) -> object:
    if isinstance(found, str):
        return shown(found)
    if isinstance(found, list):
        return [_without_secrets(one) for one in found]
    if isinstance(found, dict):
        return {key: _without_secrets(one) for key, one in found.items()}
    return found


def _storable(found: object) -> object:
    """The same without half surrogates: JSON can spell them, and no store takes them."""
    return json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))


def _repaired(text: str) -> object | None:
    try:
        found = json_repair.loads(text)
    except (ValueError, RecursionError):
        return None
    candidates = found if isinstance(found, list) else [found]
    return next((item for item in candidates if isinstance(item, dict)), None)
