"""The house stands: imports point one way, vendors are met in one place, modules stay small."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "vigilbot"
MODULES = sorted(PACKAGE.rglob("*.py"))

LAYERS: list[set[str]] = [
    {"models", "errors"},
    {"config", "runtime", "safety"},
    {"storage", "embedding", "knowledge", "reasoning", "tools", "chat"},
    {"sessions", "pipeline", "learning", "tickets", "annotations"},
    {"flywheel", "evaluation", "web", "doctor"},
    {"app"},
    {"commands"},
    {"cli"},
    {"__main__"},
]
DOMAIN = LAYERS[3]
PORTS = LAYERS[2]

# Within the layer of ports and adapters: who may know whom. Nothing else there knows another.
ADAPTERS_MAY_USE = {
    "knowledge": {"embedding", "storage"},
    "reasoning": {"embedding", "knowledge"},
    "chat": {"storage"},
}
VENDORS = {
    "litellm": ("reasoning/", "embedding/"),
    "slack_bolt": ("chat/slack/",),
    "slack_sdk": ("chat/slack/",),
    "chromadb": ("knowledge/",),
    "sentence_transformers": ("embedding/", "knowledge/", "flywheel/"),
    "torch": ("embedding/", "flywheel/"),
    "onnxruntime": ("embedding/",),
    "trafilatura": ("knowledge/parsing/",),
    "pypdf": ("knowledge/parsing/",),
    "docx": ("knowledge/parsing/",),
    "yarl": ("safety/fetching/",),
    "aiosqlite": ("storage/",),
    "mcp": ("tools/",),
    "typer": ("cli/",),
    "prometheus_client": ("runtime/metrics.py",),
}


def imports_of(module: Path, *, runtime_only: bool = False) -> set[str]:
    tree = ast.parse(module.read_text("utf-8"))
    found: set[str] = set()
    for node in _runtime_nodes(tree) if runtime_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _runtime_nodes(tree: ast.AST) -> list[ast.AST]:
    """Every node that is not under `if TYPE_CHECKING`."""
    if isinstance(tree, ast.If) and isinstance(tree.test, ast.Name) and tree.test.id == "TYPE_CHECKING":
        return []
    return [tree] + [node for child in ast.iter_child_nodes(tree) for node in _runtime_nodes(child)]


def part_of(name: str) -> str | None:
    """`vigilbot.chat.slack.events` → `chat`."""
    pieces = name.split(".")
    return pieces[1] if pieces[0] == "vigilbot" and len(pieces) > 1 else None


def own_part(module: Path) -> str:
    relative = module.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


def layer_of(part: str) -> int:
    return next((level for level, parts in enumerate(LAYERS) if part in parts), -1)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))
def test_imports_point_one_way(module: Path) -> None:
    part = own_part(module)
    if part == "__init__":
        return
    assert layer_of(part) >= 0, f"{part} has no room in the house: name it in LAYERS"
    for name in imports_of(module):
        target = part_of(name)
        if target in (None, part, "__version__") or target == "":
            continue
        assert target is not None
        assert layer_of(target) <= layer_of(part), f"{module.name} imports {name}: that points outwards"
        if layer_of(target) == layer_of(part):
            assert part not in DOMAIN, f"{module.name} imports {name}: domain packages do not know one another"
            if part in PORTS:
                assert target in ADAPTERS_MAY_USE.get(part, set()), f"{module.name} imports {name}"


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendor_is_met_in_one_place(vendor: str) -> None:
    for module in MODULES:
        if any(name.split(".")[0] == vendor for name in imports_of(module, runtime_only=True)):
            place = module.relative_to(PACKAGE).as_posix()
            assert place.startswith(VENDORS[vendor]), f"{place} imports {vendor}"


def test_no_module_imports_in_a_circle() -> None:
    graph = {_name(module): _local(module) for module in MODULES}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " → ".join((*path[path.index(name) :], name))
        if name in done:
            return
        for target in graph.get(name, set()):
            visit(target, (*path, name))
        done.add(name)

    for name in graph:
        visit(name, ())


def test_modules_are_small() -> None:
    large = {
        module.relative_to(PACKAGE).as_posix(): lines
        for module in MODULES
        if (lines := len(module.read_text("utf-8").splitlines())) > 300
    }
    assert not large


def test_every_file_that_architecture_names_exists() -> None:
    text = (PACKAGE.parent / "ARCHITECTURE.md").read_text("utf-8")
    places = [f"/{path.relative_to(PACKAGE.parent).as_posix()}" for path in PACKAGE.parent.rglob("*.py")]
    named = set(re.findall(r"[\w/]+\.py\b", text))
    assert {name for name in named if not any(place.endswith(f"/{name}") for place in places)} == set()


def test_every_package_stands_in_architectures_tree() -> None:
    text = (PACKAGE.parent / "ARCHITECTURE.md").read_text("utf-8")
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert {name for name in packages if f"  {name}/" not in text} == set()


def test_every_exemption_from_a_check_gives_its_reason() -> None:
    root = PACKAGE.parent
    sources = [path for folder in (PACKAGE, root / "tests", root / "benchmarks") for path in folder.rglob("*.py")]
    bare = {
        f"{path.relative_to(root)}:{number}"
        for path in sources
        if "node_modules" not in path.parts
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if re.search(r"# (?:noqa: [A-Z0-9, ]+|type: ignore\[[a-z, -]+\])\s*$", line)
    }
    assert not bare


def test_only_config_reads_the_environment() -> None:
    readers = {
        module.relative_to(PACKAGE).as_posix()
        for module in MODULES
        if any(
            isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
            for node in ast.walk(ast.parse(module.read_text("utf-8")))
        )
    }
    # The gateway and the exporter only *set* what their vendors read on import.
    assert readers <= {
        "config/loading.py",
        "reasoning/prompted/gateway.py",
        "embedding/export.py",
        "embedding/transformer.py",
    }


def _name(module: Path) -> str:
    relative = module.relative_to(PACKAGE.parent).with_suffix("")
    return ".".join(relative.parts).removesuffix(".__init__")


def _local(module: Path) -> set[str]:
    known = {_name(other) for other in MODULES}
    targets = {name for name in imports_of(module, runtime_only=True) if name in known}
    # `from package import module` needs the module, not what the package's own __init__ happens to offer.
    packages = {name for name in targets if any(other.startswith(f"{name}.") for other in targets)}
    return targets - packages - {_name(module)}
