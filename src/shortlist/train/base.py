"""What a training starts from: a model in our format or BERT's, as float32 weights that torch can learn."""

from __future__ import annotations

import importlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shortlist.errors import ModelNotFound, UnknownArchitecture
from shortlist.models.encoder import DEFAULT, PROJECTION
from shortlist.models.facts import EncoderFacts, foreign_facts, read_facts
from shortlist.models.graphs.config import ModelConfig, read_config
from shortlist.models.graphs.weights import Weights
from shortlist.models.tokenizer import ModelTokenizer
from shortlist.train.export.four_bit import FourBit
from shortlist.train.export.stored import read_stored
from shortlist.train.export.weights import NORM, POSITIONS, TYPES, WORDS, EncoderWeights, Floats, layer_names

FEWEST_LAYERS = 2  # token vectors for late interaction are those of the last but one


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """A model to start from."""

    directory: Path  # its own
    facts: EncoderFacts
    weights: EncoderWeights
    tokenizer: ModelTokenizer
    projection: NDArray[np.float32] | None  # of token vectors; None where it has none of its own

    def write(self, place: Path) -> Path:
        """A Hugging Face directory of it in float32, the words as they stand in 4 bits; gives `place`."""
        library: Any = importlib.import_module("safetensors.numpy")  # its types are partial
        place.mkdir(parents=True, exist_ok=True)
        tensors = {WORDS: self.weights.words.floats(), **self.weights.tensors()}
        library.save_file(tensors, place / "model.safetensors", metadata={"format": "pt"})
        shutil.copyfile(self.tokenizer.source, place / "tokenizer.json")
        usage = {"prefixes": dict(self.facts.prefixes), "pooling": self.facts.pooling}
        config = {**bert_config(self.weights), "shortlist": usage}
        (place / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
        return place


def open_base(name_or_path: str) -> Base:
    """The model to start from.

    Args:
        name_or_path: "default", the packaged encoder; a directory in our format with the graph that .export writes;
            or a Hugging Face directory of an encoder of BERT's architecture.

    Raises:
        ModelNotFound: there is none.
        ModelDamaged: its files are missing, cut or of the wrong shape.
        UnknownArchitecture: it is none that can learn here.
    """
    directory = DEFAULT if name_or_path == "default" else Path(name_or_path)
    if not directory.is_dir():
        raise ModelNotFound(f"There is no model directory {directory} to start from.", path=str(directory))
    tokenizer = ModelTokenizer.load(directory)
    facts = read_facts(directory)
    if facts is None:
        config = read_config(directory)
        weights = _hugging_face(directory, config)
        facts = foreign_facts(
            directory, name=directory.name, revision="", dimensions=config.hidden, max_tokens=config.positions
        )
    else:
        weights = read_stored(directory / "model.onnx")
    if len(weights.layers) < FEWEST_LAYERS:
        raise UnknownArchitecture(
            f"{directory} has {len(weights.layers)} layer; late interaction needs {FEWEST_LAYERS} at least.",
            path=str(directory),
        )
    file = directory / PROJECTION
    projection = np.load(file).astype(np.float32) if file.is_file() else None
    return Base(directory, facts, weights, tokenizer, projection)


def bert_config(weights: EncoderWeights) -> dict[str, object]:
    """config.json as transformers reads it."""
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": weights.hidden,
        "num_hidden_layers": len(weights.layers),
        "num_attention_heads": weights.heads,
        "intermediate_size": len(weights.layers[0].wide.bias),
        "hidden_act": "gelu",
        "vocab_size": len(weights.words.codes),
        "max_position_embeddings": len(weights.positions),
        "type_vocab_size": len(weights.types),
        "layer_norm_eps": weights.epsilon,
    }


def _hugging_face(directory: Path, config: ModelConfig) -> EncoderWeights:
    if config.model_type != "bert" or config.activation != "gelu" or config.token_types < 1:
        raise UnknownArchitecture(
            f'{directory} is of type "{config.model_type}" with the activation "{config.activation}". What learns here '
            'is of type "bert" with "gelu"; any other encoder may be a --teacher.',
            model_type=config.model_type,
        )
    held = Weights(directory, "bert.")
    hidden, wide = config.hidden, config.wide
    shapes: dict[str, tuple[int, ...]] = {
        POSITIONS: (config.positions, hidden),
        TYPES: (config.token_types, hidden),
        f"{NORM}.weight": (hidden,),
        f"{NORM}.bias": (hidden,),
    }
    for name in (name for i in range(config.layers) for name in layer_names(i)):
        outputs, inputs = _sides(name, hidden, wide)
        shapes[name] = (outputs,) if name.endswith(".bias") or "LayerNorm" in name else (outputs, inputs)
    tensors: dict[str, Floats] = {name: held.take(name, shape) for name, shape in shapes.items()}
    words = FourBit.rounded(held.take(WORDS, (config.vocabulary, hidden)))
    return EncoderWeights.of_tensors(tensors, words, heads=config.heads, layers=config.layers, epsilon=config.epsilon)


def _sides(name: str, hidden: int, wide: int) -> tuple[int, int]:
    """Outputs and inputs of a product of a layer."""
    if "intermediate" in name:
        return wide, hidden
    return (hidden, wide) if name.split(".")[3:5] == ["output", "dense"] else (hidden, hidden)
