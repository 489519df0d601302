"""Text Embeddings Inference of Hugging Face, on one's own machine: router/src/http/types.rs in its repository."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shortlist.models.remote.service import Service


def body(_model: str, query: str, passages: Sequence[str]) -> dict[str, Any]:
    """The request. The server has one model. Logits are asked for, since a sigmoid makes ties of the best ones."""
    return {"query": query, "texts": list(passages), "truncate": False, "raw_scores": True}


TEI = Service(
    name="tei",
    url="",
    path="/rerank",
    key_names=("TEI_API_KEY",),
    model="",
    scale="logit",
    body=body,
    results="",
    score="score",
    documents=32,  # --max-client-batch-size, unless the server was started with another
)
