"""Two-stage retrieval: a fast longlist, a careful second look, and exactly what fits the prompt.

    import shortlist as sl

    index = sl.Index.open("handbook.shortlist")
    index.add("handbook/")
    find = index.retrieve(depth=100) >> sl.Rerank() >> sl.Pack(budget=4000)
    print(find("How do I rotate the signing key?"))

Every name is loaded when it is first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shortlist.chunk import Chunker
    from shortlist.config import load_settings, save_pipeline
    from shortlist.errors import ShortlistError
    from shortlist.evaluate import evaluate
    from shortlist.library import Index
    from shortlist.models import (
        ListwiseReranker,
        OpenAIChat,
        Patience,
        RemoteReranker,
        load_causal_reranker,
        load_cross_encoder,
        load_encoder,
    )
    from shortlist.pack import Pack
    from shortlist.records import Candidate, Chunk, Context, Document, Note, Passage, Ranking
    from shortlist.rerank import Rerank
    from shortlist.retrieve import Rrf, ZSum
    from shortlist.stage import Pipeline, Retriever, Stage

__version__ = "0.1.0"

_HOMES = {
    "Candidate": "records",
    "Chunk": "records",
    "Chunker": "chunk",
    "Context": "records",
    "Document": "records",
    "Index": "library",
    "ListwiseReranker": "models",
    "Note": "records",
    "OpenAIChat": "models",
    "Pack": "pack",
    "Passage": "records",
    "Patience": "models",
    "Pipeline": "stage",
    "Ranking": "records",
    "RemoteReranker": "models",
    "Rerank": "rerank",
    "Retriever": "stage",
    "Rrf": "retrieve",
    "ShortlistError": "errors",
    "Stage": "stage",
    "ZSum": "retrieve",
    "evaluate": "evaluate",
    "load_causal_reranker": "models",
    "load_cross_encoder": "models",
    "load_encoder": "models",
    "load_settings": "config",
    "save_pipeline": "config",
}

__all__ = [
    "Candidate",
    "Chunk",
    "Chunker",
    "Context",
    "Document",
    "Index",
    "ListwiseReranker",
    "Note",
    "OpenAIChat",
    "Pack",
    "Passage",
    "Patience",
    "Pipeline",
    "Ranking",
    "RemoteReranker",
    "Rerank",
    "Retriever",
    "Rrf",
    "ShortlistError",
    "Stage",
    "ZSum",
    "evaluate",
    "load_causal_reranker",
    "load_cross_encoder",
    "load_encoder",
    "load_settings",
    "save_pipeline",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'shortlist' has no attribute {name!r}")
    room = importlib.import_module(f"shortlist.{home}")
    value = room if home == name else getattr(room, name)  # shortlist.evaluate is a room that can be called
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
