"""Cohere, version 2 of its interface: https://docs.cohere.com/reference/rerank"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shortlist.models.remote.service import Service


def body(model: str, query: str, passages: Sequence[str]) -> dict[str, Any]:
    """The request. Without `top_n` every passage comes back."""
    return {"model": model, "query": query, "documents": list(passages)}


COHERE = Service(
    name="cohere",
    url="https://api.cohere.com",
    path="/v2/rerank",
    key_names=("COHERE_API_KEY", "CO_API_KEY"),
    model="rerank-v3.5",
    scale="probability",
    body=body,
    results="results",
    score="relevance_score",
    documents=1000,  # recommended; 10,000 is the limit
    reads=4000,  # of 4,096 (max_tokens_per_doc): beyond it a document is cut, and nothing says so
)
