"""mcp.json: servers under `mcpServers`, as other MCP hosts have them; what they may be asked under `vigilTools`.

```json
{"mcpServers": {"time": {"command": "mcp-server-time"},
                "status": {"url": "https://status.example/mcp", "headers": {"Authorization": "Bearer ${TOKEN}"}}},
 "vigilTools": {"time":   {"get_current_time": {"arguments": {"timezone": {"enum": ["UTC", "Asia/Tokyo"]}}}},
                "status": {"incident": {"arguments": {"id": {"pattern": "INC-[0-9]{1,6}", "from": "anyone"}}}}}}
```
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from vigilbot.config import environment_value
from vigilbot.errors import ConfigError
from vigilbot.tools.rules import Choice, Constant, Number, Pattern, ToolRule

if TYPE_CHECKING:
    from pathlib import Path

_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
_NAME = re.compile(r"[\w-]{1,64}")
_KINDS: dict[str, type[BaseModel]] = {
    "const": Constant,
    "enum": Choice,
    "pattern": Pattern,
    "minimum": Number,
    "maximum": Number,
}


def _filled_in(value: object) -> object:
    """`${NAME}` and `${NAME:-default}` from the environment, as other MCP hosts read them."""
    if not isinstance(value, str):
        return value

    def found(match: re.Match[str]) -> str:
        known = environment_value(match[1])
        if known is None and match[2] is None:
            raise ValueError(f"the variable {match[1]} is not set; set it, or write ${{{match[1]}:-default}}")
        return known if known is not None else match[2]

    return _VARIABLE.sub(found, value)


def _argument(value: object) -> object:
    """Which of the four kinds an argument's rule is."""
    keys = value.keys() if isinstance(value, dict) else ()
    kind = next((kind for key, kind in _KINDS.items() if key in keys), None)
    if kind is None:
        raise ValueError("must be an object with `const`, `enum`, `pattern`, or `minimum` and `maximum`")
    return kind.model_validate(value)


Filled = Annotated[str, BeforeValidator(_filled_in)]
Argument = Annotated[Constant | Choice | Pattern | Number, BeforeValidator(_argument)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class StdioServer(_Strict):
    """A program on this machine that speaks MCP over its standard input and output."""

    command: Filled = Field(min_length=1)
    args: tuple[Filled, ...] = ()
    env: dict[str, Filled] = {}
    cwd: Filled | None = None
    type: Literal["stdio"] = "stdio"


class HttpServer(_Strict):
    """A server that speaks MCP over streamable HTTP."""

    url: Filled = Field(pattern=r"^https?://\S+$")
    headers: dict[str, Filled] = {}
    type: Literal["http", "streamable-http"] = "http"


Server = StdioServer | HttpServer


def _server(value: object) -> object:
    if not isinstance(value, dict) or ("command" in value) == ("url" in value):
        raise ValueError("must be an object with either `command` or `url`")
    return (StdioServer if "command" in value else HttpServer).model_validate(value)


class _Rule(_Strict):
    use: str = Field("", max_length=400)
    arguments: dict[str, Argument] = {}


class McpConfig(_Strict):
    """The whole file. `vigilTools` names what each server may be asked; what it does not name is never called."""

    servers: dict[str, Annotated[Server, BeforeValidator(_server)]] = Field(alias="mcpServers")
    tools: dict[str, dict[str, _Rule]] = Field({}, alias="vigilTools")

    def rules(self, server: str) -> dict[str, ToolRule]:
        """By the name the server has for the tool."""
        return {name: ToolRule(rule.use, rule.arguments) for name, rule in self.tools.get(server, {}).items()}


def load(path: Path) -> McpConfig:
    """Read the file. Raises ConfigError in one line that names the place and the fix."""
    try:
        config = McpConfig.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"VIGIL_MCP_CONFIG={path}: cannot be read ({error.strerror}); correct the path") from None
    except ValidationError as error:
        raise ConfigError(f"VIGIL_MCP_CONFIG={path}: {_one_line(error)}") from None
    for server in config.servers:
        if not _NAME.fullmatch(server):
            raise ConfigError(f"VIGIL_MCP_CONFIG={path}: mcpServers.{server}: use letters, digits, - and _ only")
    if stray := sorted(config.tools.keys() - config.servers.keys()):
        raise ConfigError(f"VIGIL_MCP_CONFIG={path}: vigilTools.{stray[0]}: there is no such server in mcpServers")
    return config


def _one_line(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    message = "no such key" if first["type"] == "extra_forbidden" else str(first["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
