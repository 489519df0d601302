"""Small random models of every architecture, the same on every machine: the goldens' weights are made, not stored.

Used by the tests and by make_golden.py, which runs in an environment with torch: only numpy, safetensors, tokenizers.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.golden.tensor_shapes import Config, shapes

__all__ = [
    "PASSAGES",
    "QUERY",
    "Config",
    "cases",
    "config",
    "id_sequences",
    "random_weights",
    "save_model",
    "save_tokenizer",
    "shapes",
    "vocabulary",
]

QUERY = "How is the key rotated? 如何轮换密钥"
PASSAGES = (
    "The key is rotated.",
    "签名密钥每九十天轮换一次。",
    "rotate the signing key 每 90 days; 轮换 the key",
    "",
    "a",
    "The old key stays valid, the new one signs.",
    "xyz 轮 qq key",
)

WORDS = ("the", "key", "is", "rotat", "##ed", "##e", "how", "sign", "##ing", "old", "new", "day", "##s", "stay")
CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,;:?!。，？如何轮换密钥签名每九十天一次"


def config(family: str, *, labels: int = 1, head: bool = True, **changes: Any) -> Config:
    """A config.json of a small model, 32 wide, as transformers writes it. `changes` are its entries."""
    return {
        "architectures": [f"{NAMES[family]}ForSequenceClassification" if head else f"{NAMES[family]}Model"],
        "model_type": family,
        "vocab_size": len(vocabulary(family)),
        **_sizes(family),
        "id2label": {str(i): f"LABEL_{i}" for i in range(labels)},
        "label2id": {f"LABEL_{i}": i for i in range(labels)},
        **changes,
    }


NAMES = {
    "bert": "Bert",
    "roberta": "Roberta",
    "xlm-roberta": "XLMRoberta",
    "distilbert": "DistilBert",
    "electra": "Electra",
    "deberta-v2": "DebertaV2",
    "modernbert": "ModernBert",
    "mpnet": "MPNet",
}
AFTER_PADDING = ("roberta", "xlm-roberta", "mpnet")  # their positions are counted from the padding's id


def _sizes(family: str) -> Config:
    sizes: Config = {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "max_position_embeddings": 80,
        "type_vocab_size": 2,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
    }
    if family in AFTER_PADDING:
        sizes |= {"type_vocab_size": 1, "pad_token_id": 1, "layer_norm_eps": 1e-5}
        if family == "mpnet":
            del sizes["type_vocab_size"]
        return sizes | {"bos_token_id": 0, "eos_token_id": 2}
    if family == "electra":
        return sizes | {"embedding_size": 16}
    if family == "distilbert":
        own = {"dim": "hidden_size", "n_layers": "num_hidden_layers", "n_heads": "num_attention_heads"}
        own |= {"hidden_dim": "intermediate_size", "activation": "hidden_act"}
        return {new: sizes[old] for new, old in own.items()} | {"max_position_embeddings": 80, "pad_token_id": 0}
    if family == "deberta-v2":  # as v3 has it, with fewer buckets
        sizes |= {"type_vocab_size": 0, "layer_norm_eps": 1e-7, "position_biased_input": False}
        sizes |= {"relative_attention": True, "pos_att_type": "p2c|c2p", "share_att_key": True}
        sizes |= {"position_buckets": 8, "max_relative_positions": -1, "norm_rel_ebd": "layer_norm"}
        return sizes | {"pooler_hidden_act": "gelu", "pooler_dropout": 0}
    if family == "modernbert":  # as version 4 of transformers wrote it
        sizes = {name: sizes[name] for name in list(sizes)[:5]} | {"num_hidden_layers": 4, "hidden_activation": "gelu"}
        sizes |= {"norm_eps": 1e-5, "global_attn_every_n_layers": 3, "local_attention": 12, "pad_token_id": 0}
        sizes |= {"global_rope_theta": 160000.0, "local_rope_theta": 10000.0, "classifier_pooling": "cls"}
        return sizes | {"bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2, "sep_token_id": 3}
    return sizes


def vocabulary(family: str) -> list[str]:
    """Pieces of a Unigram model for the RoBERTas and MPNet, WordPieces for all others."""
    if family in AFTER_PADDING:
        whole = [f"▁{word}" for word in WORDS if not word.startswith("##")]
        return ["<s>", "<pad>", "</s>", "<unk>", "▁", *whole, *CHARACTERS, "<mask>"]
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    return [*specials, *WORDS, *CHARACTERS, *(f"##{character}" for character in CHARACTERS)]


def random_weights(shapes: Mapping[str, tuple[int, ...]], seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """Weights large enough that every nonlinearity bends: standard deviation .3, norms around 1."""
    generator = np.random.RandomState(seed)  # unlike Generator, its numbers are promised never to change
    weights: dict[str, NDArray[np.float32]] = {}
    for name, shape in shapes.items():
        centre = 1.0 if "norm" in name.lower() and name.endswith("weight") else 0.0
        weights[name] = (centre + 0.3 * generator.standard_normal(shape)).astype(np.float32)
    return weights


def save_model(
    directory: Path, config: Config, *, seed: int = 0, weights: Mapping[str, NDArray[Any]] | None = None
) -> Path:
    """Write a Hugging Face model directory: config.json, tokenizer.json and its settings, model.safetensors."""
    library: Any = importlib.import_module("safetensors.numpy")  # its types are partial
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "config.json").write_text(json.dumps(config), encoding="utf-8")
    save_tokenizer(directory, config["model_type"])
    library.save_file(
        dict(weights or random_weights(shapes(config), seed)), directory / "model.safetensors", {"format": "pt"}
    )
    return directory


def save_tokenizer(directory: Path, family: str) -> None:
    """WordPiece with BERT's template, or Unigram with XLM-R's; with the settings that transformers asks for."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    pieces = vocabulary(family)
    if family in AFTER_PADDING:
        scores = [(piece, -float(i > 3) * (20.0 if len(piece) == 1 else 5.0)) for i, piece in enumerate(pieces)]
        tokenizer = Tokenizer(models.Unigram(scores, unk_id=3))
        tokenizer.normalizer = normalizers.NFKC()
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        tokenizer.decoder = decoders.Metaspace()
        specials = [("<s>", 0), ("</s>", 2)]
        single, pair = "<s> $A </s>", "<s> $A </s> </s> $B </s>"
        named = {"bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>", "unk_token": "<unk>"}
        named |= {"pad_token": "<pad>", "mask_token": "<mask>"}
    else:
        tokenizer = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        specials = [("[CLS]", 2), ("[SEP]", 3)]
        single, pair = "[CLS] $A [SEP]", "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1"
        named = {"cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]", "pad_token": "[PAD]"}
    tokenizer.post_processor = processors.TemplateProcessing(single=single, pair=pair, special_tokens=specials)
    tokenizer.save(str(directory / "tokenizer.json"))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 64, **named}
    (directory / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")


def cases() -> dict[str, Config]:
    """What the goldens hold, by name; each differs from the others in a rule of its architecture."""
    return {
        "bert": config("bert"),
        "bert, no or yes": config("bert", labels=2),
        "bert, tanh gelu": config("bert", hidden_act="gelu_new"),
        "bert, relu": config("bert", hidden_act="relu"),
        "roberta": config("roberta"),
        "xlm-roberta, no or yes": config("xlm-roberta", labels=2),
        "xlm-roberta, 8,194 positions": config("xlm-roberta", max_position_embeddings=8194, num_attention_heads=2),
        "distilbert": config("distilbert"),
        "electra": config("electra"),
        "electra, wide tables": config("electra", embedding_size=32, hidden_act="silu"),
        "deberta-v3": config("deberta-v2"),
        "deberta-v2, projections for distances, positions, types": config(
            "deberta-v2",
            labels=2,
            share_att_key=False,
            pos_att_type=["c2p", "p2c"],
            position_buckets=-1,
            max_relative_positions=16,
            norm_rel_ebd="none",
            position_biased_input=True,
            type_vocab_size=2,
            embedding_size=16,
        ),
        "deberta-v2, c2p alone": config("deberta-v2", share_att_key=False, pos_att_type="c2p"),
        "deberta-v2, p2c alone": config("deberta-v2", share_att_key=False, pos_att_type="p2c", hidden_act="gelu_new"),
        "deberta-v2, no distances": config("deberta-v2", relative_attention=False, position_biased_input=True),
        "modernbert": config("modernbert"),
        "modernbert, mean, biases, as transformers 5 writes it": config(
            "modernbert",
            labels=2,
            num_hidden_layers=3,
            layer_types=["sliding_attention", "full_attention", "sliding_attention"],
            rope_parameters={
                "full_attention": {"rope_theta": 500.0, "rope_type": "default"},
                "sliding_attention": {"rope_theta": 50.0, "rope_type": "default"},
            },
            local_attention=20,
            max_position_embeddings=1300,
            classifier_pooling="mean",
            classifier_activation="relu",
            classifier_bias=True,
            norm_bias=True,
            attention_bias=True,
            mlp_bias=True,
        ),
        "mpnet": config("mpnet"),
        "mpnet, no or yes, distances past the last bucket": config("mpnet", labels=2, max_position_embeddings=1300),
        "modernbert, last layer local": config("modernbert", num_hidden_layers=2, local_rope_theta=30.0),
    }


def id_sequences(config: Config) -> list[tuple[list[int], list[int]]]:
    """Token ids and types that no tokenizer would give: odd lengths, the longest, padding in the middle."""
    generator = np.random.RandomState(1)
    sequences: list[tuple[list[int], list[int]]] = []
    longest = config["max_position_embeddings"]
    lengths = (
        (longest - 2, longest // 2, 1153) if longest > 1100 else ()
    )  # attended to in blocks; 1153 ends in a new one
    for length in (*lengths, 1, 37, 64):
        ids = generator.randint(5, config["vocab_size"], length).tolist()
        types = [int(i > length // 3) for i in range(length)] if config.get("type_vocab_size") == 2 else [0] * length
        sequences.append((ids, types))
    ids, types = [each[:20] for each in sequences[-1]]
    ids[7] = ids[8] = config["pad_token_id"]
    return [*sequences, (ids, types)]
