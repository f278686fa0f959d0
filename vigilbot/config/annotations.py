"""The settings of what analysts are asked, a family of their own."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # pydantic reads the annotations at run time

from pydantic import Field
from pydantic_settings import BaseSettings


class AnnotationSettings(BaseSettings):
    annotate_share: float = Field(
        0.2, ge=0, le=1, description="Share of the turns that analysts are asked about; 0: they are never asked"
    )
    annotate_cap: int = Field(10, ge=0, description="Most turns that one analyst is asked about in 24 hours")
    second_answer_prompt: Path | None = Field(
        None, description="Prompt file for the second answer that analysts compare; unset: that of all answers"
    )
