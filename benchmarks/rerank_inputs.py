"""The inputs of the reranking benchmark: models of three shapes with random weights, and real pairs."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORDS, HEADS, POSITIONS = 30_522, 12, 512
SHAPES = {"6x384": (6, 384), "12x384": (12, 384), "12x768": (12, 768)}  # layers and width; the middle is 4 widths
QUERY = "How do I run several tasks at the same time and wait for the first of them to finish?"
PAIRS, MEDIAN_TOKENS, SPREAD = 100, 132, 0.5  # exp(normal(log 132, .5)) has the mean 150

CONFIG = {
    "architectures": ["BertForSequenceClassification"],
    "model_type": "bert",
    "vocab_size": WORDS,
    "num_attention_heads": HEADS,
    "max_position_embeddings": POSITIONS,
    "type_vocab_size": 2,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-12,
    "pad_token_id": 0,
    "id2label": {"0": "relevance"},
    "label2id": {"relevance": 0},
}


def make_inputs(directory: Path, pairs: Path, shape: str, count: int = PAIRS) -> list[int]:
    """Write the model and the pairs, and return the tokens of each pair, special tokens included."""
    from shortlist.models import ModelTokenizer

    texts = list(documentation())
    if not (directory / "model.safetensors").is_file():
        make_model(directory, texts, shape)
    tokenizer = ModelTokenizer.load(directory)
    around = tokenizer.count(QUERY) + tokenizer.pair_specials
    generator = np.random.RandomState(0)
    wanted = (
        np.exp(generator.normal(np.log(MEDIAN_TOKENS), SPREAD, PAIRS))[:count].astype(int).clip(around + 8, POSITIONS)
    )
    passages: list[str] = []
    for place, tokens in zip(generator.permutation(len(texts)), wanted, strict=False):
        # Passages run on into the text that follows, as chunks of a long document would.
        text = "\n\n".join(texts[place : place + 40])
        spans = tokenizer.spans(text)
        passages.append(text[: spans[min(tokens - around, len(spans)) - 1][1]])
    pairs.write_text(json.dumps({"query": QUERY, "passages": passages}), encoding="utf-8")
    return [around + tokenizer.count(passage) for passage in passages]


def documentation() -> Iterator[str]:
    """The running Python's documentation, a text each."""
    from shortlist.demo.texts import docstrings, topics

    for document in (*topics(), *docstrings()):
        yield document.text


def make_model(directory: Path, texts: Sequence[str], shape: str) -> None:
    """A BertForSequenceClassification directory: random weights, WordPieces of these texts."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

    directory.mkdir(parents=True, exist_ok=True)
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece({}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=WORDS, special_tokens=specials))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(directory / "tokenizer.json"))
    named = {"cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]", "pad_token": "[PAD]"}
    inputs = ["input_ids", "token_type_ids", "attention_mask"]
    settings = {"tokenizer_class": "BertTokenizerFast", "model_max_length": POSITIONS, "model_input_names": inputs}
    (directory / "tokenizer_config.json").write_text(json.dumps(settings | named), encoding="utf-8")
    (directory / "special_tokens_map.json").write_text(json.dumps(named), encoding="utf-8")
    layers, width = SHAPES[shape]
    sizes = {"hidden_size": width, "num_hidden_layers": layers, "intermediate_size": 4 * width}
    (directory / "config.json").write_text(json.dumps(CONFIG | sizes), encoding="utf-8")
    safetensors: Any = importlib.import_module("safetensors.numpy")  # its types are partial
    safetensors.save_file(dict(random_weights(layers, width)), directory / "model.safetensors", {"format": "pt"})


def random_weights(layers: int, width: int) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """The tensors of CONFIG; spread so that logits of different passages differ."""
    generator = np.random.RandomState(0)
    spread = 0.05 * (384 / width) ** 0.5

    def linear(name: str, inputs: int, outputs: int) -> Iterator[tuple[str, NDArray[np.float32]]]:
        yield f"{name}.weight", (spread * generator.standard_normal((outputs, inputs))).astype(np.float32)
        yield f"{name}.bias", (0.05 * generator.standard_normal(outputs)).astype(np.float32)

    def norm(name: str) -> Iterator[tuple[str, NDArray[np.float32]]]:
        yield f"{name}.weight", np.ones(width, np.float32)
        yield f"{name}.bias", np.zeros(width, np.float32)

    for table, rows in (("word", WORDS), ("position", POSITIONS), ("token_type", 2)):
        values = 0.05 * generator.standard_normal((rows, width))
        yield f"bert.embeddings.{table}_embeddings.weight", values.astype(np.float32)
    yield from norm("bert.embeddings.LayerNorm")
    for layer in range(layers):
        place = f"bert.encoder.layer.{layer}"
        for part in ("query", "key", "value"):
            yield from linear(f"{place}.attention.self.{part}", width, width)
        yield from linear(f"{place}.attention.output.dense", width, width)
        yield from norm(f"{place}.attention.output.LayerNorm")
        yield from linear(f"{place}.intermediate.dense", width, 4 * width)
        yield from linear(f"{place}.output.dense", 4 * width, width)
        yield from norm(f"{place}.output.LayerNorm")
    yield from linear("bert.pooler.dense", width, width)
    yield from linear("classifier", width, 1)
