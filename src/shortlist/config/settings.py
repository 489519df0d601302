"""What is in force and where it came from: arguments over environment over `shortlist.toml` over defaults."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from shortlist.config.file import Value, find_file, read_file
from shortlist.config.known import Kind, kind_of, known
from shortlist.errors import UsageError
from shortlist.records import NOTHING


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting in force."""

    name: str  # dotted, as in shortlist.toml
    value: Value | None  # None: not set, and nothing is done
    origin: str  # "argument", an environment variable, a file, or "default"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, by name. A mapping of what is in force; `of(table)` gives what was set in one table."""

    settings: Mapping[str, Setting]

    def __getitem__(self, name: str) -> Value | None:
        return self.settings[name].value

    def table(self, name: str) -> dict[str, Value]:
        """What stands in one table, without what is not set."""
        return {
            setting.name.removeprefix(f"{name}."): setting.value
            for setting in self.settings.values()
            if setting.value is not None and setting.name.rpartition(".")[0] == name
        }

    def origin(self, table: str) -> str:
        """Where the settings of a table that are no defaults came from, for an error message."""
        origins = {s.origin for s in self.settings.values() if s.name.startswith(f"{table}.") and s.origin != "default"}
        return ", ".join(sorted(origins)) or "default"


def load_settings(arguments: Mapping[str, Value | None] = NOTHING, *, file: str | Path | None = None) -> Settings:
    """The settings in force.

    Args:
        arguments: by dotted name; those that are None were not given.
        file: of settings; the one that is found from the working directory, if not given.

    Raises:
        UsageError: a setting that nothing here knows, or a value that it cannot have; the message says where it stands.
    """
    settings = {name: Setting(name, kind.default, "default") for name, kind in known().items()}

    def take(name: str, value: Value, origin: str, read: Callable[[Kind, Value], Value | None]) -> None:
        kind = kind_of(name)
        if kind is None:
            raise UsageError(f"There is no setting {name} ({origin}). {_advice(name)}", name=name)
        taken = read(kind, value)
        if taken is None:
            raise UsageError(f"{name} is {value!r} ({origin}); expected was {kind.expected}.", name=name, value=value)
        settings[name] = Setting(name, taken, origin)

    path = find_file() if file is None else Path(file)
    if path is not None:
        for name, value in read_file(path).items():
            take(name, value, str(path), Kind.checked)
    for name in known():
        if value := os.environ.get(environment_of(name)):
            take(name, value, environment_of(name), Kind.parsed)
    for name, value in arguments.items():
        if value is not None:
            take(name, value, "argument", Kind.checked)
    return Settings(settings)


def environment_of(name: str) -> str:
    """The variable of a setting: SHORTLIST_RETRIEVE_DEPTH for pipeline.retrieve.depth."""
    return "SHORTLIST_" + name.removeprefix("pipeline.").replace(".", "_").upper()


def _advice(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known(), 1)
    return f"Did you mean {near[0]}?" if near else f"The settings are: {', '.join(known())}."
