"""Fetching a model: pinned to a commit, only the files that are needed, never a program."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from threading import get_ident
from typing import TYPE_CHECKING, cast

from shortlist.errors import ModelDamaged, ModelNotFound, UnknownArchitecture, UsageError
from shortlist.models.catalogue import nearest
from shortlist.models.graphs.config import read_json
from shortlist.models.graphs.open import ARCHITECTURES
from shortlist.models.hub.cache import INDEX, NEEDED, Fetched, HubName, hub_name, in_cache, shards, size_of
from shortlist.models.hub.transfer import Hub, Progress, Tally

if TYPE_CHECKING:
    from onnx import GraphProto, TensorProto

DESCRIPTIONS = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "generation_config.json",
    "chat_template.jinja",
    "config_sentence_transformers.json",
    "sentence_bert_config.json",
    "modules.json",
    "1_Pooling/config.json",
    "shortlist_check.json",
    INDEX,
)
WHOLE = "model.safetensors"
EXPORTED = ("model.onnx", "onnx/model.onnx")
NO_WEIGHTS = (".onnx", ".json", ".txt", ".md", ".model", ".py")
OWN_CODE = ", by code that comes with it and is never run"


def fetch(name: str, *, tokenizer_only: bool = False, on_progress: Progress | None = None) -> Fetched:
    """Fetch a model of the hub into the local cache, where every call that takes a model finds it by this name.

    What arrived before a stop is kept and completed; files that are there are not fetched again. The variables of the
    hub's own tools hold: HF_ENDPOINT (a mirror), HF_TOKEN, HF_HUB_CACHE, HF_HUB_OFFLINE, HF_HUB_DOWNLOAD_TIMEOUT,
    HTTPS_PROXY. Fetching a name again moves it to the newest commit of its branch.

    Args:
        name: such as "BAAI/bge-reranker-base", or with "@" and a branch, tag or commit.
        tokenizer_only: fetch what it takes to count a model's tokens, not its weights. A model that is here stays as it
            is.
        on_progress: called with the bytes that are here, the bytes of all files, and the name of the file in hand.

    Raises:
        UsageError: this is no name of the hub, or a token would travel unencrypted.
        ModelNotFound: the hub has no such model or revision, or it has no files that may be used here.
        UnknownArchitecture: nothing here runs it; its weights are not fetched.
        FetchFailed: the hub or the way to it failed, access is refused, or what came is not what was announced.
    """
    wanted = hub_name(name)
    if wanted is None:
        raise UsageError(
            f'"{name}" is no name of the hub. {nearest(name)}Names look like BAAI/bge-reranker-v2-m3.', name=name
        )
    if tokenizer_only:
        with suppress(ModelNotFound):
            return _fetched(wanted, in_cache(wanted, tokenizer_only=True))
    hub = Hub(wanted)
    commit, files = hub.listing()
    if lacking := [file for file in NEEDED if file not in files]:
        raise ModelNotFound(
            f"{wanted} has no {' and no '.join(lacking)}, without which nothing here can run it. {_advice(files)}",
            name=str(wanted),
            missing=lacking,
        )
    snapshot = wanted.folder / "snapshots" / commit
    tally = Tally(on_progress)
    # The descriptions first: they say which weights are needed.
    hub.download([file for file in DESCRIPTIONS if file in files], commit, tally)
    if not tokenizer_only:
        _fetch_weights(hub, snapshot, files, tally)
    _pin(wanted, commit)
    return _fetched(wanted, snapshot)


def _fetched(name: HubName, snapshot: Path) -> Fetched:
    return Fetched(str(name), snapshot.name, str(snapshot), name.pin.is_file(), size_of(snapshot))


def _fetch_weights(hub: Hub, snapshot: Path, files: Sequence[str], tally: Tally) -> None:
    weights = weights_wanted(hub.name, snapshot, files)
    hub.download(weights, snapshot.name, tally)
    for graph in (PurePosixPath(file) for file in weights if file.endswith(".onnx")):
        near = [path.name for path in map(PurePosixPath, files) if path.parent == graph.parent]
        outside = weights_beside(snapshot / graph, near)
        hub.download([str(graph.parent / file) for file in outside], snapshot.name, tally)


def weights_wanted(name: HubName, snapshot: Path, files: Iterable[str]) -> list[str]:
    """Which files of weights to fetch: safetensors, or an ONNX file where nothing here builds the model's graph.

    Args:
        name: of the model.
        snapshot: where its `config.json` lies by now.
        files: all that the hub has of it.

    Raises:
        ModelNotFound: there is neither. A pickle is a program, and is never fetched.
        UnknownArchitecture: nothing here runs them.
    """
    held = set(files)
    stated = read_json(snapshot / "config.json") if (snapshot / "config.json").is_file() else {}
    safe = [WHOLE] if WHOLE in held else shards(snapshot / INDEX) if INDEX in held else []
    exported = [file for file in EXPORTED if file in held][:1]
    chosen = (safe or exported) if _built_here(stated) else (exported or safe)
    if not chosen:
        raise ModelNotFound(
            f"{name} has no weights that may be used: neither {WHOLE} nor an ONNX file. {_advice(held)}",
            name=str(name),
        )
    if chosen == safe and not _runs(stated):
        raise UnknownArchitecture(
            f'{name} is of type "{stated.get("model_type", "")}"{OWN_CODE if "auto_map" in stated else ""}. It has no '
            f"ONNX file, and nothing here runs it otherwise; known here are {', '.join(sorted(ARCHITECTURES))}.",
            name=str(name),
        )
    return chosen


def weights_beside(graph: Path, files: Iterable[str]) -> list[str]:
    """Which of the files in its folder an ONNX model keeps weights in, outside itself.

    Args:
        graph: the model, fetched.
        files: the names of the files that the hub has in that folder.

    Raises:
        ModelDamaged: it does not parse.
    """
    from google.protobuf.message import DecodeError
    from onnx import ModelProto

    spare = {file for file in files if not file.endswith(NO_WEIGHTS)}
    if not spare:  # so that a model of a gigabyte is not parsed for nothing
        return []
    model = ModelProto()
    try:
        model.ParseFromString(graph.read_bytes())
    except DecodeError as problem:
        raise ModelDamaged(f"{graph} is damaged: {problem}. Fetch the model again.", path=str(graph)) from problem
    named = {pair.value for tensor in _tensors(model.graph) for pair in tensor.external_data if pair.key == "location"}
    return sorted(named & spare)


def _tensors(graph: GraphProto) -> Iterator[TensorProto]:
    """Initializers, and the constants of nodes, also in the branches of an `If`."""
    yield from graph.initializer
    for attribute in (each for node in graph.node for each in node.attribute):
        yield attribute.t
        yield from attribute.tensors
        for branch in (attribute.g, *attribute.graphs):
            yield from _tensors(branch)


def _built_here(stated: Mapping[str, object]) -> bool:
    """Whether the graph of this config.json is built here. Code that comes with a model may mean anything by it."""
    return stated.get("model_type") in ARCHITECTURES and "auto_map" not in stated


def _runs(stated: Mapping[str, object]) -> bool:
    """Whether something here runs the weights themselves: a graph of ours or, for a causal model, the extra `torch`."""
    named = stated.get("architectures")
    causal = isinstance(named, list) and any(str(each).endswith("ForCausalLM") for each in cast("list[object]", named))
    return stated.get("model_type") in ARCHITECTURES or causal


def _pin(name: HubName, commit: str) -> None:
    """Record the commit: for us always, for the hub's other tools where they have none yet."""
    branch = name.folder / "refs" / name.revision
    for file in [name.pin] if branch.exists() or name.revision == commit else [name.pin, branch]:
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f"{file.name}.{os.getpid()}.{get_ident()}.new")
        new.write_text(commit, encoding="ascii")
        new.replace(file)


def _advice(files: Iterable[str]) -> str:
    """What a user can do whose model has not the files it needs."""
    if any(file.endswith((".bin", ".pt", ".pth", ".model", "vocab.txt")) for file in files):
        return (
            "Weights in a pickle are a program and are never fetched, and a tokenizer must be one file. Where you "
            "trust the model, convert it with transformers (save_pretrained of the model and of its fast tokenizer) "
            "and give that directory."
        )
    return "Choose another model: shortlist models"
