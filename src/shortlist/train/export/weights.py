"""The weights of an encoder of BERT's architecture, as the graph needs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from shortlist.errors import ModelDamaged
from shortlist.train.export.four_bit import FourBit

Floats = NDArray[np.float32]
Tensors = Mapping[str, Floats]  # by their Hugging Face names
WORDS = "embeddings.word_embeddings.weight"
POSITIONS = "embeddings.position_embeddings.weight"
TYPES = "embeddings.token_type_embeddings.weight"
NORM = "embeddings.LayerNorm"
# The parts of a layer in the order of Hugging Face's BertLayer: our name, theirs.
LINEAR = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "attended": "attention.output.dense",
    "wide": "intermediate.dense",
    "narrow": "output.dense",
}
NORMS = {"attended_norm": "attention.output.LayerNorm", "norm": "output.LayerNorm"}
ORDER = ("query", "key", "value", "attended", "attended_norm", "wide", "narrow", "norm")


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """A product and what is added to it: weight [outputs, inputs], bias [outputs]."""

    weight: Floats
    bias: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Norm:
    """A layer normalisation: scale and shift, [hidden]."""

    scale: Floats
    shift: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One layer: attention, feed-forward, each with a normalisation after it."""

    query: Linear
    key: Linear
    value: Linear
    attended: Linear
    attended_norm: Norm
    wide: Linear
    narrow: Linear
    norm: Norm

    def linear(self, part: str) -> Linear:
        """The product of this name."""
        return getattr(self, part)


@dataclass(frozen=True, slots=True, eq=False)
class EncoderWeights:
    """An encoder. Every token is of type 0."""

    heads: int
    epsilon: float  # of the normalisations
    words: FourBit  # [vocabulary, hidden]
    positions: Floats  # [positions, hidden]
    types: Floats  # [types, hidden]
    norm: Norm  # of the embeddings
    layers: Sequence[Layer]

    @property
    def hidden(self) -> int:
        """Width of a token vector."""
        return self.positions.shape[1]

    @classmethod
    def of_tensors(cls, tensors: Tensors, words: FourBit, *, heads: int, layers: int, epsilon: float) -> EncoderWeights:
        """From tensors under their Hugging Face names, but for the words, which are given in 4 bits.

        Raises:
            ModelDamaged: one is missing.
        """
        held = _Tensors(tensors)
        return cls(
            heads=heads,
            epsilon=epsilon,
            words=words,
            positions=held.get(POSITIONS),
            types=held.get(TYPES),
            norm=held.norm(NORM),
            layers=tuple(held.layer(f"encoder.layer.{i}") for i in range(layers)),
        )

    def tensors(self) -> dict[str, Floats]:
        """Every weight but the words under its Hugging Face name."""
        found = {
            POSITIONS: self.positions,
            TYPES: self.types,
            f"{NORM}.weight": self.norm.scale,
            f"{NORM}.bias": self.norm.shift,
        }
        for i, layer in enumerate(self.layers):
            found |= _layer_tensors(f"encoder.layer.{i}", layer)
        return {name: np.ascontiguousarray(values, np.float32) for name, values in found.items()}

    def learnt(self, tensors: Tensors) -> EncoderWeights:
        """The same with these tensors in the places of its own.

        Raises:
            ModelDamaged: one has another name or shape than all of those here.
        """
        mine = self.tensors()
        for name, values in tensors.items():
            if name not in mine or values.shape != mine[name].shape:
                raise ModelDamaged(
                    f"The tensor {name} of shape {values.shape} has no place in this model.", tensor=name
                )
        return EncoderWeights.of_tensors(
            {**mine, **tensors}, self.words, heads=self.heads, layers=len(self.layers), epsilon=self.epsilon
        )


def layer_names(i: int) -> list[str]:
    """The tensors of layer `i` in the order of Hugging Face's BertLayer."""
    theirs = {**LINEAR, **NORMS}
    return [f"encoder.layer.{i}.{theirs[part]}.{kind}" for part in ORDER for kind in ("weight", "bias")]


@dataclass(frozen=True)
class _Tensors:
    tensors: Tensors

    def get(self, name: str) -> Floats:
        if name not in self.tensors:
            raise ModelDamaged(f"The weights have no tensor {name}. Fetch the model again.", tensor=name)
        return self.tensors[name]

    def linear(self, name: str) -> Linear:
        return Linear(self.get(f"{name}.weight"), self.get(f"{name}.bias"))

    def norm(self, name: str) -> Norm:
        return Norm(self.get(f"{name}.weight"), self.get(f"{name}.bias"))

    def layer(self, name: str) -> Layer:
        linear = {part: self.linear(f"{name}.{theirs}") for part, theirs in LINEAR.items()}
        norms = {part: self.norm(f"{name}.{theirs}") for part, theirs in NORMS.items()}
        return partial(Layer, **linear)(**norms)


def _layer_tensors(name: str, layer: Layer) -> dict[str, Floats]:
    found: dict[str, Floats] = {}
    for part, theirs in LINEAR.items():
        linear = layer.linear(part)
        found |= {f"{name}.{theirs}.weight": linear.weight, f"{name}.{theirs}.bias": linear.bias}
    for theirs, norm in ((NORMS["attended_norm"], layer.attended_norm), (NORMS["norm"], layer.norm)):
        found |= {f"{name}.{theirs}.weight": norm.scale, f"{name}.{theirs}.bias": norm.shift}
    return found
