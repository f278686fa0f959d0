"""The environment and `.env`: read here, and nowhere else in the package."""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import ValidationError

from vigilbot.config.settings import Settings
from vigilbot.errors import ConfigError

ENV_FILE = Path(".env")

FOREIGN_NAMES = (
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SLACK_API_URL",
    "CHROMA_URL",
    "CHROMA_TOKEN",
)


def variable_of(field: str) -> str:
    """The environment variable that sets a field: `quiet_window` → `VIGIL_QUIET_WINDOW`."""
    foreign = field.upper()
    return foreign if foreign in FOREIGN_NAMES else f"VIGIL_{foreign}"


def load(env_file: Path | None = ENV_FILE, **overrides: object) -> Settings:
    """Read the environment over `env_file` over the defaults; `overrides` (field names) win over all.

    Raises ConfigError in one line that names the setting, its value's fault and the fix.
    """
    known = {variable_of(field) for field in Settings.model_fields}
    for name in {**_file_values(env_file), **os.environ}:
        if name.startswith("VIGIL_") and name not in known:
            raise ConfigError(f"{name}: no such setting{_nearest(name, known)}; .env.example lists them all")
    try:
        return Settings(_env_file=env_file, **overrides)  # type: ignore[call-arg, arg-type]  # pydantic checks them
    except ValidationError as error:
        raise ConfigError(_one_line(error)) from None


def environment_value(name: str) -> str | None:
    """A variable that a file of the admin's refers to, such as a token; None when it is not set."""
    return os.environ.get(name)


def without_secrets() -> dict[str, str]:
    """The environment of a process that reads what strangers wrote: what Python needs to start, no token and no key."""
    names = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in names if name in os.environ}


def set_vendor_defaults() -> None:
    """What vendors read when they are imported; whatever an admin has set stays."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    # Our matrices are small: a second thread saves nothing, and waiting for a busy core costs 18 ms instead of 2.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def export_provider_keys() -> None:
    """Put what `.env` holds beyond our own settings (providers' keys, which litellm reads) into the environment."""
    for name, value in _file_values(ENV_FILE).items():
        if value and not name.startswith("VIGIL_"):
            os.environ.setdefault(name, value)


def _file_values(env_file: Path | None) -> dict[str, str | None]:
    if env_file is None or not env_file.is_file():
        return {}
    try:
        with env_file.open(encoding="utf-8") as text:
            for said in parse_stream(text):
                if said.error or (said.key and said.value is None):
                    before = said.original.string.partition(said.original.string.strip())[0]
                    line = said.original.line + before.count("\n")
                    raise ConfigError(f"{env_file}, line {line}: is not NAME=value; correct or remove it")
        return dict(dotenv_values(env_file))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{env_file}: cannot be read ({error}); it must be UTF-8 text of NAME=value lines") from None


def _nearest(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _one_line(error: ValidationError) -> str:
    first = error.errors()[0]
    message = str(first["msg"]).removeprefix("Value error, ")
    if not first["loc"]:
        return message
    field = str(first["loc"][0])
    name = variable_of(field)
    help_text = Settings.model_fields[field.lower()].description if field.lower() in Settings.model_fields else None
    given = re.sub(r"//[^/@]*@", "//…@", repr(first["input"]))  # an address may hold a password
    return f"{name}={given}: {message[0].lower()}{message[1:]}" + (f" ({help_text})" if help_text else "")


def cache_folder() -> Path:
    """Where what can be made again is kept between runs and shared by data folders (XDG base directory spec)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vigilbot"
