"""Prompts are files: YAML front matter (task, variables, output schema), then a jinja2 body in two blocks.

What several prompts share is included from `*.jinja` files beside them.

Every value a template prints goes in without secrets and neutralised, so no prompt can forget to; numbers pass as they
are. Values are cut before they get here, so what cuts them (`transcript.clipped`) takes secrets out first.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import jinja2.meta
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from vigilbot.errors import PromptError
from vigilbot.reasoning.shown import shown
from vigilbot.safety.delimiters import neutralise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vigilbot.reasoning.prompted.choice import PromptTask

BLOCKS = ("system", "user")


class FrontMatter(BaseModel):
    """The head of a prompt file; anything else in it is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: str
    variables: dict[str, str]
    """Every variable of the body, with its meaning in one line."""
    output: dict[str, Any]
    """JSON schema of the reply."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt file, read and compiled."""

    file: str
    head: FrontMatter
    _template: jinja2.Template

    def render(self, values: Mapping[str, object]) -> tuple[str, str]:
        """The system and the user message. Raises PromptError naming the file and the missing variable."""
        if missing := sorted(self.head.variables.keys() - values.keys()):
            raise PromptError(f"{self.file}: variable {missing[0]} was not given")
        try:
            context = self._template.new_context(dict(values))
            system, user = ("".join(self._template.blocks[name](context)).strip() for name in BLOCKS)
        except jinja2.TemplateError as error:
            raise PromptError(f"{self.file}: {error}") from None
        return system, user


def folder() -> Path:
    """Where the prompt files lie: inside an installed package, or beside it in a checkout."""
    packaged = Path(str(resources.files("vigilbot"))) / "prompts"
    return packaged if packaged.is_dir() else packaged.parent.parent / "prompts"


def load(task: PromptTask, where: Path | None = None) -> Prompt:
    """Read and check one of our prompt files. Raises PromptError in one line that names the file."""
    return _read(task, (where or folder()) / f"{task}.md")


def load_other(task: PromptTask, path: Path) -> Prompt:
    """Somebody's own wording of a task, which takes no variables that ours does not. Raises PromptError like `load`."""
    prompt = _read(task, path)
    if unknown := sorted(prompt.head.variables.keys() - load(task).head.variables.keys()):
        raise PromptError(f"{path}: declares {unknown[0]}, which no `{task}` prompt is given")
    return prompt


def _read(task: PromptTask, path: Path) -> Prompt:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"{path}: cannot be read ({error})") from None
    head, body = _parted(path, text)
    if head.task != task:
        raise PromptError(f"{path}: its front matter says task {head.task}, it is read for task {task}")
    return Prompt(path.name, head, _compiled(path, body, head))


def _parted(path: Path, text: str) -> tuple[FrontMatter, str]:
    opening, *rest = text.split("---\n", 2)
    if opening or len(rest) != 2:
        raise PromptError(f"{path}: must begin with YAML front matter between two lines of ---")
    try:
        return FrontMatter.model_validate(yaml.safe_load(rest[0])), rest[1]
    except yaml.YAMLError as error:
        raise PromptError(f"{path}: front matter is no YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(step) for step in first["loc"])
        raise PromptError(f"{path}: front matter, {key or 'as a whole'}: {first['msg'].lower()}") from None


def _compiled(path: Path, body: str, head: FrontMatter) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([path.parent, folder()]),
        undefined=jinja2.StrictUndefined,
        finalize=_printed,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - prompts are not HTML; `finalize` guards what they print
    )
    try:
        used = _variables(environment, body)
        template = environment.from_string(body)
    except jinja2.TemplateSyntaxError as error:
        raise PromptError(f"{path}: line {error.lineno} of the body: {error.message}") from None
    except jinja2.TemplateNotFound as error:
        raise PromptError(f"{path}: includes {error.name}, which is neither beside it nor ours") from None
    if unknown := sorted(used - head.variables.keys()):
        raise PromptError(f"{path}: the body uses {unknown[0]}, which the front matter does not declare")
    if idle := sorted(head.variables.keys() - used):
        raise PromptError(f"{path}: the front matter declares {idle[0]}, which the body does not use")
    if lacking := [name for name in BLOCKS if name not in template.blocks]:
        raise PromptError(f"{path}: the body lacks the block {lacking[0]}")
    return template


def _variables(environment: jinja2.Environment, source: str) -> set[str]:
    """Every variable that the source, or what it includes, takes from outside."""
    tree = environment.parse(source)
    used = set(jinja2.meta.find_undeclared_variables(tree))
    for name in jinja2.meta.find_referenced_templates(tree):
        if name is not None and environment.loader is not None:
            used |= _variables(environment, environment.loader.get_source(environment, name)[0])
    return used


def _printed(value: object) -> object:
    return neutralise(shown(value)) if isinstance(value, str) else value
