"""What is written for people is true: every setting, command, module and dependency a document names is there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import cast

import pytest
import typer

from vigilbot import config
from vigilbot.cli import commands
from vigilbot.config import Settings

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "vigilbot"
DOCS = sorted((PACKAGE / "docs").glob("*.md"))
DOCUMENTS = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md", ROOT / ".env.example", *DOCS]
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")


def command_names() -> set[str]:
    """`run`, `knowledge`, `knowledge list` …"""
    app = cast("typer.core.TyperGroup", typer.main.get_command(commands))
    groups = {name: getattr(command, "commands", {}) for name, command in app.commands.items()}
    return set(groups) | {f"{name} {below}" for name, group in groups.items() for below in group}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_document_names_a_setting_that_does_not_exist(document: Path) -> None:
    known = {config.variable_of(field) for field in Settings.model_fields}
    named = set(re.findall(r"\bVIGIL_[A-Z_]*[A-Z]\b", document.read_text("utf-8")))
    assert named <= known


def test_the_docs_explain_every_setting() -> None:
    text = (PACKAGE / "docs" / "settings.md").read_text("utf-8")
    assert [name for field in Settings.model_fields if (name := config.variable_of(field)) not in text] == []


def test_the_example_file_shows_the_defaults() -> None:
    """Of every setting whose default is a number or one of a few words; the others are examples."""
    shown = dict(re.findall(r"^#([A-Z_]+)=(.+)$", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE))
    for field, about in Settings.model_fields.items():
        name, default = config.variable_of(field), about.default
        if isinstance(default, bool):
            assert shown[name] == str(default).lower()
        elif isinstance(default, int | float):
            assert float(shown[name]) == default, name
        elif isinstance(default, str) and default and field != "scope":
            assert shown[name] == default, name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_document_names_a_command_that_does_not_exist(document: Path) -> None:
    known = command_names()
    for words in re.findall(r"(?<![@/\w])vigilbot ([a-z]+(?: [a-z]+)?)(?=[` ])", _code(document)):
        assert words in known or words.split()[0] in known, f"{document.name}: vigilbot {words}"


def test_every_command_is_documented() -> None:
    top = {name for name in command_names() if " " not in name} - {"version"}
    for document in (ROOT / "README.md", PACKAGE / "docs" / "commands.md"):
        text = document.read_text("utf-8")
        assert [name for name in sorted(top) if f"vigilbot {name}" not in text] == [], document.name


def test_the_architecture_names_modules_that_exist() -> None:
    files = {
        path.relative_to(ROOT).as_posix() for folder in ("vigilbot", "tests", "benchmarks") for path in _files(folder)
    }
    for named in set(re.findall(r"[\w/.-]+\.(?:py|md|js|toml|npz|sh)\b", ARCHITECTURE)) - {"mcp.json"}:
        assert (ROOT / named).exists() or any(f"/{path}".endswith(f"/{named}") for path in files), named


def test_the_architecture_shows_every_part() -> None:
    tree = ARCHITECTURE.split("```")[1]
    parts = {path.name for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    for part in parts - {"__init__.py", "__main__.py"}:
        assert re.search(rf"(?<![\w/]){re.escape(part)}(?:/|\b)", tree), f"the tree lacks {part}"


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    table = "\n".join(line.split("|")[1] for line in ARCHITECTURE.splitlines() if line.startswith("| "))
    named = set(re.findall(r"[\w-]+", table))
    wanted = {*project["dependencies"], *project["optional-dependencies"]["dev"]}
    assert sorted(wanted - named) == []


def _code(document: Path) -> str:
    """What stands in code spans and code blocks."""
    parts = document.read_text("utf-8").split("```")
    spans = re.findall(r"`([^`\n]+)`", "\n".join(parts[::2]))
    return "\n".join(f"{code} " for code in [*spans, *parts[1::2]])


def _files(folder: str) -> list[Path]:
    return [path for path in (ROOT / folder).rglob("*") if path.is_file() and "node_modules" not in path.parts]
