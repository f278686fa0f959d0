from __future__ import annotations

import re
from pathlib import Path

import pytest

from vigilbot import config
from vigilbot.config import Settings
from vigilbot.errors import ConfigError

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(config.variable_of(field), raising=False)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("VIGIL_PROT", "1", "VIGIL_PROT: no such setting (did you mean VIGIL_PORT?)"),
        ("VIGIL_PORT", "abc", "VIGIL_PORT='abc'"),
        ("VIGIL_PORT", "70000", "VIGIL_PORT='70000'"),
        ("VIGIL_ENGAGE", "sometimes", "VIGIL_ENGAGE='sometimes'"),
        ("VIGIL_QUIET_WINDOW", "-1", "VIGIL_QUIET_WINDOW='-1'"),
        ("VIGIL_SCOPE", "   ", "VIGIL_SCOPE"),
        ("VIGIL_IDLE_CLOSE", "nan", "VIGIL_IDLE_CLOSE='nan': input should be a finite number"),
        ("VIGIL_ALERT_SILENCE", "inf", "VIGIL_ALERT_SILENCE='inf': input should be a finite number"),
        ("VIGIL_MODEL_API_BASE", "localhost:11434", "must be an address that begins with http://"),
        ("SLACK_API_URL", "slack.com/api", "must be an address that begins with http://"),
        ("CHROMA_URL", "http://me:secret@db:8000", "CHROMA_URL='http://…@db:8000'"),
        ("VIGIL_HOST", "0.0.0.0", "set VIGIL_CONSOLE_TOKEN"),  # noqa: S104 - the point of the test
        ("SLACK_BOT_TOKEN", "xoxb-1", "SLACK_APP_TOKEN"),
        ("VIGIL_SECOND_ANSWER_PROMPT", "b.md", "set VIGIL_MODEL_SECOND_ANSWER"),
    ],
)
def test_a_bad_setting_is_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as error:
        config.load(None)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_the_environment_wins_over_the_file_and_empty_means_unset(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text("VIGIL_PORT=9001\nVIGIL_MODEL=\nVIGIL_ANALYSTS=U1, @support ,\nOPENAI_API_KEY=k\n", "utf-8")
    assert config.load(file).port == 9001
    monkeypatch.setenv("VIGIL_PORT", "9002")
    settings = config.load(file)
    assert (settings.port, settings.model, settings.analysts) == (9002, None, ("U1", "@support"))


def test_an_unknown_setting_in_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("VIGIL_MODLE=x\n", "utf-8")
    with pytest.raises(ConfigError, match="did you mean VIGIL_MODEL"):
        config.load(file)


@pytest.mark.parametrize("line", ["VIGIL_PORT 8010", "VIGIL_PORT", 'VIGIL_SCOPE="never closed'])
def test_a_line_of_the_file_that_sets_nothing_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / ".env"
    file.write_text(f"# a comment\n\nexport VIGIL_MODEL=openai/x\n{line}\nVIGIL_HOST=127.0.0.1\n", "utf-8")
    with pytest.raises(ConfigError) as error:
        config.load(file)
    assert str(error.value) == f"{file}, line 4: is not NAME=value; correct or remove it"


def test_secrets_do_not_show() -> None:
    settings = config.load(None, slack_bot_token="xoxb-secret", slack_app_token="xapp-secret")  # noqa: S106 - made up
    assert "xoxb-secret" not in repr(settings)


@pytest.mark.parametrize("document", [".env.example", "README.md"])
def test_every_setting_is_documented(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    missing = [config.variable_of(field) for field in Settings.model_fields if config.variable_of(field) not in text]
    assert not missing


def test_no_document_names_a_setting_that_does_not_exist() -> None:
    known = {config.variable_of(field) for field in Settings.model_fields}
    for document in (".env.example", "README.md"):
        named = set(re.findall(r"\bVIGIL_[A-Z_]*[A-Z]\b", (ROOT / document).read_text("utf-8")))
        assert named <= known, document
