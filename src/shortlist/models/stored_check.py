"""`shortlist_check.json`: texts and the scores that a model must give them, kept beside the model.

    {"format": "shortlist check 1", "scale": "logit", "tolerance": 0.01,
     "pairs": [{"query": "How long are backups kept?", "passage": "For thirty-five days.", "score": 4.2}]}

They catch what no checksum does: a wrong head, template, prefix, pooling or precision, a sigmoid too many. All pairs
are scored by `shortlist models check`. Whenever the model is loaded, a cross-encoder scores the first pair, and an
encoder encodes the first query: how its vector begins is kept too, as "vector", since many wrong vectors have the
right cosine.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from shortlist.errors import ModelDamaged

Scale: TypeAlias = Literal["logit", "cosine"]

FILE = "shortlist_check.json"
FORMAT = "shortlist check 1"
TOLERANCES: dict[Scale, float] = {"logit": 0.01, "cosine": 0.02}
BEGINNING = 32  # numbers of a vector that are kept
OTHERS = (
    "Its weights, tokenizer or settings are not those that were checked. Fetch it again or, if the change was meant, "
    "store its scores anew: shortlist models check {directory} --record"
)
# How far from exact a faster precision may be: this share of the range of the stored scores, this much at least.
FAST_SHARE, FAST_LEAST = 0.1, 0.25
# English and Chinese, each with an answer, a near miss and something else.
TEXTS = (
    ("How long are backups kept?", "Backups are kept for thirty-five days and then overwritten."),
    ("How long are backups kept?", "Backups are written to a second site every night."),
    ("How long are backups kept?", "The canteen serves lunch from noon to two."),
    ("备份保留多久？", "备份保留三十五天，之后被覆盖。"),
    ("备份保留多久？", "每天夜里备份写到第二个站点。"),
    ("备份保留多久？", "食堂中午十二点到两点供应午餐。"),
)


@dataclass(frozen=True, slots=True)
class StoredPair:
    """A query and a passage, and the score of the pair."""

    query: str
    passage: str
    score: float


@dataclass(frozen=True, slots=True)
class StoredCheck:
    """What a model must give."""

    scale: Scale  # "logit" of a cross-encoder; "cosine" of an encoder's vectors of query and passage
    tolerance: float  # the largest difference that is none, in exact arithmetic
    pairs: tuple[StoredPair, ...]
    vector: tuple[float, ...] = ()  # of an encoder: how that of the first query begins

    def allowed(self, precision: str = "exact") -> float:
        """The largest difference that is none, in this precision."""
        scores = [pair.score for pair in self.pairs]
        if precision == "exact":
            return self.tolerance
        return max(self.tolerance, FAST_LEAST, FAST_SHARE * (max(scores) - min(scores)))


def read_check(directory: Path) -> StoredCheck | None:
    """What is kept in a model directory; None where nothing is.

    Raises:
        ModelDamaged: the file does not parse or lacks something.
    """
    file = directory / FILE
    if not file.is_file():
        return None
    try:
        stated = cast("dict[str, Any]", json.loads(file.read_text(encoding="utf-8")))
        if stated["format"] != FORMAT or stated["scale"] not in TOLERANCES:
            raise ValueError(f"format {stated['format']!r}, scale {stated['scale']!r}")
        pairs = tuple(StoredPair(str(p["query"]), str(p["passage"]), float(p["score"])) for p in stated["pairs"])
        vector = tuple(float(number) for number in stated.get("vector", ()))
        check = StoredCheck(stated["scale"], float(stated["tolerance"]), pairs, vector)
        if not pairs or not all(map(math.isfinite, [check.tolerance, *vector, *(pair.score for pair in pairs)])):
            raise ValueError("no pairs, or numbers that are not finite")
    except (ValueError, KeyError, TypeError) as problem:
        raise ModelDamaged(
            f"{file} is damaged ({problem!r}). Fetch the model again, or write it anew: shortlist models check "
            f"{directory} --record",
            path=str(file),
        ) from problem
    return check


def write_check(directory: Path, check: StoredCheck) -> Path:
    """Keep a check beside its model; gives the file."""
    file = directory / FILE
    pairs = [{"query": pair.query, "passage": pair.passage, "score": pair.score} for pair in check.pairs]
    stated: dict[str, Any] = {"format": FORMAT, "scale": check.scale, "tolerance": check.tolerance, "pairs": pairs}
    if check.vector:
        stated["vector"] = list(check.vector)
    file.write_text(json.dumps(stated, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return file


def check_score(
    directory: Path, score: Callable[[str, Sequence[str]], NDArray[np.float32]], *, name: str, precision: str = "exact"
) -> None:
    """Score the first stored pair, where there is one of a cross-encoder.

    Args:
        directory: of the model.
        score: the logits of a query and passages.
        name: of the model, for the message.
        precision: in which it was loaded.

    Raises:
        ModelDamaged: the score is another than the stored one.
    """
    check = read_check(directory)
    if check is None or check.scale != "logit":
        return
    pair, allowed = check.pairs[0], check.allowed(precision)
    [found] = score(pair.query, [pair.passage]).tolist()
    if not abs(found - pair.score) <= allowed:  # not a number is no score either
        raise ModelDamaged(
            f'{name} gives {found:.4f} to "{pair.query[:60]}" and "{pair.passage[:60]}", where {directory / FILE} has '
            f"{pair.score:.4f} (±{allowed:.4f}). {OTHERS.format(directory=directory)}",
            name=name,
            found=found,
            expected=pair.score,
        )


def check_vector(directory: Path, encode: Callable[[str], NDArray[np.float32]], *, name: str) -> None:
    """Encode the first stored query, where how its vector begins is stored.

    Args:
        directory: of the model.
        encode: the vector of a query.
        name: of the model, for the message.

    Raises:
        ModelDamaged: the vector begins otherwise than the stored one.
    """
    check = read_check(directory)
    if check is None or not check.vector:
        return
    found, stored = encode(check.pairs[0].query)[: len(check.vector)].astype(np.float64), np.array(check.vector)
    alike = cosine(found, stored) if len(found) == len(stored) else 0.0
    if not 1 - alike <= check.tolerance:
        raise ModelDamaged(
            f'{name} gives "{check.pairs[0].query[:60]}" another vector than {directory / FILE} has: their beginnings '
            f"have the cosine {alike:.4f}. {OTHERS.format(directory=directory)}",
            name=name,
            cosine=alike,
        )


def cosine(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Of two vectors of one length; 0 where one is nothing but zeros."""
    return float(first @ second / max(float(np.linalg.norm(first) * np.linalg.norm(second)), 1e-12))
