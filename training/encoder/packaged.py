"""The packaged encoder as a Hugging Face directory in float32, to learn on from it or to mix it with others.

    python -m training.encoder.packaged src/shortlist/models/default base/ packaged/

int8 weights come back as their numbers times their scales. What smoothing folded into the weights around the
attention's mean stays there in the file (see shortlist.train.export.stored): beside the base, from which the weights
have moved by a few hundredths, these powers of two are seen and taken out again, so that each weight means the same in
both. What never learns (the embeddings, the lowest layers) is the base's own.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from training.encoder import FROZEN

from shortlist.train.base import open_base

Tensors = dict[str, NDArray[np.float32]]
WEIGHTS, PROJECTION = "model.safetensors", "projection.npy"
NEVER_LEARNT = ("embeddings.", *(f"encoder.layer.{layer}." for layer in range(FROZEN)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("model", "base", "out"):
        parser.add_argument(name, type=Path)
    asked = parser.parse_args()
    library: Any = importlib.import_module("safetensors.numpy")  # its types are partial
    base: Tensors = library.load_file(asked.base / WEIGHTS)
    held = unfolded(open_base(str(asked.model)).weights.tensors(), base)
    learnt = {name: tensor for name, tensor in held.items() if not name.startswith(NEVER_LEARNT)}
    shutil.copytree(asked.base, asked.out, dirs_exist_ok=True)
    library.save_file({**base, **learnt}, asked.out / WEIGHTS, metadata={"format": "pt"})
    shutil.copyfile(asked.model / PROJECTION, asked.out / PROJECTION)


def unfolded(tensors: Mapping[str, NDArray[np.float32]], base: Mapping[str, NDArray[np.float32]]) -> Tensors:
    """The tensors with the channels of each attention's values as large as the base has them."""
    found = dict(tensors)
    for value in [name for name in tensors if name.endswith("attention.self.value.weight")]:
        bias, attended = value.removesuffix("weight") + "bias", value.replace("self.value", "output.dense")
        ratios = np.linalg.norm(base[value], axis=1) / np.linalg.norm(tensors[value], axis=1)
        factors = np.exp2(np.rint(np.log2(ratios))).astype(np.float32)
        found[value] = tensors[value] * factors[:, None]
        found[bias] = tensors[bias] * factors
        found[attended] = tensors[attended] / factors
    return found


if __name__ == "__main__":
    main()
