"""Which model does which task, and the setting that says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast, get_args

from vigilbot.config import ModelTask, ReasonerTask, variable_of
from vigilbot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection

    from vigilbot.config import Settings

PromptTask = Literal[ModelTask, "understand", "argue", "problem", "same_problem", "joint_problem"]
"""What a prompt can be for: `understand` is identify and rewrite in one call (VIGIL_ONE_CALL)."""

_DONE_BY: dict[PromptTask, ModelTask] = {
    "understand": "rewrite",  # the harder half, so its model does both
    "argue": "triage",
    "problem": "triage",
    "same_problem": "triage",
    "joint_problem": "triage",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """The models of VIGIL_MODEL and VIGIL_MODEL_<TASK>; or, for every task, `only` this one."""

    settings: Settings
    only: str | None = None
    named_by: str = "fallback_models"
    """The field of the settings that names it."""

    def model(self, task: PromptTask) -> str:
        """The litellm name. Raises ConfigError when there is none."""
        configured = self._configured(task)
        model = self.only or self.settings.model_for(configured)
        if model is None:
            raise ConfigError(
                f"{variable_of(f'model_{configured}')}: set it, or VIGIL_MODEL for every task; only some tasks have one"
            )
        return model

    def where(self, task: PromptTask) -> str:
        """For error lines: `VIGIL_MODEL_ANSWER=openai/x`."""
        return f"{variable_of(self._field(task))}={self.model(task)}"

    def _field(self, task: PromptTask) -> str:
        if self.only:
            return self.named_by
        own = f"model_{self._configured(task)}"
        return own if getattr(self.settings, own) else "model"

    def _configured(self, task: PromptTask) -> ModelTask:
        """Whose model does it; in one call, identifying is rewriting's."""
        if task == "identify" and self.settings.one_call:
            task = "understand"
        return _DONE_BY.get(task) or cast("ModelTask", task)


def configured(settings: Settings) -> Collection[tuple[Choice, ReasonerTask]]:
    """Each model that is set, once, with a task it is for. Raises ConfigError when only some tasks have one."""
    named: dict[str, tuple[Choice, ReasonerTask]] = {}
    if settings.uses_models:
        own = Choice(settings)
        named |= {own.model(task): (own, task) for task in get_args(ReasonerTask)}
    others = [Choice(settings, model) for model in settings.fallback_models]
    if second := settings.model_second_answer:
        others.append(Choice(settings, second, "model_second_answer"))
    named |= {choice.model("answer"): (choice, "answer") for choice in others}
    return named.values()
