"""What the admin allows a tool to be asked. Whatever a model proposes, an argument's value can only be

- the admin's constant, which nobody is asked for;
- one of the admin's list;
- a text of the admin's pattern, or a number within the admin's bounds, that stands word for word in what was written
  in the dialogue: by an analyst, or by anyone if the admin says so.

Passages and other tools' findings are never a source. A model is shown `[e-mail]` where somebody wrote an address, and
so on; that mark, proposed, stands for the only such piece of the allowed form. Secrets are never a source either.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator
from pydantic_core import SchemaError, SchemaValidator, ValidationError, core_schema

from vigilbot.errors import ToolRefused
from vigilbot.models import Scalar, ToolArgument
from vigilbot.safety.redaction.redact import behind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vigilbot.models import Dialogue, Role

Authors = Literal["analysts", "anyone"]
LONGEST_VALUE = 200
_TRUSTED: dict[Authors, frozenset[Role]] = {
    "analysts": frozenset({"analyst"}),
    "anyone": frozenset({"analyst", "customer"}),
}
_INTEGER = re.compile(r"-?\d{1,15}")
_DECIMAL = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?")


def linear(pattern: str) -> SchemaValidator:
    """Matches the whole text in time linear in its length (Rust's regex), whatever the pattern is like.

    Raises ValueError for what that engine does not know: look-around and back-references.
    """
    try:
        return SchemaValidator(core_schema.str_schema(pattern=rf"^(?:{pattern})$", regex_engine="rust-regex"))
    except SchemaError:
        raise ValueError("must be a regular expression without look-around and back-references") from None


def matches(pattern: SchemaValidator, text: str) -> bool:
    try:
        pattern.validate_python(text, strict=True)
    except ValidationError:
        return False
    return True


def _compiles(pattern: str) -> str:
    linear(pattern)
    return pattern


class _Kind(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Constant(_Kind):
    """Always this; whoever chooses neither sees nor fills it."""

    value: JsonValue = Field(alias="const")


class Choice(_Kind):
    """One of the admin's own values."""

    enum: tuple[Scalar, ...] = Field(min_length=1, max_length=100)
    optional: bool = False

    @property
    def words(self) -> str:
        return "one of " + ", ".join(_shown(value) for value in self.enum)

    def value(self, proposed: str, dialogue: Dialogue) -> Scalar:  # noqa: ARG002 - whoever wrote it
        """Raises ToolRefused."""
        for allowed in self.enum:
            if proposed == _shown(allowed):
                return allowed
        raise ToolRefused("is none of the values allowed")


class Pattern(_Kind):
    """A text of this form that somebody wrote."""

    pattern: Annotated[str, AfterValidator(_compiles)]
    longest: int = Field(100, ge=1, le=LONGEST_VALUE, alias="maxLength")
    authors: Authors = Field("analysts", alias="from")
    optional: bool = False

    @property
    def words(self) -> str:
        return f"text matching {self.pattern}, exactly as {_by(self.authors)} wrote it"

    def value(self, proposed: str, dialogue: Dialogue) -> Scalar:
        """Raises ToolRefused."""
        pieces = behind(proposed, _written(self.authors, dialogue))
        if pieces is None:
            if not self._allows(proposed):
                raise ToolRefused("does not have the form allowed")
            _hold_to_words(proposed, self.authors, dialogue)
            return proposed
        fitting = sorted(filter(self._allows, pieces))
        if len(fitting) != 1:
            raise ToolRefused(f"is a mark for {len(fitting)} texts of the form allowed")
        return fitting[0]

    def _allows(self, value: str) -> bool:
        return len(value) <= self.longest and matches(linear(self.pattern), value)


class Number(_Kind):
    """A number within bounds that somebody wrote; a whole one when both bounds are."""

    minimum: int | float
    maximum: int | float
    authors: Authors = Field("analysts", alias="from")
    optional: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError("minimum must not exceed maximum")
        return self

    @property
    def _whole(self) -> bool:
        return isinstance(self.minimum, int) and isinstance(self.maximum, int)

    @property
    def words(self) -> str:
        kind = "whole number" if self._whole else "number"
        return f"{kind} from {self.minimum} to {self.maximum}, exactly as {_by(self.authors)} wrote it"

    def value(self, proposed: str, dialogue: Dialogue) -> Scalar:
        """Raises ToolRefused."""
        form = _INTEGER if self._whole else _DECIMAL
        if not form.fullmatch(proposed) or not proposed.isascii():
            raise ToolRefused("is no such number")
        number = int(proposed) if self._whole else float(proposed)
        if not self.minimum <= number <= self.maximum:
            raise ToolRefused("is out of bounds")
        _hold_to_words(proposed, self.authors, dialogue)
        return number


ArgumentRule = Constant | Choice | Pattern | Number


@dataclass(frozen=True, slots=True)
class ToolRule:
    """One tool on the allow-list. `use` replaces the description its server gives."""

    use: str
    arguments: Mapping[str, ArgumentRule]

    @property
    def asked(self) -> tuple[ToolArgument, ...]:
        """The arguments whoever chooses has to fill."""
        return tuple(
            ToolArgument(name, rule.words, rule.optional)
            for name, rule in self.arguments.items()
            if not isinstance(rule, Constant)
        )

    @property
    def constants(self) -> dict[str, JsonValue]:
        return {name: rule.value for name, rule in self.arguments.items() if isinstance(rule, Constant)}

    def filled(self, proposed: Mapping[str, str], dialogue: Dialogue) -> dict[str, Scalar]:
        """The values for this turn, each held to its rule. Raises ToolRefused naming the argument, never the value."""
        asked = {name: rule for name, rule in self.arguments.items() if not isinstance(rule, Constant)}
        if unknown := sorted(proposed.keys() - asked.keys()):
            raise ToolRefused(f"{len(unknown)} argument(s) that are not the model's to fill")
        filled: dict[str, Scalar] = {}
        for name, rule in asked.items():
            if name in proposed:
                try:
                    filled[name] = rule.value(proposed[name], dialogue)
                except ToolRefused as error:
                    raise ToolRefused(f"the argument {name} {error}") from None
            elif not rule.optional:
                raise ToolRefused(f"the argument {name} is missing")
        return filled


def _hold_to_words(value: str, authors: Authors, dialogue: Dialogue) -> None:
    if not _stands_in(value, _written(authors, dialogue)):
        raise ToolRefused(f"does not stand in what {_by(authors)} wrote")


def _written(authors: Authors, dialogue: Dialogue) -> list[str]:
    return [message.text for message in dialogue.messages if message.role in _TRUSTED[authors]]


def _stands_in(value: str, texts: Iterable[str]) -> bool:
    """Word for word, and not as a piece of a longer word or number."""
    whole = re.compile(rf"(?<![\w.-]){re.escape(value)}(?![\w-])(?!\.\w)")
    return any(whole.search(text) for text in texts)


def _by(authors: Authors) -> str:
    return "an analyst" if authors == "analysts" else "somebody in the dialogue"


def _shown(value: Scalar) -> str:
    """Text as it is, everything else as in JSON."""
    return value if isinstance(value, str) else json.dumps(value)
