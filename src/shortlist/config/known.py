"""Which settings there are: the plain fields of the stages, by table, with what each can be.

A stage that gains a plain option gains a setting: nothing is listed twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from shortlist.config.file import Value
from shortlist.errors import UsageError
from shortlist.pack import Pack
from shortlist.rerank import Rerank
from shortlist.retrieve import Fusion, Rrf, ZSum

Method: TypeAlias = Literal["hybrid", "bm25", "dense"]

LATER = re.compile(r"pipeline\.rerank\.[2-9](?=\.)")  # a second look after the second look: [pipeline.rerank.2]
WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a setting can be."""

    types: tuple[type, ...]
    choices: tuple[str, ...] = ()
    default: Value | None = None

    @property
    def expected(self) -> str:
        """In words: "a whole number", "hybrid, bm25 or dense"."""
        words = [WORDS[kind] for kind in self.types if not (kind is int and float in self.types)]
        return " or ".join([*words, *(f'"{choice}"' for choice in self.choices)])

    def checked(self, value: Value) -> Value | None:
        """The value, or None where it cannot be one of this kind."""
        if isinstance(value, bool):
            return value if bool in self.types else None
        fits = value in self.choices or isinstance(value, tuple(kind for kind in self.types if kind is not bool))
        return value if fits else None

    def parsed(self, value: Value) -> Value | None:
        """The same from a text, such as the environment holds."""
        text = str(value)
        if bool in self.types and text.lower() in TRUTH:
            return TRUTH[text.lower()]
        for kind in (int, float):
            if kind in self.types:
                try:
                    return kind(text)
                except ValueError:
                    continue
        return self.checked(text)


TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True)
class Retrieve:
    """The first stage as settings: what `Index.retrieve` is called with."""

    method: Method = "hybrid"
    depth: int = 100
    fusion: Literal["z-sum", "rrf"] = "z-sum"  # of hybrid
    dense: float | None = None  # weights of the fusion; its own where not given
    bm25: float | None = None
    constant: float | None = None  # of rrf

    def fused(self) -> Fusion:
        """The fusion of hybrid.

        Raises:
            UsageError: a constant for a fusion that has none.
        """
        weights = {"dense": self.dense, "bm25": self.bm25, "constant": self.constant}
        given = {name: float(value) for name, value in weights.items() if value is not None}
        if self.fusion == "z-sum" and "constant" in given:
            raise UsageError("constant belongs to the fusion rrf; z-sum has none.")
        return Rrf(**given) if self.fusion == "rrf" else ZSum(**given)


STAGES: Mapping[str, type] = {"retrieve": Retrieve, "rerank": Rerank, "pack": Pack}


@cache
def known() -> Mapping[str, Kind]:
    """All settings by dotted name."""
    found = {"index": Kind((str,), default="index.shortlist")}
    for stage, settled in STAGES.items():
        if stage != "retrieve":
            found[f"pipeline.{stage}"] = Kind((bool,), default=True)  # whether the stage is there
        for name, kind in _kinds(settled).items():
            found[f"pipeline.{stage}.{name}"] = kind
    return found


def kind_of(name: str) -> Kind | None:
    """What the setting of this name can be; None where there is none of this name."""
    return known().get(LATER.sub("pipeline.rerank", name))


def _kinds(settled: type) -> dict[str, Kind]:
    hints = get_type_hints(settled)
    kinds: dict[str, Kind] = {}
    for option in fields(settled):
        types, choices = _plain(hints[option.name])
        default: Any = None if option.default is MISSING else option.default
        if types or choices:
            kinds[option.name] = Kind(tuple(dict.fromkeys(types)), tuple(choices), default)
    return kinds


def _plain(hint: Any) -> tuple[list[type], list[str]]:
    """The plain types and the words among what a type hint allows."""
    if get_origin(hint) is Literal:
        return [], [choice for choice in get_args(hint) if isinstance(choice, str)]
    if get_origin(hint) in (Union, UnionType):
        parts = [_plain(part) for part in get_args(hint) if part is not NoneType]
        return [kind for types, _ in parts for kind in types], [word for _, words in parts for word in words]
    if hint is float:
        return [float, int], []
    return [str if hint is Path else hint] if hint in (bool, int, str, Path) else [], []
