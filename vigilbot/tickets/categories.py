"""The admin's categories: what is grave, who is told, and the rules and filters beside. Read once, at start."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from vigilbot.errors import ConfigError
from vigilbot.models import OTHER, Category
from vigilbot.tickets.matching import Matcher, matcher

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FILE = "tickets.toml"
"""In the data folder; where it is missing, the shipped default.toml counts."""

CHANNEL = re.compile(r"#[\w.-]{1,80}|[CG][A-Z0-9]{2,}")
GROUP = re.compile(r"@[\w.-]{1,80}|S[A-Z0-9]{2,}")

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class Told(NamedTuple):
    """Who hears of a category. Empty: the channel of VIGIL_ALERT_CHANNEL, and no group."""

    channel: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A customer's line that matches makes the ticket at least this category."""

    name: str
    category: Category
    matcher: Matcher


@dataclass(frozen=True, slots=True)
class Filter:
    """What is said only where it matches, and where `unless` does not, is not grave: test environments, say."""

    name: str
    matcher: Matcher
    unless: Matcher

    def covers(self, text: str) -> bool:
        return self.matcher.finds(text) and not self.unless.finds(text)


@dataclass(frozen=True, slots=True)
class Categories:
    """The whole category file: the menu, who is told of what, rules and filters."""

    menu: tuple[Category, ...]
    told: Mapping[str, Told]
    rules: tuple[Rule, ...]
    filters: tuple[Filter, ...]
    source: str
    """The file they come from."""

    def named(self, name: str | None) -> Category | None:
        return next((category for category in self.menu if category.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(category.name for category in self.menu)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Category(_Table):
    name: Name
    gravity: int = Field(ge=0, le=100)
    description: Words
    examples: tuple[Words, ...] = ()
    confusable: tuple[Words, ...] = ()
    notify: tuple[str, ...] = ()


class _Rule(_Table):
    name: Name
    category: Name
    keywords: tuple[Words, ...] = ()
    pattern: str = ""


class _Filter(_Table):
    name: Name
    keywords: tuple[Words, ...] = ()
    pattern: str = ""
    unless: tuple[Words, ...] = ()


class _File(_Table):
    category: tuple[_Category, ...]
    rule: tuple[_Rule, ...] = ()
    filter: tuple[_Filter, ...] = ()


def load(path: Path | None, data_dir: Path) -> Categories:
    """Those of `path` (VIGIL_TICKETS), else of the data folder, else the shipped ones.

    Raises ConfigError in one line that names the file, the place in it and the fix.
    """
    own = path or data_dir / FILE
    if path is None and not own.is_file():
        return shipped()
    try:
        return parsed(own.read_text("utf-8"), str(own))
    except OSError as error:
        raise ConfigError(f"{own}: cannot be read ({error.strerror}); correct VIGIL_TICKETS") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{own}: is not UTF-8 text; save it as UTF-8") from None


def shipped() -> Categories:
    """Those of a bot whose admin has written none."""
    text = resources.files("vigilbot.tickets").joinpath("default.toml").read_text("utf-8")
    return parsed(text, "the shipped default.toml")


def parsed(text: str, source: str) -> Categories:
    """The categories in a TOML text. Raises ConfigError naming `source`."""
    try:
        file = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source}: no TOML: {error}") from None
    except RecursionError:
        raise ConfigError(f"{source}: no TOML that can be read: it is nested too deeply") from None
    except ValidationError as error:
        raise ConfigError(f"{source}: {_one_line(error)}") from None
    menu = tuple(
        Category(one.name, one.gravity, one.description, one.examples, one.confusable) for one in file.category
    )
    _check_menu(menu, source)
    by_name = {category.name: category for category in menu}
    for rule in file.rule:
        if by_name.get(rule.category, menu[0]).name != rule.category or rule.category == OTHER:
            raise ConfigError(f"{source}: rule {rule.name!r} names {rule.category!r}, which is no grave category here")
    return Categories(
        menu=menu,
        told={one.name: _told(one.notify, f"{source}: category {one.name!r}") for one in file.category},
        rules=tuple(Rule(rule.name, by_name[rule.category], _matcher(rule, "rule", source)) for rule in file.rule),
        filters=tuple(
            Filter(one.name, _matcher(one, "filter", source), matcher(one.unless, "", source)) for one in file.filter
        ),
        source=source,
    )


def _check_menu(menu: Sequence[Category], source: str) -> None:
    names = [category.name.casefold() for category in menu]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ConfigError(f"{source}: two categories are named {twice!r}; rename one")
    other = next((category for category in menu if category.name == OTHER), None)
    if other is None:
        raise ConfigError(
            f"{source}: the category {OTHER!r} is missing; add it with gravity 0, for all that is not grave"
        )
    if other.gravity:
        raise ConfigError(f"{source}: {OTHER!r} must have gravity 0: nobody is told of it")
    if wrong := next((category for category in menu if category.name != OTHER and not category.gravity), None):
        raise ConfigError(
            f"{source}: category {wrong.name!r} has gravity 0, which only {OTHER!r} may have; use 1 or more"
        )


def _told(notify: Sequence[str], where: str) -> Told:
    channels = [item for item in notify if CHANNEL.fullmatch(item)]
    groups = [item for item in notify if GROUP.fullmatch(item) and item not in channels]
    if strange := next((item for item in notify if item not in (*channels, *groups)), None):
        raise ConfigError(
            f"{where}: notify {strange!r} is neither a channel (#name or id) nor a user group (@handle or id)"
        )
    if len(channels) > 1 or len(groups) > 1:
        raise ConfigError(f"{where}: notify takes one channel and one user group; an alert is posted once")
    return Told(*(channels or [""]), *(groups or [""]))


def _matcher(table: _Rule | _Filter, kind: str, source: str) -> Matcher:
    where = f"{source}: {kind} {table.name!r}"
    if not table.keywords and not table.pattern:
        raise ConfigError(f"{where} has neither keywords nor a pattern, so it could never match; add one")
    return matcher(table.keywords, table.pattern, where)


def _one_line(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(f"{part + 1}" if isinstance(part, int) else str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{place}: no such key; see docs/tickets.md for those there are"
    if first["type"] == "missing":
        return f"{place} is missing"
    return f"{place}: {first['msg'][0].lower()}{first['msg'][1:]}"
