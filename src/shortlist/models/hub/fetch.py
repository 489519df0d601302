"""Fetching a model: pinned to a commit, only the files that are needed, never a program."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from shortlist.errors import ModelNotFound, UsageError
from shortlist.models.graphs.config import read_json
from shortlist.models.graphs.open import ARCHITECTURES
from shortlist.models.hub.cache import INDEX, Fetched, HubName, hub_name, missing, shards, size_of
from shortlist.models.hub.transfer import Hub, Progress, Tally

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
BESIDE = ("_data", ".data")  # ends of the file in which a large ONNX model keeps its weights


def fetch(name: str, *, on_progress: Progress | None = None) -> Fetched:
    """Fetch a model of the hub into the local cache, where every call that takes a model finds it by this name.

    What arrived before a stop is kept and completed; files that are there are not fetched again. The variables of the
    hub's own tools hold: HF_ENDPOINT (a mirror), HF_TOKEN, HF_HUB_CACHE, HF_HUB_OFFLINE, HF_HUB_DOWNLOAD_TIMEOUT,
    HTTPS_PROXY. Fetching a name again moves it to the newest commit of its branch.

    Args:
        name: such as "BAAI/bge-reranker-base", or with "@" and a branch, tag or commit.
        on_progress: called with the bytes that are here, the bytes of all files, and the name of the file in hand.

    Raises:
        UsageError: this is no name of the hub.
        ModelNotFound: the hub has no such model or revision, or it has no files that may be used here.
        FetchFailed: the hub or the way to it failed, access is refused, or what came is not what was announced.
    """
    wanted = hub_name(name)
    if wanted is None:
        raise UsageError(f'"{name}" is no name of the hub. Names look like BAAI/bge-reranker-v2-m3.', name=name)
    hub = Hub(wanted)
    commit, files = hub.listing()
    snapshot = wanted.folder / "snapshots" / commit
    tally = Tally(on_progress)
    # The descriptions first: they say which weights are needed.
    hub.download([file for file in DESCRIPTIONS if file in files], commit, tally)
    hub.download(weights_wanted(wanted, snapshot, files), commit, tally)
    if lacking := missing(snapshot):
        raise ModelNotFound(
            f"{wanted} has no {', '.join(lacking)}, which is needed to run it. {_advice(lacking, files)}",
            name=str(wanted),
            missing=lacking,
        )
    _pin(wanted, commit)
    return Fetched(str(wanted), commit, str(snapshot), True, size_of(snapshot))


def weights_wanted(name: HubName, snapshot: Path, files: Iterable[str]) -> list[str]:
    """Which files of weights to fetch: safetensors, or an ONNX file where nothing here builds the model's graph.

    Args:
        name: of the model.
        snapshot: where its `config.json` lies by now.
        files: all that the hub has of it.

    Raises:
        ModelNotFound: there is neither. A pickle is a program, and is never fetched.
    """
    held, config = set(files), snapshot / "config.json"
    known = config.is_file() and read_json(config).get("model_type") in ARCHITECTURES
    safe = [WHOLE] if WHOLE in held else shards(snapshot / INDEX) if INDEX in held else []
    graph = next((file for file in EXPORTED if file in held), None)
    exported = [] if graph is None else [graph, *(graph + end for end in BESIDE if graph + end in held)]
    chosen = (safe or exported) if known else (exported or safe)
    if not chosen:
        raise ModelNotFound(
            f"{name} has no weights that may be used: neither {WHOLE} nor an ONNX file. {_advice([WHOLE], held)}",
            name=str(name),
        )
    return chosen


def _pin(name: HubName, commit: str) -> None:
    """Record the commit: for us always, for the hub's other tools where they have none yet."""
    branch = name.folder / "refs" / name.revision
    for file in [name.pin] if branch.exists() or name.revision == commit else [name.pin, branch]:
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f"{file.name}.{os.getpid()}.new")
        new.write_text(commit, encoding="ascii")
        new.replace(file)


def _advice(lacking: Iterable[str], files: Iterable[str]) -> str:
    if "tokenizer.json" in lacking:
        return (
            "Make one with transformers: AutoTokenizer.from_pretrained(name).save_pretrained(directory), and give that "
            "directory."
        )
    if any(file.endswith((".bin", ".pt", ".pth")) for file in files):
        return (
            "Its weights are a pickle, which is a program and is never fetched. Where you trust it, convert it with "
            "transformers (model.save_pretrained(directory)) and give that directory."
        )
    return "Choose another model: shortlist models"
