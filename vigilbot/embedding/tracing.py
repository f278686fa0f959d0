"""torch model → fused ONNX graph. Imports torch: only the export's own process may import this module."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import torch
from onnxruntime.transformers.optimizer import optimize_model
from transformers import BertModel
from transformers.utils import logging

from vigilbot.embedding.graph import model_folder

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
OUTPUT = "tokens"


class Tokens(torch.nn.Module):
    """The model with the vectors of its tokens as the only output; pooling happens outside the graph."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        tokens: torch.Tensor = self.model(
            input_ids=input_ids, attention_mask=mask, token_type_ids=types
        ).last_hidden_state
        return tokens


def write_graph(path: Path, inputs: dict[str, NDArray[np.int64]]) -> NDArray[np.float32]:
    """Write the fused graph to `path`; returns what torch itself makes of `inputs`: (texts, length, dimensions)."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    # Spelled-out attention is the form whose pattern the optimizer knows how to fuse.
    bert = BertModel.from_pretrained(model_folder(), attn_implementation="eager", add_pooling_layer=False)
    model = Tokens(bert).eval()
    tensors = tuple(torch.from_numpy(inputs[name]) for name in INPUTS)
    unfused = path.with_name("unfused.onnx")
    _trace(model, tensors, unfused)
    fused = optimize_model(
        str(unfused),
        model_type="bert",
        num_heads=bert.config.num_attention_heads,
        hidden_size=bert.config.hidden_size,
    )
    fused.save_model_to_file(str(path))
    unfused.unlink()
    with torch.no_grad():
        tokens: NDArray[np.float32] = model(*tensors).numpy()
    return tokens


def _trace(model: torch.nn.Module, inputs: tuple[torch.Tensor, ...], path: Path) -> None:
    with warnings.catch_warnings():
        # The tracing exporter is deprecated, but its successor's graph keeps attention unfused: 0 of 6 layers.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            inputs,
            str(path),
            input_names=list(INPUTS),
            output_names=[OUTPUT],
            dynamic_axes={name: {0: "texts", 1: "length"} for name in (*INPUTS, OUTPUT)},
            opset_version=17,
            dynamo=False,
        )
