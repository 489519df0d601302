"""A model against the texts and scores that are kept beside it."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

from shortlist.errors import UsageError
from shortlist.models.causal import CausalReranker, is_causal, load_causal_reranker
from shortlist.models.cross_encoder import CrossEncoderModel
from shortlist.models.encoder import Encoder
from shortlist.models.registry import directory_of, load_model, path_of
from shortlist.models.stored_check import (
    BEGINNING,
    FILE,
    TEXTS,
    TOLERANCES,
    Scale,
    StoredCheck,
    StoredPair,
    read_check,
    write_check,
)

Checked: TypeAlias = CrossEncoderModel | CausalReranker | Encoder


@dataclass(frozen=True, slots=True)
class CheckedPair:
    """A stored pair and what the model gave it now."""

    query: str
    passage: str
    expected: float
    found: float
    ok: bool


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What came of checking a model. It loaded and ran."""

    name: str
    revision: str
    path: str
    load_ms: float
    scale: Scale
    tolerance: float  # the largest difference that is none
    pairs: tuple[CheckedPair, ...]  # empty where nothing is stored

    @property
    def ok(self) -> bool:
        """Whether every pair got its score."""
        return all(pair.ok for pair in self.pairs)


def check_model(name_or_path: str | Path) -> CheckReport:
    """Load a model and score its stored texts, where it has some.

    Raises:
        ModelNotFound, ModelDamaged, UnknownArchitecture, MissingExtra: it cannot be used, and why. A model that gives
            its first stored text another score or vector is damaged.
    """
    start = time.perf_counter()
    model = _load(name_or_path)
    load_ms = (time.perf_counter() - start) * 1000
    directory = directory_of(name_or_path)
    check = read_check(directory)
    if check is None or check.scale != scale_of(model):
        check = StoredCheck(scale_of(model), TOLERANCES[scale_of(model)], ())
    found = scores_of(model, [(pair.query, pair.passage) for pair in check.pairs])
    pairs = tuple(
        CheckedPair(pair.query, pair.passage, pair.score, score, abs(score - pair.score) <= check.tolerance)
        for pair, score in zip(check.pairs, found, strict=True)
    )
    revision = "" if isinstance(model, CausalReranker) else model.revision  # it stands in its name
    return CheckReport(model.name, revision, str(path_of(name_or_path)), load_ms, check.scale, check.tolerance, pairs)


def record_check(
    name_or_path: str | Path, texts: Sequence[tuple[str, str]] = TEXTS, tolerance: float | None = None
) -> Path:
    """Keep what the model gives today beside it, as what it must give from now on; gives the file.

    Args:
        name_or_path: the model.
        texts: pairs of a query and a passage.
        tolerance: the largest difference that is none; .01 for logits and .02 for cosines, if not given.

    Raises:
        ModelNotFound, ModelDamaged, UnknownArchitecture, MissingExtra: it cannot be used, and why.
        UsageError: there are no texts.
    """
    if not texts:
        raise UsageError("There are no texts to record. Give pairs of a query and a passage.")
    directory = directory_of(name_or_path)
    with _unchecked(directory):
        model = _load(name_or_path)
    scale = scale_of(model)
    pairs = [
        StoredPair(query, passage, round(score, 6))
        for (query, passage), score in zip(texts, scores_of(model, texts), strict=True)
    ]
    vector: tuple[float, ...] = ()
    if isinstance(model, Encoder):
        vector = tuple(round(float(number), 6) for number in model.encode([texts[0][0]], "query")[0][:BEGINNING])
    check = StoredCheck(scale, tolerance or TOLERANCES[scale], tuple(pairs), vector)
    return write_check(directory, check)


@contextmanager
def _unchecked(directory: Path) -> Generator[None]:
    """What is stored now does not keep the model from loading; it stays where nothing can be stored in its place."""
    file = directory / FILE
    held = file.read_bytes() if file.is_file() else None
    file.unlink(missing_ok=True)
    try:
        yield
    finally:
        if held is not None:
            file.write_bytes(held)


def scale_of(model: Checked) -> Scale:
    """Of the scores that are stored for it."""
    return "cosine" if isinstance(model, Encoder) else "logit"


def scores_of(model: Checked, pairs: Sequence[tuple[str, str]]) -> list[float]:
    """A score a pair, in their order: a reranker's logit, or the cosine of an encoder's vectors."""
    scores: list[float] = []
    for query, some in groupby(pairs, key=lambda pair: pair[0]):
        passages = [passage for _, passage in some]
        if isinstance(model, Encoder):
            scores += model.similarities(query, passages)
        else:
            scores += model.score(query, passages).tolist()
    return scores


def _load(name_or_path: str | Path) -> Checked:
    causal = str(name_or_path) != "default" and is_causal(path_of(name_or_path))
    return load_causal_reranker(name_or_path) if causal else load_model(name_or_path)
