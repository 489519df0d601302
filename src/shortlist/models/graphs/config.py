"""`config.json` of a Hugging Face model directory → the facts that shape its graph, checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from shortlist.errors import ModelDamaged, ModelNotFound, UnknownArchitecture

FILE = "config.json"


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """What a BERT-like architecture leaves open."""

    model_type: str  # "bert", "xlm-roberta" …, as transformers names it
    scores: bool  # whether it was saved with a head for sequence classification
    hidden: int  # width of a token vector
    layers: int
    heads: int
    wide: int  # width between the two products of the feed-forward part
    vocabulary: int
    embedding: int  # width of the embedding tables; ELECTRA's is narrower than `hidden`
    positions: int  # rows of the position table
    token_types: int
    activation: str
    epsilon: float
    pad_id: int | None
    stated: Mapping[str, Any]  # all that config.json says, for what one architecture alone has

    @property
    def width(self) -> int:
        """Of one attention head."""
        return self.hidden // self.heads


# DistilBERT has names of its own for what the others call alike.
NAMES = {
    "hidden": ("hidden_size", "dim"),
    "layers": ("num_hidden_layers", "n_layers"),
    "heads": ("num_attention_heads", "n_heads"),
    "wide": ("intermediate_size", "hidden_dim"),
    "vocabulary": ("vocab_size",),
    "positions": ("max_position_embeddings",),
}
# ModernBERT's first: its files may carry BERT's too, which mean nothing there.
ACTIVATIONS = ("hidden_activation", "hidden_act", "activation")
EPSILONS = ("norm_eps", "layer_norm_eps")


def read_config(directory: Path) -> ModelConfig:
    """Read and check the configuration in `directory`.

    Raises:
        ModelNotFound: there is no `config.json`.
        ModelDamaged: it does not parse, lacks a size, or holds one that cannot be.
        UnknownArchitecture: it is not an encoder with absolute positions.
    """
    file = directory / FILE
    stated = read_json(file)
    model_type = str(stated.get("model_type", ""))
    _refuse_other_kinds(stated, model_type, file)
    sizes = {field: _size(stated, names, file) for field, names in NAMES.items()}
    if sizes["hidden"] % sizes["heads"]:
        raise ModelDamaged(
            f"{file} says {sizes['heads']} attention heads for vectors of {sizes['hidden']} numbers, which do not "
            "divide. Fetch the model again.",
            path=str(file),
        )
    return ModelConfig(
        model_type=model_type,
        scores=any(str(name).endswith("ForSequenceClassification") for name in stated.get("architectures") or ()),
        embedding=_number(stated.get("embedding_size", sizes["hidden"]), "embedding_size", file),
        token_types=_number(stated.get("type_vocab_size", 2), "type_vocab_size", file, least=0),
        activation=str(next((stated[name] for name in ACTIVATIONS if name in stated), "gelu")),
        epsilon=float(next((stated[name] for name in EPSILONS if name in stated), 1e-12)),
        pad_id=stated.get("pad_token_id"),
        stated=stated,
        **sizes,
    )


def read_json(file: Path) -> dict[str, Any]:
    """The object in a JSON file of a model directory.

    Raises:
        ModelNotFound: there is no such file.
        ModelDamaged: it holds no JSON object.
    """
    if not file.is_file():
        raise ModelNotFound(
            f"{file.parent} has no {file.name}. A model directory holds config.json, tokenizer.json and "
            "model.safetensors (or an ONNX file); save one with model.save_pretrained(directory).",
            path=str(file.parent),
        )
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise ModelDamaged(f"{file} is damaged: {problem}. Fetch the model again.", path=str(file)) from problem
    if not isinstance(held, dict):
        raise ModelDamaged(f"{file} is damaged: it holds no JSON object. Fetch the model again.", path=str(file))
    return cast("dict[str, Any]", held)


def _refuse_other_kinds(stated: Mapping[str, Any], model_type: str, file: Path) -> None:
    positions = stated.get("position_embedding_type", "absolute")
    if positions != "absolute":
        raise UnknownArchitecture(
            f'{file} asks for "{positions}" positions; only absolute ones are known here. '
            "Export the model to ONNX and give that file.",
            model_type=model_type,
        )
    if stated.get("is_decoder"):
        raise UnknownArchitecture(
            f"{file} describes a decoder; encoders and cross-encoders read a text at once.", model_type=model_type
        )


def _size(stated: Mapping[str, Any], names: tuple[str, ...], file: Path) -> int:
    for name in names:
        if name in stated:
            return _number(stated[name], name, file)
    raise ModelDamaged(f"{file} does not say {names[0]}. Fetch the model again.", path=str(file), name=names[0])


def _number(value: object, name: str, file: Path, least: int = 1) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ModelDamaged(
            f"{file} says {name} is {value!r}; a whole number of at least {least} was expected. Fetch the model again.",
            path=str(file),
            name=name,
        )
    return value
