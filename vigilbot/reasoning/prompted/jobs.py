"""What the caller is given to do: one prompt about one thing, and what is made of the reply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from vigilbot.reasoning.prompted.gateway import chat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vigilbot.reasoning.prompted.abilities import Abilities
    from vigilbot.reasoning.prompted.choice import PromptTask
    from vigilbot.reasoning.prompted.gateway import ChatMessage, Reply
    from vigilbot.reasoning.prompted.prompts import Prompt

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Job(Generic[T]):
    """One question to a model: what is asked, and how the reply is read."""

    task: PromptTask
    turn_id: str
    """Or the session's id, for what belongs to no turn."""
    schema: Mapping[str, object]
    pictured: bool
    """Whether `messages` carries pictures when the endpoint takes them."""
    messages: Callable[[Abilities, str], Sequence[ChatMessage]]
    """Builds the prompt for what the endpoint can do; the text is a complaint about the first reply, or empty."""
    read: Callable[[Reply], T]
    """Makes a result of the reply, or raises OutputUnreadable."""
    temperature: float = 0.0
    """Above 0 the same question is answered in other words each time."""


def text_job(
    task: PromptTask,
    about: str,
    prompt: Prompt,
    values: Callable[[int], Mapping[str, object]],
    reading: Callable[[Reply], T],
    *,
    schema: Mapping[str, object] | None = None,
    temperature: float = 0.0,
) -> Job[T]:
    """A job whose prompt carries no pictures.

    `about` is the id of the turn or session the call is recorded under, or empty. `values(chars)` gives the prompt's
    variables, with at most `chars` characters of what outsiders wrote. `schema` replaces the prompt's own.
    """

    def messages(abilities: Abilities, complaint: str) -> Sequence[ChatMessage]:
        return chat(*prompt.render({**values(abilities.chars), "complaint": complaint}))

    shape = schema or prompt.head.output
    return Job(task, about, shape, pictured=False, messages=messages, read=reading, temperature=temperature)
