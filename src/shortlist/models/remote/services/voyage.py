"""Voyage: https://docs.voyageai.com/reference/reranker-api"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shortlist.models.remote.service import Service


def body(model: str, query: str, passages: Sequence[str]) -> dict[str, Any]:
    """The request. A pair that is too long is to be refused, not cut."""
    return {
        "model": model,
        "query": query,
        "documents": list(passages),
        "return_documents": False,
        "truncation": False,
    }


VOYAGE = Service(
    name="voyage",
    url="https://api.voyageai.com",
    path="/v1/rerank",
    key_names=("VOYAGE_API_KEY",),
    model="rerank-2.5",
    scale="probability",
    body=body,
    results="data",
    score="relevance_score",
    documents=1000,
    request_bytes=600_000,  # 600,000 tokens, the query counted once a passage; a token is at least a byte
)
