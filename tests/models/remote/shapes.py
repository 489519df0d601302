"""What each service answers, written down from its documentation, for scores of the passages it was asked about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Answer = Callable[[Sequence[float]], Any]


def cohere(scores: Sequence[float]) -> Any:
    results = [{"index": i, "relevance_score": score} for i, score in best_first(scores)]
    billed = {"api_version": {"version": "2", "is_experimental": False}, "billed_units": {"search_units": 1}}
    return {"id": "07734bd2", "results": results, "meta": billed}


def jina(scores: Sequence[float]) -> Any:
    results = [{"index": i, "relevance_score": score} for i, score in best_first(scores)]
    return {"model": "m", "object": "list", "usage": {"total_tokens": 815}, "results": results}


def voyage(scores: Sequence[float]) -> Any:
    data = [{"index": i, "relevance_score": score} for i, score in best_first(scores)]
    return {"object": "list", "data": data, "model": "rerank-2.5", "usage": {"total_tokens": 26}}


def tei(scores: Sequence[float]) -> Any:
    return [{"index": i, "score": score} for i, score in best_first(scores)]


def vllm(scores: Sequence[float]) -> Any:
    results = [
        {"index": i, "document": {"text": "…", "multi_modal": None}, "relevance_score": score}
        for i, score in best_first(scores)
    ]
    return {"id": "rerank-1", "model": "m", "usage": {"total_tokens": 56}, "results": results}


def vllm_score(scores: Sequence[float]) -> Any:
    data = [{"index": i, "object": "score", "score": score} for i, score in enumerate(scores)]
    return {"id": "score-1", "object": "list", "created": 1, "model": "m", "data": data, "usage": {}}


ANSWERS: dict[str, Answer] = {
    "cohere": cohere,
    "jina": jina,
    "voyage": voyage,
    "tei": tei,
    "vllm": vllm,
    "vllm-score": vllm_score,
}
DOCUMENTS = {"tei": "texts", "vllm-score": "text_2"}  # "documents" elsewhere


def best_first(scores: Sequence[float]) -> list[tuple[int, float]]:
    return sorted(enumerate(scores), key=lambda pair: -pair[1])
