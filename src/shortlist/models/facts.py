"""What is known of an encoder beside its weights: pooling, prefixes, lengths, licence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

from shortlist.errors import ModelDamaged, UnknownArchitecture
from shortlist.models.catalogue import known_model
from shortlist.records import NOTHING

Pooling: TypeAlias = Literal["mean", "cls"]
FORMAT = "shortlist encoder 1"
FLAG = "pooling_mode_"


@dataclass(frozen=True, slots=True)
class LateScales:
    """Constants of an encoder's late interaction: mean and deviation of each of its scores, and their weights.

    Without fitted ones the two scores are added as they are.
    """

    cosine: tuple[float, float] = (0.0, 1.0)
    maxsim: tuple[float, float] = (0.0, 1.0)
    weight: float = 1.0  # of cosine beside MaxSim
    blend: float = 0.3  # of BM25 beside their sum, in a list


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
    late: LateScales = field(default_factory=LateScales)


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
            late=_scales(stated["late"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise ModelDamaged(
            f"The file {file} is damaged ({problem!r}). Fetch or build the model again.", path=str(file)
        ) from problem


def foreign_facts(directory: Path, *, name: str, revision: str, dimensions: int, max_tokens: int) -> EncoderFacts:
    """The facts of a Hugging Face directory, as sentence-transformers writes them: pooling, prompts, length.

    Where nothing is stated, the catalogue is asked by the model's name; where it knows nothing either, vectors are the
    mean over tokens and there is no prefix.

    Raises:
        ModelDamaged: a file does not parse.
        UnknownArchitecture: it asks for a pooling that is neither the mean nor the first token.
    """
    known = known_model(name)
    length = _stated(directory / "sentence_bert_config.json").get("max_seq_length")
    stated = _stated(directory / "config_sentence_transformers.json").get("prompts")
    prompts = cast("dict[str, str]", stated) if isinstance(stated, dict) else {}
    prefixes = {"query": prompts.get("query"), "passage": prompts.get("passage") or prompts.get("document")}
    advised = NOTHING if known is None else known.prefixes
    return EncoderFacts(
        name=name,
        revision=revision,
        dimensions=dimensions,
        max_tokens=_least(max_tokens, length, None if known is None else known.max_tokens),
        pooling=_pooling(directory) or (known.pooling if known is not None else "") or "mean",
        prefixes={kind: str(prefix or advised.get(kind, "")) for kind, prefix in prefixes.items()},
        languages=() if known is None or known.languages == ("multilingual",) else known.languages,
        licence="" if known is None else known.licence,
    )


def _pooling(directory: Path) -> Pooling | None:
    """As sentence-transformers wrote it: a flag for each way before its version 6, then the way's name."""
    stated = _stated(directory / "1_Pooling" / "config.json")
    flags = [key.removeprefix(FLAG) for key, on in stated.items() if key.startswith(FLAG) and on is True]
    named = stated.get("pooling_mode", flags)
    asked = [named] if isinstance(named, str) else named
    if not asked:
        return None
    if asked in (["mean"], ["mean_tokens"]):
        return "mean"
    if asked in (["cls"], ["cls_token"]):
        return "cls"
    raise UnknownArchitecture(
        f"{directory} pools by {', '.join(map(str, asked))}; known here are the mean over tokens and the first token.",
        path=str(directory),
    )


def _least(*lengths: object) -> int:
    return min(length for length in lengths if isinstance(length, int))


def _stated(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        stated = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise ModelDamaged(f"{file} is damaged: {problem}. Fetch the model again.", path=str(file)) from problem
    return cast("dict[str, Any]", stated) if isinstance(stated, dict) else {}


def _scales(stated: Mapping[str, Any]) -> LateScales:
    (cosine, cosine_deviation), (late, late_deviation) = stated["cosine"], stated["maxsim"]
    return LateScales(
        (float(cosine), float(cosine_deviation)),
        (float(late), float(late_deviation)),
        float(stated["weight"]),
        float(stated["blend"]),
    )
