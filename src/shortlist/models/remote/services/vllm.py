"""vLLM, on one's own machine: vllm/entrypoints/pooling/score/protocol.py in its repository."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from shortlist.models.remote.service import Service


def body(model: str, query: str, passages: Sequence[str]) -> dict[str, Any]:
    """A request to /rerank. Without a model the server takes its own; a pair that is too long is refused."""
    return {**({"model": model} if model else {}), "query": query, "documents": list(passages)}


def score_body(model: str, query: str, passages: Sequence[str]) -> dict[str, Any]:
    """A request to /score: one text against a list."""
    return {**({"model": model} if model else {}), "text_1": query, "text_2": list(passages)}


VLLM = Service(
    name="vllm",
    url="",
    path="/rerank",
    key_names=("VLLM_API_KEY",),
    model="",
    scale="probability",
    body=body,
    results="results",
    score="relevance_score",
    documents=256,  # no limit of its own
)
VLLM_SCORE = replace(VLLM, name="vllm-score", path="/score", body=score_body, results="data", score="score")
