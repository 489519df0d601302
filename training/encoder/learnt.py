"""A checkpoint of .run → a Hugging Face directory of what was learnt, the projection of token vectors beside it.

python -m training.encoder.learnt out/ base/ learnt/
"""

from __future__ import annotations

import argparse
import importlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from training.encoder import FROZEN
from training.encoder.packaged import PROJECTION, WEIGHTS

from shortlist.models.graphs.config import read_json
from shortlist.train.checkpoint import STATE
from shortlist.train.export.weights import layer_names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("run", "base", "out"):
        parser.add_argument(name, type=Path)
    asked = parser.parse_args()
    library: Any = importlib.import_module("safetensors.numpy")  # its types are partial
    state: Any = torch.load(asked.run / STATE, weights_only=True)
    layers = int(read_json(asked.base / "config.json")["num_hidden_layers"])
    names = [name for layer in range(FROZEN, layers) for name in layer_names(layer)]
    learnt = {name: weight.detach().numpy() for name, weight in zip(names, state["learning"], strict=True)}
    shutil.copytree(asked.base, asked.out, dirs_exist_ok=True)
    library.save_file({**library.load_file(asked.base / WEIGHTS), **learnt}, asked.out / WEIGHTS, {"format": "pt"})
    np.save(asked.out / PROJECTION, state["projection"].detach().numpy())


if __name__ == "__main__":
    main()
