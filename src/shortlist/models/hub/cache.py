"""Names of the Hugging Face hub → model directories in the local cache. Nothing here opens a connection.

The cache is the hub's own (`HF_HUB_CACHE`, `HF_HOME`), so what other tools fetched is found, and the other way round:

    models--BAAI--bge-reranker-base/
      blobs/<hash>                      the files
      snapshots/<commit>/config.json …  links to them, by name
      refs/main                         the commit that a branch or tag stood for
      refs/shortlist/main               the same, as `shortlist models fetch` pinned it when all files were there
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from shortlist.errors import ModelDamaged, ModelNotFound
from shortlist.models.catalogue import nearest
from shortlist.models.graphs.config import read_json

MAIN = "main"
PINS = "shortlist"
NAME = re.compile(r"(?P<repo>[\w.-]+/[\w.-]+?)(?:@(?P<revision>[\w./-]+))?", re.ASCII)
COMMIT = re.compile(r"[0-9a-f]{40}")
INDEX = "model.safetensors.index.json"
TOKENIZER = "tokenizer.json"
NEEDED = ("config.json", TOKENIZER)
WEIGHTS = ("model.safetensors", "model.onnx", "onnx/model.onnx")


@dataclass(frozen=True, slots=True)
class HubName:
    """A model of the hub: "BAAI/bge-reranker-base" or "BAAI/bge-reranker-base@<branch, tag or commit>"."""

    repo: str
    revision: str = MAIN

    def __str__(self) -> str:
        return self.repo if self.revision == MAIN else f"{self.repo}@{self.revision}"

    @property
    def folder(self) -> Path:
        """Where the cache keeps it; it need not exist."""
        return cache_directory() / f"models--{self.repo.replace('/', '--')}"

    @property
    def pin(self) -> Path:
        """The file that records which commit `shortlist models fetch` fetched."""
        return self.folder / "refs" / PINS / self.revision


@dataclass(frozen=True, slots=True)
class Fetched:
    """A model in the local cache, complete."""

    name: str  # as one types it; with "@revision" unless that is "main"
    commit: str
    path: str  # of the model directory
    pinned: bool  # whether `shortlist models fetch` fetched it; else another tool did
    bytes: int


def hub_name(text: str) -> HubName | None:
    """The hub's model of this name; None for a text that cannot be one. A path that exists is not looked at."""
    match = NAME.fullmatch(text)
    if match is None or ".." in text or text.startswith(("-", ".")):
        return None
    return HubName(match["repo"], match["revision"] or MAIN)


def cache_directory() -> Path:
    """The hub's cache on this machine, by the variables that its own tools follow."""
    environ = os.environ
    if chosen := environ.get("HF_HUB_CACHE") or environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(chosen).expanduser()
    caches = environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(environ.get("HF_HOME") or f"{caches}/huggingface").expanduser() / "hub"


def locate(name_or_path: str | Path, *, tokenizer_only: bool = False) -> Path:
    """The directory or file of a model: a path that exists, else what the cache holds under this hub name.

    Args:
        name_or_path: a path, or "owner/model" with or without "@revision".
        tokenizer_only: whether its tokenizer is all that must be there.

    Raises:
        ModelNotFound: neither. For a hub name the message has the command that fetches it.
    """
    if os.path.exists(name_or_path):  # noqa: PTH110, Path.exists() raises where a text is too long for a path
        return Path(os.path.abspath(name_or_path))  # noqa: PTH100, the cache's files are links: they must stay so
    name = hub_name(str(name_or_path))
    if name is None:
        raise ModelNotFound(
            f'There is no model "{name_or_path}". {nearest(str(name_or_path))}Give "default", the path of a model '
            "directory or ONNX file, or a name of the hub such as BAAI/bge-reranker-v2-m3: `shortlist models` lists "
            "well-known ones.",
            name=str(name_or_path),
        )
    return in_cache(name, tokenizer_only=tokenizer_only)


def in_cache(name: HubName, *, tokenizer_only: bool = False) -> Path:
    """As `locate`, of a name."""
    directory = _snapshot(name)
    command = f"shortlist models fetch {name}{' --tokenizer' if tokenizer_only else ''}"
    if directory is None:
        raise ModelNotFound(
            f"The model {name} is not on this machine: there is no such path, and it has not been fetched. "
            f"{nearest(name.repo)}Fetch it once, then it works offline: {command}",
            name=str(name),
        )
    if lacking := [file for file in missing(directory) if not tokenizer_only or file == TOKENIZER]:
        raise ModelNotFound(
            f"The model {name} was fetched in part: {directory} has no {', '.join(lacking)}. Fetch the rest: {command}",
            name=str(name),
            missing=lacking,
        )
    return directory


def is_here(name_or_path: str) -> bool:
    """Whether `locate` finds it."""
    try:
        locate(name_or_path)
    except ModelNotFound:
        return False
    return True


def fetched() -> list[Fetched]:
    """The models in the cache that are complete, by name."""
    found = [
        Fetched(
            str(name),
            directory.name,
            str(directory),
            name.pin.is_file(),
            size_of(directory),
        )
        for name in _names()
        if (directory := _snapshot(name)) is not None and not missing(directory)
    ]
    return sorted(found, key=lambda model: model.name)


def size_of(path: Path) -> int:
    """Bytes of a model's directory, or of its one file."""
    return sum(file.stat().st_size for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())


def missing(directory: Path) -> list[str]:
    """What a model directory lacks of the files without which nothing can run it."""
    lacking = [name for name in NEEDED if not (directory / name).is_file()]
    if any((directory / file).is_file() for file in WEIGHTS):
        return lacking
    parts = shards(directory / INDEX) if (directory / INDEX).is_file() else [WEIGHTS[0]]
    return [*lacking, *(part for part in parts if not (directory / part).is_file())]


def shards(index: Path) -> list[str]:
    """The files among which a large model's weights are parted, by name.

    Raises:
        ModelDamaged: the list does not parse, or names a file that lies elsewhere.
    """
    listed = read_json(index).get("weight_map")
    held = cast("dict[str, object]", listed) if isinstance(listed, dict) else {}
    names = sorted({str(name) for name in held.values()})
    if not names or not all(re.fullmatch(r"[\w.-]+\.safetensors", name) for name in names):
        raise ModelDamaged(f"{index} lists no files of weights. Fetch the model again.", path=str(index))
    return names


def _snapshot(name: HubName) -> Path | None:
    """The directory that the name stands for on this machine; its files need not all be there."""
    commits = [file.read_text(encoding="ascii").strip() for file in _refs(name) if file.is_file()]
    if COMMIT.fullmatch(name.revision):
        commits.append(name.revision)
    found = (name.folder / "snapshots" / commit for commit in commits)
    return next((directory for directory in found if directory.is_dir()), None)


def _refs(name: HubName) -> tuple[Path, Path]:
    return name.pin, name.folder / "refs" / name.revision


def _names() -> Iterator[HubName]:
    """Every model and revision that the cache holds something of."""
    for folder in cache_directory().glob("models--*--*"):
        repo = folder.name.removeprefix("models--").replace("--", "/", 1)
        refs = [file.relative_to(folder / "refs") for file in (folder / "refs").rglob("*") if file.is_file()]
        revisions = {ref.as_posix().removeprefix(f"{PINS}/") for ref in refs}
        yield from (HubName(repo, revision) for revision in sorted(revisions))
