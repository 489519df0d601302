"""The catalogue: well-known rerankers and encoders of the hub, and what each needs. The facts stand in models.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from shortlist.records import NOTHING

Kind: TypeAlias = Literal["encoder", "cross-encoder"]
Runtime: TypeAlias = Literal["onnx", "torch", ""]
Activation: TypeAlias = Literal["sigmoid", "none", ""]


@dataclass(frozen=True, slots=True)
class KnownModel:
    """What the catalogue says of a model."""

    name: str  # on the hub
    kind: Kind
    architecture: str  # `model_type` of its config.json
    max_tokens: int  # it reads at once, of query and passage together for a cross-encoder
    languages: tuple[str, ...]  # ISO 639-1, or "multilingual"
    licence: str  # SPDX
    parameters: int  # how many; four bytes each in exact arithmetic
    runtime: Runtime = "onnx"  # what runs it here: onnxruntime, the extra `torch`, or nothing
    activation: Activation = (
        ""  # what its authors put over the logit that we give, to show a score; orders are the same
    )
    dimensions: int | None = None  # of an encoder's vectors
    pooling: Literal["mean", "cls", ""] = ""  # of an encoder; empty where only its own files say it
    prefixes: Mapping[str, str] = field(default_factory=lambda: NOTHING)  # of an encoder, by kind of text
    prompt: str = ""  # of a causal reranker: the instruction that its authors give it
    note: str = ""

    @property
    def commercial(self) -> bool:
        """Whether the licence allows commercial use."""
        return "-NC" not in self.licence


@cache
def known_models() -> Mapping[str, KnownModel]:
    """The catalogue, by name, rerankers first."""
    held = tomllib.loads((resources.files(__name__) / "models.toml").read_text(encoding="utf-8"))
    return MappingProxyType({name: _known(name, facts) for name, facts in held.items()})


def known_model(name: str) -> KnownModel | None:
    """What the catalogue says of a model, whatever the revision ("name@revision"); None where it does not know it."""
    return known_models().get(name.partition("@")[0])


def nearest(name: str) -> str:
    """A sentence that proposes the model of the catalogue that this may have meant; empty where none is near."""
    by_end = {known.rpartition("/")[2].casefold(): known for known in known_models()}
    near = get_close_matches(name.rpartition("/")[2].casefold(), by_end, 1, cutoff=0.8)
    return f"Did you mean {by_end[near[0]]}? " if near and by_end[near[0]] != name else ""


def _known(name: str, facts: dict[str, Any]) -> KnownModel:
    stated: dict[str, Any] = {**facts, "languages": tuple(facts["languages"])}
    return KnownModel(name=name, **stated)
