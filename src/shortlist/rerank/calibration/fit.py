"""Fitting a calibration on labelled pairs, and measuring it on queries that it has not seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shortlist.errors import UsageError
from shortlist.foreign import ranking_from
from shortlist.models import load_reranker
from shortlist.records import Ranking
from shortlist.rerank.calibration.isotonic import fit_isotonic
from shortlist.rerank.calibration.platt import fit_platt
from shortlist.rerank.calibration.record import Calibration, Method
from shortlist.rerank.readers import reader_of
from shortlist.rerank.readers.windows import Windows
from shortlist.stage import CrossEncoder

Choice: TypeAlias = Literal["auto", "platt", "isotonic"]
LEAST = 5  # pairs of each kind: with fewer, nothing can be said
ENOUGH = (1000, 200)  # pairs, and of each kind, from which on a free curve is tried (Niculescu-Mizil and Caruana 2005)
FOLDS = 5
BINS = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair that a person judged."""

    query: str
    text: str
    relevant: bool


def calibrate(
    model: str | CrossEncoder,
    judged: Iterable[Judged],
    *,
    windows: Windows = "best",
    method: Choice = "auto",
    labels: str = "",
) -> Calibration:
    """Score judged pairs with a model and fit its calibration.

    Args:
        model: as for `Rerank`.
        judged: pairs as the model will meet them: passages that a first stage found, relevant and not.
        windows: as for `Rerank`; the calibration holds for this choice alone.
        method: "platt" (a sigmoid), "isotonic" (any rising curve), or "auto": a sigmoid, unless there are 1,000 pairs
            with 200 of each kind and the free curve has the smaller Brier score on unseen queries.
        labels: where the judgments came from, for the record.

    Raises:
        UsageError: fewer than 5 pairs of a kind, or scores that do not rise with relevance.
        QueryTooLong, ModelError: as `Rerank`.
    """
    by_query: dict[str, list[Judged]] = {}
    for pair in judged:
        by_query.setdefault(pair.query, []).append(pair)
    rankings = (
        (ranking_from(query, [pair.text for pair in pairs]), [pair.relevant for pair in pairs])
        for query, pairs in by_query.items()
    )
    return calibrate_rankings(model, rankings, windows=windows, method=method, labels=labels)


def calibrate_rankings(
    model: str | CrossEncoder,
    judged: Iterable[tuple[Ranking, Sequence[bool]]],
    *,
    windows: Windows = "best",
    method: Choice = "auto",
    labels: str = "",
) -> Calibration:
    """As `calibrate`, on what a first stage found: each ranking with whether its candidates answer its query."""
    reader = reader_of(load_reranker(model) if isinstance(model, str) else model, windows)
    scores: list[float] = []
    relevant: list[bool] = []
    queries: list[str] = []
    for ranking, answers in judged:
        read = reader.begin(ranking.query, ranking.features).read(ranking.candidates)
        scores += [candidate.scores["rerank"] for candidate in read]
        relevant += answers
        queries += [ranking.query] * len(answers)
    fitted = fit_calibration(scores, relevant, queries, method=method)
    return replace(fitted, model=reader.model_name, scale=reader.scale, windows=windows, labels=labels)


def fit_calibration(
    scores: Sequence[float], relevant: Sequence[bool], queries: Sequence[str], *, method: Choice = "auto"
) -> Calibration:
    """Fit on scores that are there already.

    Args:
        scores: of each pair.
        relevant: whether it was judged to answer.
        queries: which query it belongs to: a query's pairs are fitted together or judged together, never both.
        method: as for `calibrate`.

    Returns:
        A calibration that names no model.

    Raises:
        UsageError: as `calibrate`, or a score is not finite.
    """
    x, y = np.asarray(scores, np.float64), np.asarray(relevant, np.bool_)
    _check(x, y)
    if method == "auto":
        enough = len(y) >= ENOUGH[0] and min(np.count_nonzero(y), np.count_nonzero(~y)) >= ENOUGH[1]
        tried: list[Method] = ["platt", "isotonic"] if enough else ["platt"]
    else:
        tried = [method]
    folds = _folds(queries)
    measured = [_measured(x, y, folds, each) for each in tried]
    return min(measured, key=lambda calibration: calibration.brier)


def _fitted(x: NDArray[np.float64], y: NDArray[np.bool_], method: Method) -> Calibration:
    plain = Calibration("", "", "best", method, len(y), int(y.sum()), 0.0, 0.0, 0.0)
    if method == "isotonic":
        return replace(plain, knots=fit_isotonic(x, y))
    slope, intercept = fit_platt(x, y)
    return replace(plain, slope=slope, intercept=intercept)


def _measured(x: NDArray[np.float64], y: NDArray[np.bool_], folds: NDArray[np.int64], method: Method) -> Calibration:
    """Fitted on all pairs; its errors are those of fits on the other folds."""
    whole = _fitted(x, y, method)
    if whole.slope < 0:
        raise UsageError(
            "The model scores relevant pairs lower than the others, so its score cannot be turned into a relevance. "
            "Check the labels (relevant: true means that the text answers the query), or take another model."
        )
    unseen, share = np.full(len(y), y.mean()), np.full(len(y), y.mean())
    for fold in range(int(folds.max()) + 1):
        held = folds == fold
        if y[~held].any() and not y[~held].all():
            unseen[held], share[held] = _fitted(x[~held], y[~held], method).probability(x[held]), y[~held].mean()
    return replace(
        whole,
        calibration_error=calibration_error(unseen, y),
        brier=float(np.square(unseen - y).mean()),
        brier_of_the_share=float(np.square(share - y).mean()),
    )


def calibration_error(probabilities: NDArray[np.float64], relevant: NDArray[np.bool_]) -> float:
    """Expected calibration error: mean |mean probability - share of relevant ones| over ten bins of equal size.

    Naeini, Cooper and Hauskrecht, AAAI 2015, with as many pairs in each bin as in the others.
    """
    order = np.argsort(probabilities, kind="stable")
    bins = [part for part in np.array_split(order, BINS) if len(part)]
    gaps = [abs(float(probabilities[part].mean() - relevant[part].mean())) * len(part) for part in bins]
    return sum(gaps) / len(relevant)


def _folds(queries: Sequence[str]) -> NDArray[np.int64]:
    """The fold of each pair: queries are dealt out in the order of their text, pairs where there is one query."""
    distinct = sorted(set(queries))
    if len(distinct) == 1:
        return np.arange(len(queries)) % FOLDS
    of = {query: i % FOLDS for i, query in enumerate(distinct)}
    return np.array([of[query] for query in queries], np.int64)


def _check(x: NDArray[np.float64], y: NDArray[np.bool_]) -> None:
    if not np.isfinite(x).all():
        raise UsageError("A score is not a finite number: such a pair cannot be learned from. Check the model.")
    positives = int(y.sum())
    if min(positives, len(y) - positives) < LEAST:
        raise UsageError(
            f"{len(y)} pairs, {positives} of them relevant, are too few to fit a probability: at least {LEAST} that "
            f"are relevant and {LEAST} that are not are needed; a few hundred make it trustworthy.",
            pairs=len(y),
            relevant=positives,
        )
