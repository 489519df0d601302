"""What a model's faster precisions change, on the user's own texts."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from shortlist.errors import UsageError
from shortlist.models.check.kendall import kendall_tau
from shortlist.models.cross_encoder import CrossEncoderModel, load_cross_encoder
from shortlist.models.registry import Reranker, load_reranker
from shortlist.models.runtimes.precision import Mode, mode_for

Samples: TypeAlias = Mapping[str, Sequence[str]]  # query → passages

TOP = 10


@dataclass(frozen=True, slots=True)
class PrecisionReport:
    """One way of computing beside the exact one, over all queries."""

    precision: str
    chosen: bool  # whether "fast" stands for it on this machine
    kendall: float | None  # mean over queries of rank correlation with exact; None where no query has two passages
    largest_difference: float  # of a score
    top10_overlap: (
        float | None
    )  # mean over queries of more than ten passages, share of exact's first ten; None: no such
    ms_per_pair: float


def compare_precisions(name_or_path: str | Path, samples: Samples) -> list[PrecisionReport]:
    """Score every pair in each precision that this machine has, exact first, and say how far they are from it.

    The precisions take turns query by query, so that what else the machine does slows them alike.

    Raises:
        ModelNotFound, ModelDamaged, UnknownArchitecture: the model cannot be used, and why.
        QueryTooLong: a query leaves no room for a passage.
        UsageError: there are no pairs.
    """
    if not any(samples.values()):
        raise UsageError('There are no pairs to score. Give lines such as {"query": "…", "passages": ["…", "…"]}')
    models = _precisions(name_or_path)
    exact = models["exact"]
    for model in models.values():  # the first run of a shape is slower
        query, passages = next((query, passages) for query, passages in samples.items() if passages)
        model.score(query, passages[:1])
    scores: dict[str, list[NDArray[np.float32]]] = {precision: [] for precision in models}
    seconds = dict.fromkeys(models, 0.0)
    for query, passages in samples.items():
        for precision, model in models.items():
            start = time.perf_counter()
            scores[precision].append(model.score(query, passages))
            seconds[precision] += time.perf_counter() - start
    pairs = sum(len(set(passages)) for passages in samples.values())  # equal passages are computed once
    fast = mode_for("fast") if isinstance(exact, CrossEncoderModel) else "exact"
    return [
        _report(precision, precision == fast, scores["exact"], found, seconds[precision] * 1000 / pairs)
        for precision, found in scores.items()
    ]


def read_samples(lines: Iterable[str]) -> dict[str, list[str]]:
    """Queries and their passages from JSONL: {"query", "passages": […]} or {"query", "text"}, a line each.

    Raises:
        UsageError: a line is neither; the message names it.
    """
    samples: dict[str, list[str]] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            query, passages = _sample(number, line)
            samples.setdefault(query, []).extend(passages)
    return samples


def _sample(number: int, line: str) -> tuple[str, list[str]]:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as problem:
        raise UsageError(f"Line {number} is not JSON ({problem}).", line=number) from problem
    stated = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    passages = stated.get("passages", [stated["text"]] if "text" in stated else None)
    query, held = stated.get("query"), cast("list[object]", passages) if isinstance(passages, list) else []
    if not isinstance(query, str) or not query.strip() or not held or not all(isinstance(each, str) for each in held):
        raise UsageError(
            f'Line {number} is no query with passages. Give {{"query": "…", "passages": ["…", "…"]}} or '
            '{"query": "…", "text": "…"}',
            line=number,
        )
    return query, cast("list[str]", held)


def _precisions(name_or_path: str | Path) -> dict[str, Reranker]:
    """The model in each precision that this machine has; rerankers without precisions are as they are."""
    exact = load_reranker(name_or_path)
    if not isinstance(exact, CrossEncoderModel):
        return {"exact": exact}
    modes: tuple[Mode, ...] = ("bf16", "int8") if find_spec("openvino") is not None else ("int8",)
    return {"exact": exact, **{mode: load_cross_encoder(name_or_path, mode) for mode in modes}}


def _report(
    precision: str, chosen: bool, exact: Sequence[NDArray[np.float32]], found: Sequence[NDArray[np.float32]], ms: float
) -> PrecisionReport:
    both = list(zip(exact, found, strict=True))
    taus = [kendall_tau(a.tolist(), b.tolist()) for a, b in both if len(a) > 1]
    overlaps = [len(_top(a) & _top(b)) / TOP for a, b in both if len(a) > TOP]
    return PrecisionReport(
        precision=precision,
        chosen=chosen,
        kendall=float(np.mean(taus)) if taus else None,
        largest_difference=max(float(np.abs(a - b).max(initial=0.0)) for a, b in both),
        top10_overlap=float(np.mean(overlaps)) if overlaps else None,
        ms_per_pair=ms,
    )


def _top(scores: NDArray[np.float32]) -> set[int]:
    """Places of the ten best; of equal ones, the first given."""
    return set(np.argsort(-scores, kind="stable")[:TOP].tolist())
