"""The mean of the weights before and after learning: keeps of both what they do well.

    python -m training.encoder.soup out/ FIRST_DIR=1 SECOND_DIR=2 …

Every DIR is a Hugging Face directory of the same architecture, the number its share; all but the weights is that of the
first. Fine-tuned weights and those they started from lie in one basin, where the mean is often better on what was not
learnt and hardly worse on what was (Wortsman et al., CVPR 2022, "Robust fine-tuning of zero-shot models"; ICML 2022,
"Model soups").
"""

from __future__ import annotations

import argparse
import importlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WEIGHTS = "model.safetensors"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("parts", nargs="+", metavar="DIR=SHARE")
    asked = parser.parse_args()
    shares = [(Path(place), float(share)) for place, _, share in (part.rpartition("=") for part in asked.parts)]
    library: Any = importlib.import_module("safetensors.numpy")  # its types are partial
    mixed = mean([library.load_file(place / WEIGHTS) for place, _ in shares], [share for _, share in shares])
    shutil.copytree(shares[0][0], asked.out, dirs_exist_ok=True)
    library.save_file(mixed, asked.out / WEIGHTS, metadata={"format": "pt"})


def mean(parts: Sequence[Mapping[str, NDArray[np.float32]]], shares: Sequence[float]) -> dict[str, NDArray[np.float32]]:
    """The weighted mean of tensors of the same names and shapes."""
    if len({tuple(sorted((name, held.shape) for name, held in part.items())) for part in parts}) > 1:
        raise SystemExit("These are no models of one architecture: their tensors have different names or shapes.")
    weights = np.array(shares, np.float32) / np.float32(sum(shares))
    return {name: np.tensordot(weights, np.stack([part[name] for part in parts]), axes=1) for name in parts[0]}


if __name__ == "__main__":
    main()
