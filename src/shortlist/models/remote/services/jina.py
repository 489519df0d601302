"""Jina, and the many that speak its shape: SiliconFlow, Xinference, One-API, GPUStack, infinity, llama.cpp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shortlist.models.remote.service import Service


def body(model: str, query: str, passages: Sequence[str]) -> dict[str, Any]:
    """The request. The passages are not sent back: the index of each is enough."""
    return {"model": model, "query": query, "documents": list(passages), "return_documents": False}


JINA = Service(
    name="jina",
    url="https://api.jina.ai",
    path="/v1/rerank",
    key_names=("JINA_API_KEY",),
    model="jina-reranker-v2-base-multilingual",
    scale="score",  # it differs from model to model: a sigmoid's (v2) or a cosine (v3)
    body=body,
    results="results",
    score="relevance_score",
    documents=500,
    reads=1000,  # of 1,024 of the v2 models; what gateways do with the rest differs, and none says so
)
