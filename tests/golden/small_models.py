"""Small random models of every architecture, the same on every machine: the goldens' weights are made, not stored.

Used by the tests and by make_golden.py, which runs in an environment with torch: only numpy, safetensors, tokenizers.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Config: TypeAlias = dict[str, Any]
Shapes: TypeAlias = dict[str, tuple[int, ...]]

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
    """A config.json of 2 layers, 32 wide, as transformers writes it. `changes` are its entries."""
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
    names = {"bert": "Bert", "roberta": "Roberta", "xlm-roberta": "XLMRoberta", "distilbert": "DistilBert"}
    name = names.get(family, "Electra")
    if family in ("roberta", "xlm-roberta"):
        sizes |= {"type_vocab_size": 1, "pad_token_id": 1, "layer_norm_eps": 1e-5}
        sizes |= {"bos_token_id": 0, "eos_token_id": 2}
    if family == "electra":
        sizes |= {"embedding_size": 16}
    if family == "distilbert":
        own = {"dim": "hidden_size", "n_layers": "num_hidden_layers", "n_heads": "num_attention_heads"}
        own |= {"hidden_dim": "intermediate_size", "activation": "hidden_act"}
        sizes = {new: sizes[old] for new, old in own.items()} | {"max_position_embeddings": 80, "pad_token_id": 0}
    return {
        "architectures": [f"{name}ForSequenceClassification" if head else f"{name}Model"],
        "model_type": family,
        "vocab_size": len(vocabulary(family)),
        **sizes,
        "id2label": {str(i): f"LABEL_{i}" for i in range(labels)},
        "label2id": {f"LABEL_{i}": i for i in range(labels)},
        **changes,
    }


def vocabulary(family: str) -> list[str]:
    """WordPieces for BERT, DistilBERT and ELECTRA; pieces of a Unigram model for the RoBERTas."""
    if family in ("roberta", "xlm-roberta"):
        whole = [f"▁{word}" for word in WORDS if not word.startswith("##")]
        return ["<s>", "<pad>", "</s>", "<unk>", "▁", *whole, *CHARACTERS, "<mask>"]
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    return [*specials, *WORDS, *CHARACTERS, *(f"##{character}" for character in CHARACTERS)]


def shapes(config: Config) -> Shapes:
    """The tensors of a model of this configuration, named as transformers names them."""
    family, head = config["model_type"], config["architectures"][0].endswith("ForSequenceClassification")
    sizes = (("hidden_size", "dim"), ("intermediate_size", "hidden_dim"), ("num_hidden_layers", "n_layers"))
    hidden, wide, layers = (int(config[name] if name in config else config[own]) for name, own in sizes)
    width = int(config.get("embedding_size", hidden))
    labels = len(config["id2label"])
    trunk: Shapes = {
        "embeddings.word_embeddings.weight": (config["vocab_size"], width),
        "embeddings.position_embeddings.weight": (config["max_position_embeddings"], width),
        **_norm("embeddings.LayerNorm", width),
    }
    if family != "distilbert":
        trunk["embeddings.token_type_embeddings.weight"] = (config["type_vocab_size"], width)
    if width != hidden:
        trunk |= _linear("embeddings_project", width, hidden)
    for i in range(layers):
        trunk |= _distilbert_layer(i, hidden, wide) if family == "distilbert" else _bert_layer(i, hidden, wide)
    prefix = f"{family.removeprefix('xlm-')}." if head else ""
    tensors = {prefix + name: shape for name, shape in trunk.items()}
    if family == "bert":
        tensors |= _linear(f"{prefix}pooler.dense", hidden, hidden)
    if head:
        first, last = {
            "bert": (None, "classifier"),
            "distilbert": ("pre_classifier", "classifier"),
        }.get(family, ("classifier.dense", "classifier.out_proj"))
        if first:
            tensors |= _linear(first, hidden, hidden)
        tensors |= _linear(last, hidden, labels)
    return tensors


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
    if family in ("roberta", "xlm-roberta"):
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


def _linear(name: str, inputs: int, outputs: int) -> Shapes:
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def _norm(name: str, width: int) -> Shapes:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def _bert_layer(i: int, hidden: int, wide: int) -> Shapes:
    place = f"encoder.layer.{i}"
    return {
        **_linear(f"{place}.attention.self.query", hidden, hidden),
        **_linear(f"{place}.attention.self.key", hidden, hidden),
        **_linear(f"{place}.attention.self.value", hidden, hidden),
        **_linear(f"{place}.attention.output.dense", hidden, hidden),
        **_norm(f"{place}.attention.output.LayerNorm", hidden),
        **_linear(f"{place}.intermediate.dense", hidden, wide),
        **_linear(f"{place}.output.dense", wide, hidden),
        **_norm(f"{place}.output.LayerNorm", hidden),
    }


def _distilbert_layer(i: int, hidden: int, wide: int) -> Shapes:
    place = f"transformer.layer.{i}"
    return {
        **_linear(f"{place}.attention.q_lin", hidden, hidden),
        **_linear(f"{place}.attention.k_lin", hidden, hidden),
        **_linear(f"{place}.attention.v_lin", hidden, hidden),
        **_linear(f"{place}.attention.out_lin", hidden, hidden),
        **_norm(f"{place}.sa_layer_norm", hidden),
        **_linear(f"{place}.ffn.lin1", hidden, wide),
        **_linear(f"{place}.ffn.lin2", wide, hidden),
        **_norm(f"{place}.output_layer_norm", hidden),
    }


def cases() -> dict[str, Config]:
    """What the goldens hold, by name; each differs from the others in a rule of its architecture."""
    return {
        "bert": config("bert"),
        "bert, no or yes": config("bert", labels=2),
        "bert, tanh gelu": config("bert", hidden_act="gelu_new"),
        "bert, relu": config("bert", hidden_act="relu"),
        "roberta": config("roberta"),
        "xlm-roberta, no or yes": config("xlm-roberta", labels=2),
        "distilbert": config("distilbert"),
        "electra": config("electra"),
        "electra, wide tables": config("electra", embedding_size=32, hidden_act="silu"),
    }


def id_sequences(config: Config) -> list[tuple[list[int], list[int]]]:
    """Token ids and types that no tokenizer would give: an odd length, the longest, padding in the middle."""
    generator = np.random.RandomState(1)
    sequences: list[tuple[list[int], list[int]]] = []
    for length in (1, 37, 64):
        ids = generator.randint(5, config["vocab_size"], length).tolist()
        types = [int(i > length // 3) for i in range(length)] if config.get("type_vocab_size") == 2 else [0] * length
        sequences.append((ids, types))
    ids, types = [each[:20] for each in sequences[-1]]
    ids[7] = ids[8] = config["pad_token_id"]
    return [*sequences, (ids, types)]
