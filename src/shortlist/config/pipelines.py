"""Pipelines as settings and back: `save_pipeline` writes what `pipeline_of` reads."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shortlist.config.file import FILE, Value, read_file, toml
from shortlist.config.known import Retrieve, kind_of
from shortlist.config.settings import Settings
from shortlist.errors import UsageError
from shortlist.pack import Pack
from shortlist.records import Context, Ranking
from shortlist.rerank import Rerank
from shortlist.retrieve import Bm25, Dense, Hybrid, Rrf, ZSum
from shortlist.stage import Pipeline

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from shortlist.stage import Retriever

LOOKS = ("pipeline.rerank", *(f"pipeline.rerank.{number}" for number in range(2, 10)))


def ranking_of(settings: Settings, retrieve: Callable[[Retrieve], Retriever]) -> Pipeline[Ranking]:
    """The pipeline that the settings describe, up to where packing would begin.

    Args:
        settings: with `pipeline.rerank` false there is no second look.
        retrieve: makes the first stage.

    Raises:
        UsageError: a stage refuses its settings; the message says where they stand.
    """
    pipeline = Pipeline[Ranking](retrieve(_built(Retrieve, settings, "pipeline.retrieve")))
    tables = [table for table in LOOKS if settings["pipeline.rerank"] and settings.table(table)]
    for table in tables:
        pipeline = pipeline >> _built(Rerank, settings, table)
    return pipeline


def pack_of(settings: Settings) -> Pack:
    """How the settings pack.

    Raises:
        UsageError: a value that it cannot have; the message says where it stands.
    """
    return _built(Pack, settings, "pipeline.pack")


def save_pipeline(pipeline: Pipeline[Ranking] | Pipeline[Context], path: str | Path = FILE) -> None:
    """Write a pipeline and the place of its index into a `shortlist.toml`; other settings of the file stay.

    What is as by default is not written, nor are comments kept.

    Raises:
        UsageError: a stage is your own, or holds an object that no file can.
    """
    path = Path(path)
    kept = read_file(path) if path.exists() else {}
    kept = {name: value for name, value in kept.items() if name != "index" and not name.startswith("pipeline")}
    settings = {**kept, **_described(pipeline)}
    folder = Path(os.path.abspath(path)).parent  # noqa: PTH100 (resolve() would follow links)
    path.write_text(toml({name: _portable(name, value, folder) for name, value in settings.items()}), encoding="utf-8")


def _built(stage: Callable[..., Any], settings: Settings, table: str) -> Any:
    try:
        return stage(**settings.table(table))
    except UsageError as error:
        raise UsageError(f"{error.message} (In {table}, from: {settings.origin(table)}.)", **error.data) from error


def _described(pipeline: Pipeline[Any]) -> dict[str, Value]:
    retriever, stages = pipeline.retriever, [*pipeline.stages]
    if not isinstance(retriever, Bm25 | Dense | Hybrid):
        raise UsageError(f"A {type(retriever).__name__} cannot be written: begin the pipeline with index.retrieve().")
    packs = [stage for stage in stages if isinstance(stage, Pack)]
    looks = [stage for stage in stages if isinstance(stage, Rerank)]
    if len(packs) + len(looks) < len(stages) or len(looks) > len(LOOKS):
        raise UsageError("Only a pipeline of index.retrieve(), Rerank (at most nine) and Pack can be written.")
    found: dict[str, Value] = {"index": os.path.abspath(retriever.directory.path)}  # noqa: PTH100
    found |= _differing("pipeline.retrieve", _retrieve(retriever))
    for table, look in zip(LOOKS, looks, strict=False):
        # A second look that is as by default must still be seen to be there.
        found |= _differing(table, look) or ({} if table == LOOKS[0] else {f"{table}.model": "default"})
    absent = [name for name, there in (("rerank", looks), ("pack", packs)) if not there]
    found = {**{f"pipeline.{name}": False for name in absent}, **found}
    return found | (_differing("pipeline.pack", packs[0]) if packs else {})


def _retrieve(retriever: Bm25 | Dense | Hybrid) -> Retrieve:
    if not isinstance(retriever, Hybrid):
        return Retrieve("bm25" if isinstance(retriever, Bm25) else "dense", retriever.depth)
    fusion = retriever.fusion
    if not isinstance(fusion, ZSum | Rrf) or retriever.pool != Hybrid.pool:
        raise UsageError("A fusion of one's own, or another pool, cannot be written: take ZSum or Rrf.")
    weights = {
        weight.name: value for weight in fields(fusion) if (value := getattr(fusion, weight.name)) != weight.default
    }
    return Retrieve("hybrid", retriever.depth, "rrf" if isinstance(fusion, Rrf) else "z-sum", **weights)


def _differing(table: str, stage: DataclassInstance) -> dict[str, Value]:
    """The options of a stage that are not as by default."""
    options: dict[str, Any] = {option.name: getattr(stage, option.name) for option in fields(stage)}
    defaults = {option.name: option.default for option in fields(stage)}
    options = {name: value for name, value in options.items() if value != defaults[name]}
    plain = {name: str(value) if isinstance(value, Path) else value for name, value in options.items()}
    for name, value in plain.items():
        kind = kind_of(f"{table}.{name}")
        if not isinstance(value, str | int | float) or kind is None or kind.checked(value) is None:
            raise UsageError(
                f"{type(stage).__name__}({name}={value!r}) cannot be written into a file: give a name or a path.",
                name=name,
            )
    return {f"{table}.{name}": value for name, value in plain.items()}


def _portable(name: str, value: Value, folder: Path) -> Value:
    """A path as seen from the folder of the file, so that both can be moved together."""
    is_path = isinstance(value, str) and (name == "index" or value.startswith(("./", "../")))
    if not is_path:
        return value
    whole = Path(os.path.abspath(str(value)))  # noqa: PTH100
    if not whole.is_relative_to(folder):
        return str(whole)
    return ("" if name == "index" else "./") + whole.relative_to(folder).as_posix()
