"""The settings of triage, a family of their own."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # pydantic reads the annotations at run time
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings


class TicketSettings(BaseSettings):
    """What an admin decides about triage and its alerts."""

    triage: Literal["on", "off"] = Field("on", description="Whether running sessions are watched for what is grave")
    tickets: Path | None = Field(
        None, description="TOML file of the categories; unset: tickets.toml in the data folder, else the shipped ones"
    )
    alert_channel: str | None = Field(
        None, description="Slack channel (#name or id) for alerts whose category names none; unset: no triage in Slack"
    )
    alert_silence: float = Field(
        6.0, ge=0, description="Hours after an alert in which its ticket, closed and back again, is not told anew"
    )
    ticket_window: float = Field(
        20.0, gt=0, description="Days after an alert in which other tickets may be linked to its ticket"
    )
    ticket_likeness: float | None = Field(
        None, ge=0, le=1, description="Likeness from which two problems may be one; unset: as calibrated"
    )
