"""Every setting: its name, its type, its bounds, what it is for, and which of them contradict one another."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network  # noqa: TC003  # pydantic reads the annotations at run time
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from vigilbot.config.annotations import AnnotationSettings
from vigilbot.config.tickets import TicketSettings
from vigilbot.models import DeliveryMode  # noqa: TC001  # pydantic reads the annotations at run time

DEFAULT_SCOPE = "vigilbot: installing, configuring and using this support bot, its settings, commands and errors"

ReasonerTask = Literal[
    "identify",
    "rewrite",
    "choose_tools",
    "answer",
    "extract",
    "review",
    "judge_page",
    "judge_annotation",
    "triage",
]
ModelTask = Literal[ReasonerTask, "judge_answer"]
"""What can be given a model of its own: thinking, and grading answers, which only `vigilbot eval` does."""


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    return value.strip()


def _web_address(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", value.strip()):
        raise ValueError("must be an address that begins with http:// or https://")
    return value.strip()


Text = Annotated[str, AfterValidator(_not_blank)]
Address = Annotated[str, AfterValidator(_web_address)]


class Settings(AnnotationSettings, TicketSettings, BaseSettings):
    """One frozen object for the whole process. A field's description is its documentation."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        allow_inf_nan=False,
        env_prefix="VIGIL_",
        env_ignore_empty=True,
        env_file_encoding="utf-8",
        populate_by_name=True,
    )

    # Where it lives
    data_dir: Path = Field(Path("data"), description="Folder for database and index; one running bot per folder")
    host: Text = Field("127.0.0.1", description="Address the web side listens on")
    port: int = Field(8008, ge=1, le=65535, description="Port the web side listens on")
    console_token: SecretStr | None = Field(
        None, description="Needed to reach the console when VIGIL_HOST is not a loopback address"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severity that is logged")

    # What it does
    scope: Text = Field(DEFAULT_SCOPE, description="What the bot may answer, in plain words")
    engage: Literal["analyst", "always"] = Field(
        "analyst", description="Speak only after an analyst has joined a session, or always"
    )
    delivery: DeliveryMode = Field(
        "proactive", description="Answers go to the thread, as suggestions to its analysts, or nowhere (`shadow`)"
    )
    quiet_window: float = Field(
        1.5, ge=0, le=60, description="Seconds without a further message that end a customer's burst"
    )
    idle_close: float = Field(24.0, gt=0, description="Hours without a message after which a session is closed")
    answer_within: float = Field(
        15.0, gt=0, description="Minutes after a question beyond which no answer to it is posted any more"
    )
    dedup_threshold: float | None = Field(
        None, ge=0, le=1, description="Cosine above which an answer counts as already given; unset: as calibrated"
    )
    learning: Literal["auto", "approve", "off"] = Field(
        "auto", description="What closed sessions teach: used at once, after an analyst's approval, or not at all"
    )
    learn_for: Literal["everyone", "channel"] = Field(
        "everyone", description="Who is answered from what a session taught: everyone, or that channel alone"
    )
    checkpoint: float = Field(
        20.0, gt=0, description="Quiet minutes after which a session that is still open is learnt from"
    )
    link_domains: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Only links to these hosts are read: `host` or `*.host`, comma-separated; empty: any public"
    )
    link_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (), description="Internal networks whose pages may be read, as CIDR, comma-separated; empty: public hosts alone"
    )
    link_ports: Annotated[tuple[int, ...], NoDecode] = Field(
        (80, 443, 8080, 8443), description="Ports that links may lead to, comma-separated"
    )
    references: int = Field(5, ge=1, le=20, description="How many passages are given to the answer step")

    # Who thinks
    model: Text | None = Field(None, description="Any litellm model name; unset: the built-in extractive reasoner")
    model_identify: Text | None = Field(None, description="Model for deciding whether to speak; unset: VIGIL_MODEL")
    model_rewrite: Text | None = Field(None, description="Model for rewriting the question; unset: VIGIL_MODEL")
    model_choose_tools: Text | None = Field(None, description="Model for choosing tools; unset: VIGIL_MODEL")
    model_answer: Text | None = Field(None, description="Model for answering; unset: VIGIL_MODEL")
    model_extract: Text | None = Field(None, description="Model for learning from closed sessions; unset: VIGIL_MODEL")
    model_review: Text | None = Field(None, description="Model for reviewing given answers; unset: VIGIL_MODEL")
    model_judge_page: Text | None = Field(None, description="Model for judging shared links; unset: VIGIL_MODEL")
    model_judge_annotation: Text | None = Field(None, description="Model for doubting annotations; unset: VIGIL_MODEL")
    model_triage: Text | None = Field(None, description="Model for grading tickets; unset: VIGIL_MODEL")
    model_judge_answer: Text | None = Field(
        None, description="Model that grades answers in `vigilbot eval`; unset: VIGIL_MODEL"
    )
    model_second_answer: Text | None = Field(None, description="Model for the second answer that analysts compare")
    model_api_base: Address | None = Field(
        None, description="Address of an OpenAI-compatible endpoint, if not the provider's"
    )
    model_timeout: float = Field(
        20.0, gt=0, le=600, description="Seconds one thinking task may take on its model, all tries together"
    )
    model_attempts: int = Field(3, ge=1, le=10, description="How often one model call is tried before it has failed")
    latency_budget: float = Field(
        8.0, gt=0, le=120, description="Seconds all thinking of one turn may take on models; then passages are quoted"
    )
    fallback_models: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Models asked in this order when VIGIL_MODEL fails; comma-separated litellm names"
    )
    one_call: bool = Field(
        False, description="Decide whether to speak and rewrite the question in one model call; for strong models"
    )
    mcp_config: Path | None = Field(
        None, description="mcp.json with the MCP servers whose tools may be used, and the rules for each; unset: none"
    )
    embedding_model: Text = Field(
        "bundled", description="`bundled` (all-MiniLM-L6-v2 on onnxruntime), or a sentence-transformers name or folder"
    )
    rerank_model: Text = Field(
        "bundled",
        description="`bundled`, `off`, a cross-encoder's name or folder, or `provider/model` as litellm has it",
    )
    chroma_url: str | None = Field(
        None,
        validation_alias="CHROMA_URL",
        description="A Chroma server, as http://host:port, that holds the index; unset: a folder of VIGIL_DATA_DIR",
    )
    chroma_token: SecretStr | None = Field(
        None, validation_alias="CHROMA_TOKEN", description="What the Chroma server, or a proxy before it, asks for"
    )

    # Slack
    slack_bot_token: SecretStr | None = Field(None, validation_alias="SLACK_BOT_TOKEN")
    slack_app_token: SecretStr | None = Field(None, validation_alias="SLACK_APP_TOKEN")
    slack_signing_secret: SecretStr | None = Field(None, validation_alias="SLACK_SIGNING_SECRET")
    slack_api_url: Address = Field("https://slack.com/api/", validation_alias="SLACK_API_URL")
    analysts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Who counts as analyst: user ids, user-group ids or @handles, `home-workspace`; comma-separated"
    )
    channels: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Channel ids or names to watch; empty: every channel the bot is a member of"
    )
    catch_up: float = Field(
        24.0, ge=0, le=720, description="Hours that missed Slack messages are looked for after a stop; 0: not at all"
    )

    @field_validator(
        "analysts", "channels", "link_domains", "link_networks", "link_ports", "fallback_models", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(item.strip() for item in value.split(",") if item.strip())
        return value

    @field_validator("chroma_url")
    @classmethod
    def _a_server(cls, value: str | None) -> str | None:
        if value and not re.fullmatch(r"https?://[^\s/@:]+(:\d{1,5})?/?", value):
            raise ValueError("must be an address such as http://127.0.0.1:8000, without path or credentials")
        return value.rstrip("/") if value else None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.fallback_models and not self.uses_models:
            raise ValueError("VIGIL_FALLBACK_MODELS stand in for VIGIL_MODEL: set that one first")
        if self.second_answer_prompt and not (self.uses_models or self.model_second_answer):
            raise ValueError("VIGIL_SECOND_ANSWER_PROMPT is read by a model: set VIGIL_MODEL_SECOND_ANSWER as well")
        if self.slack_bot_token and not (self.slack_app_token or self.slack_signing_secret):
            raise ValueError(
                "SLACK_BOT_TOKEN needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) beside it"
            )
        if (
            self.host not in {"127.0.0.1", "::1", "localhost"}
            and self.console_token is None
            and not self.slack_bot_token
        ):
            raise ValueError(
                "VIGIL_HOST is not a loopback address: set VIGIL_CONSOLE_TOKEN, or the console is open to all"
            )
        return self

    @property
    def uses_slack(self) -> bool:
        return self.slack_bot_token is not None

    @property
    def uses_models(self) -> bool:
        """Whether any thinking task is given to a language model."""
        return any(self.model_for(task) for task in get_args(ReasonerTask))

    def model_for(self, task: ModelTask) -> str | None:
        """The litellm name of the model for one task; None means that none takes part in it."""
        return getattr(self, f"model_{task}") or self.model
