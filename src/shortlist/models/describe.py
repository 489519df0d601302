"""What can be said of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from shortlist.models.catalogue import Kind, KnownModel, Runtime, known_model
from shortlist.models.causal import CausalReranker, is_causal, load_causal_reranker
from shortlist.models.encoder import Encoder
from shortlist.models.graphs.open import model_name
from shortlist.models.hub.cache import is_here, size_of
from shortlist.models.registry import directory_of, load_model, path_of
from shortlist.models.stored_check import read_check
from shortlist.records import NOTHING


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a model is. One that is on this machine has run once, so it works."""

    name: str
    kind: Kind
    revision: str  # changes whenever its numbers may; empty where it is not on this machine
    path: str  # empty where it is not on this machine
    max_tokens: int
    dimensions: int | None  # of an encoder's vectors
    languages: tuple[str, ...]  # ISO 639-1, or "multilingual"; empty where the model does not say
    licence: str  # empty where it does not say
    origin: str
    bytes: int | None  # None where it is not on this machine
    commit: str = ""  # of the hub, as fetched
    runtime: Runtime = "onnx"  # what runs it here: onnxruntime, the extra `torch`, or nothing
    parameters: int | None = None  # how many; None where the catalogue does not say, as below
    commercial: bool | None = None  # whether the licence allows commercial use
    activation: str = ""  # what its authors put over our logit: "sigmoid" or "none"
    pooling: str = ""  # of an encoder
    prefixes: Mapping[str, str] = field(default_factory=lambda: NOTHING)  # of an encoder, by kind of text
    prompt: str = ""  # of a causal reranker: the instruction
    checks: int = 0  # texts with stored scores
    note: str = ""


def describe(name_or_path: str | Path) -> ModelInfo:
    """What a model is: on this machine it is loaded, else the catalogue is asked.

    Raises:
        ModelNotFound: it is neither on this machine nor in the catalogue.
        ModelDamaged, UnknownArchitecture, MissingExtra: it cannot be used, and why.
    """
    name = str(name_or_path)
    known = known_model(name)
    if known is not None and not is_here(name):
        return _described_known(known)
    directory = directory_of(name_or_path)
    causal = name != "default" and is_causal(directory)
    model = load_causal_reranker(name_or_path) if causal else load_model(name_or_path)
    if known is None:
        known = known_model(model_name(directory))
    seen = None if known is None else _described_known(known)
    check = read_check(directory)
    info = ModelInfo(
        name=model.name,
        kind="encoder" if isinstance(model, Encoder) else "cross-encoder",
        revision="" if isinstance(model, CausalReranker) else model.revision,
        path=str(path_of(name_or_path)),
        max_tokens=model.max_tokens,
        dimensions=None,
        languages=() if seen is None else seen.languages,
        licence="" if seen is None else seen.licence,
        origin="" if seen is None else seen.origin,
        bytes=size_of(directory),
        commit=directory.name if directory.parent.name == "snapshots" else "",
        runtime="torch" if causal else "onnx",
        parameters=None if seen is None else seen.parameters,
        commercial=None if seen is None else seen.commercial,
        activation="" if seen is None else seen.activation,
        prompt=model.prompt.instruction if isinstance(model, CausalReranker) else "",
        checks=0 if check is None else len(check.pairs),
        note="" if seen is None else seen.note,
    )
    return _with_facts(info, model) if isinstance(model, Encoder) else info


def _with_facts(info: ModelInfo, encoder: Encoder) -> ModelInfo:
    """What an encoder states of itself, and the rest as it was."""
    facts = encoder.facts
    return replace(
        info,
        dimensions=facts.dimensions,
        languages=facts.languages or info.languages,
        licence=facts.licence or info.licence,
        origin=facts.origin or info.origin,
        pooling=facts.pooling,
        prefixes={kind: prefix for kind, prefix in facts.prefixes.items() if prefix},
    )


def _described_known(known: KnownModel) -> ModelInfo:
    return ModelInfo(
        name=known.name,
        kind=known.kind,
        revision="",
        path="",
        max_tokens=known.max_tokens,
        dimensions=known.dimensions,
        languages=known.languages,
        licence=known.licence,
        origin=f"https://huggingface.co/{known.name}",
        bytes=None,
        runtime=known.runtime,
        parameters=known.parameters,
        commercial=known.commercial,
        activation=known.activation,
        pooling=known.pooling,
        prefixes=known.prefixes,
        prompt=known.prompt,
        note=known.note,
    )
