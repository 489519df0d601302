"""What is known of an encoder beside its weights: pooling, prefixes, lengths, licence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

from shortlist.errors import ModelDamaged
from shortlist.records import NOTHING

Pooling: TypeAlias = Literal["mean", "cls"]
FORMAT = "shortlist encoder 1"


@dataclass(frozen=True, slots=True)
class EncoderFacts:
    """The facts that a directory states about its encoder."""

    name: str
    revision: str  # changes with the weights or the tokenizer, and with them every vector
    dimensions: int
    max_tokens: int  # of one window, special tokens and prefix included
    pooling: Pooling = "mean"
    prefixes: Mapping[str, str] = field(default_factory=lambda: NOTHING)  # by kind: "query", "passage"
    languages: tuple[str, ...] = ()  # ISO 639-1; empty where the model does not say
    licence: str = ""
    origin: str = ""
    unknown_limit: float = 0.2  # a text with a larger share of characters it cannot spell is not for this model
    late: Mapping[str, Any] | None = None  # constants of its late interaction, where they were fitted


def read_facts(directory: Path) -> EncoderFacts | None:
    """The facts in a directory of our own format; None where `config.json` is of another.

    Raises:
        ModelDamaged: it is ours, but does not parse or lacks a fact.
    """
    file = directory / "config.json"
    if not file.is_file():
        return None
    try:
        stated = cast("dict[str, Any]", json.loads(file.read_text(encoding="utf-8")))
        if not isinstance(stated, dict) or stated.get("format") != FORMAT:
            return None
        return EncoderFacts(
            name=str(stated["name"]),
            revision=str(stated["revision"]),
            dimensions=int(stated["dimensions"]),
            max_tokens=int(stated["max_tokens"]),
            pooling=stated["pooling"],
            prefixes={str(kind): str(prefix) for kind, prefix in stated["prefixes"].items()},
            languages=tuple(stated["languages"]),
            licence=str(stated["licence"]),
            origin=str(stated["origin"]),
            unknown_limit=float(stated["unknown_limit"]),
            late=stated.get("late"),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise ModelDamaged(
            f"The file {file} is damaged ({problem!r}). Fetch or build the model again.", path=str(file)
        ) from problem
