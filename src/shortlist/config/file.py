"""`shortlist.toml`: where it is found, and its tables as flat settings and back.

    index = "handbook.shortlist"

    [pipeline.retrieve]
    depth = 50

    [pipeline.rerank]
    model = "./models/reranker"

    [pipeline.pack]
    budget = 2000

A value that begins with ./ or ../ is a path from the folder of the file, and so is `index`.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias, cast

from shortlist.errors import UsageError

FILE = "shortlist.toml"
ENVIRONMENT = "SHORTLIST_CONFIG"
PATHS = ("index",)  # settings that are always paths

Value: TypeAlias = str | int | float | bool


def find_file(start: Path | None = None) -> Path | None:
    """The file in force: the one that SHORTLIST_CONFIG names, or the nearest in this folder and those above it.

    Raises:
        UsageError: SHORTLIST_CONFIG names a file that is not there.
    """
    if named := os.environ.get(ENVIRONMENT):
        if not Path(named).is_file():
            raise UsageError(f"{ENVIRONMENT} names {named}, which is no file.", path=named)
        return Path(named)
    folder = Path.cwd() if start is None else start.absolute()
    return next((file for above in (folder, *folder.parents) if (file := above / FILE).is_file()), None)


def read_file(path: Path) -> dict[str, Value]:
    """The settings of a file by dotted name, such as "pipeline.retrieve.depth".

    Raises:
        UsageError: it cannot be read, is no TOML, or holds a value that is no plain one.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.", path=str(path)) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not valid TOML: {error}.", path=str(path)) from error
    return {name: _from(path, name, value) for name, value in _flat(path, tables, "")}


def toml(settings: Mapping[str, Value]) -> str:
    """Flat settings as TOML: those of one table after the other."""
    tables: dict[str, list[str]] = {"": []}
    for name, value in settings.items():
        table, _, key = name.rpartition(".")
        tables.setdefault(table, []).append(f"{key} = {_written(value)}")
    parts = ["\n".join([f"[{table}]", *lines] if table else lines) for table, lines in tables.items() if lines]
    return "\n\n".join(parts) + "\n"


def _flat(path: Path, table: Mapping[str, object], prefix: str) -> Iterator[tuple[str, Value]]:
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _flat(path, cast("dict[str, object]", value), f"{name}.")
        elif isinstance(value, str | int | float):
            yield name, value
        else:
            raise UsageError(
                f"{name} in {path} is a {type(value).__name__}. Settings are text, numbers, true or false.", name=name
            )


def _from(path: Path, name: str, value: Value) -> Value:
    if isinstance(value, str) and (name in PATHS or value.startswith(("./", "../"))):
        return os.path.normpath(path.parent / Path(value).expanduser())
    return value


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace(
            "\x7f", "\\u007f"
        )  # TOML's strings are JSON's but for that
    return repr(value)
