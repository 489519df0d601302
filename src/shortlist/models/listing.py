"""Which models there are: the packaged one, those in the hub's cache on this machine, and those of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from shortlist.models.catalogue import Kind, KnownModel, Runtime, known_model, known_models
from shortlist.models.encoder import DEFAULT
from shortlist.models.facts import read_facts
from shortlist.models.graphs.architectures import ARCHITECTURES
from shortlist.models.graphs.config import read_json
from shortlist.models.hub.cache import Fetched, fetched, size_of

State: TypeAlias = Literal["packaged", "fetched", "known"]


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model that one can name, without loading it."""

    name: str  # as one types it
    state: State  # "known": not on this machine
    kind: Kind
    runtime: Runtime  # what runs it here: onnxruntime, the extra `torch`, or nothing
    max_tokens: int | None  # read at once; None where only loading it would tell
    languages: tuple[str, ...]  # ISO 639-1 or "multilingual"; empty where nobody says
    licence: str  # SPDX; empty where nobody says
    commercial: bool | None  # whether the licence allows commercial use; None where the licence is not known
    parameters: int | None  # how many; None where nobody says
    bytes: int | None  # on this machine; None where it is not
    commit: str  # of the hub, as fetched; empty where it was not
    path: str  # of a fetched one; else empty
    note: str


def list_models() -> list[ListedModel]:
    """The packaged model, then those that were fetched, then the others of the catalogue, rerankers first."""
    here = [_fetched(model) for model in fetched() if _ours(model)]
    held = {model.name for model in here}
    return [_packaged(), *here, *(listed_known(model) for name, model in known_models().items() if name not in held)]


def listed_known(known: KnownModel) -> ListedModel:
    """A model of the catalogue that is not on this machine."""
    return _listed(known.name, "known", known.kind, known.runtime, known)


def _packaged() -> ListedModel:
    facts = read_facts(DEFAULT)
    assert facts is not None, "the wheel holds it"
    return ListedModel(
        name="default",
        state="packaged",
        kind="encoder",
        runtime="onnx",
        max_tokens=facts.max_tokens,
        languages=facts.languages,
        licence=facts.licence,
        commercial=True,
        parameters=None,
        bytes=size_of(DEFAULT),
        commit="",
        path="",
        note=f"{facts.name}; the one that is used where no other is named.",
    )


def _ours(model: Fetched) -> bool:
    """Whether it is of use here: other tools keep every kind of model in the same cache."""
    stated = read_json(Path(model.path) / "config.json")
    return model.pinned or known_model(model.name) is not None or stated.get("model_type") in ARCHITECTURES


def _fetched(model: Fetched) -> ListedModel:
    known, directory = known_model(model.name), Path(model.path)
    kind, runtime = (known.kind, known.runtime) if known is not None else _seen(directory)
    return _listed(model.name, "fetched", kind, runtime, known, model)


def _seen(directory: Path) -> tuple[Kind, Runtime]:
    """What a directory that the catalogue does not know looks like."""
    stated = read_json(directory / "config.json")
    heads = [str(name) for name in stated.get("architectures") or ()]
    if any(name.endswith("ForCausalLM") for name in heads):
        return "cross-encoder", "torch"
    kind: Kind = "cross-encoder" if any(name.endswith("ForSequenceClassification") for name in heads) else "encoder"
    runs = stated.get("model_type") in ARCHITECTURES or any(directory.rglob("*.onnx"))
    return kind, "onnx" if runs else ""


def _listed(
    name: str, state: State, kind: Kind, runtime: Runtime, known: KnownModel | None, held: Fetched | None = None
) -> ListedModel:
    return ListedModel(
        name=name,
        state=state,
        kind=kind,
        runtime=runtime,
        max_tokens=None if known is None else known.max_tokens,
        languages=() if known is None else known.languages,
        licence="" if known is None else known.licence,
        commercial=None if known is None else known.commercial,
        parameters=None if known is None else known.parameters,
        bytes=None if held is None else held.bytes,
        commit="" if held is None else held.commit,
        path="" if held is None else held.path,
        note="" if known is None else known.note,
    )
