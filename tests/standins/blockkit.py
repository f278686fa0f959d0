"""Two independent opinions on Block Kit: slack_sdk's limits, and a JSON schema made from Slack's TypeScript types."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]  # its stubs are a package of their own, for two calls
from slack_sdk.models.blocks import Block

from tests.standins.process import NODE_MODULES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Json = dict[str, Any]

TYPES = NODE_MODULES / "@slack/types"
CACHE = NODE_MODULES / ".cache"


def check_blocks(blocks: Sequence[Json]) -> None:
    """Raises with what is wrong when a message with these blocks would be refused."""
    assert 1 <= len(blocks) <= 50, f"{len(blocks)} blocks in one message"
    for block in blocks:
        parsed = Block.parse(block)
        assert parsed is not None, f"slack_sdk does not know the block type {block.get('type')}"
        parsed.validate_json()
        _validator().validate(block)


@cache
def _validator() -> jsonschema.Draft7Validator:
    version = json.loads((TYPES / "package.json").read_text("utf-8"))["version"]
    path = CACHE / f"known-block-{version}.json"
    if not path.is_file():
        _generate(path)
    return jsonschema.Draft7Validator(json.loads(path.read_text("utf-8")))


def _generate(path: Path) -> None:
    """Some seconds of the TypeScript compiler, once for each version of the types."""
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    command = ["node", str(NODE_MODULES / "ts-json-schema-generator/bin/ts-json-schema-generator.js")]
    options = ["--path", str(TYPES / "dist/index.d.ts"), "--type", "KnownBlock", "--no-type-check"]
    subprocess.run([*command, *options, "--out", str(unfinished)], check=True, capture_output=True, timeout=120)
    unfinished.replace(path)
