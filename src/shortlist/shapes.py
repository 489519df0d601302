"""The JSON shapes that other programs build on: documented in docs/json.md; fields are added, never renamed.

Plain dicts of JSON types, the same for the command line and for a service.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING, Any

from shortlist.records import Candidate, Context, Metadata, Note, Ranking

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def ranking_shape(ranking: Ranking) -> dict[str, Any]:
    """A ranking, as `search --json` prints it."""
    return {
        "query": ranking.query,
        "results": [result_shape(candidate) for candidate in ranking],
        "scored_by": ranking.scored_by,
        "scale": ranking.scale,
        "model": ranking.model,
        "status": ranking.status,
        "notes": notes_shape(ranking.notes),
        "timings_ms": timings_shape(ranking.timings_ms),
    }


def result_shape(candidate: Candidate) -> dict[str, Any]:
    """One candidate of a ranking."""
    chunk = candidate.chunk
    shape: dict[str, Any] = {
        "rank": candidate.rank,
        "rank_before": candidate.rank_before,
        "doc_id": chunk.doc_id,
        "chunk_id": chunk.id,
        "title": chunk.title,
        "source": chunk.source,
        "page": chunk.page,
        "page_end": chunk.page_end,
        "heading_path": list(chunk.heading_path),
        "start": chunk.start,
        "end": chunk.end,
        "text": chunk.text,
        "metadata": metadata_shape(chunk.metadata),
        "relevance": candidate.relevance,
        "scores": dict(candidate.scores),
    }
    if candidate.window is not None:
        window = candidate.window
        shape["window"] = {
            "tokens": window.tokens,
            "read": window.read,
            "windows": window.windows,
            "start": window.start,
            "end": window.end,
        }
    return shape


def context_shape(context: Context) -> dict[str, Any]:
    """A packed context, as `context --json` prints it."""
    return {
        "query": context.query,
        "text": context.text,
        "tokens": context.tokens,
        "budget": context.budget,
        "passages": [
            {
                "source": passage.source,
                "doc_id": passage.doc_id,
                "title": passage.title,
                "page": passage.page,
                "page_end": passage.page_end,
                "heading_path": list(passage.heading_path),
                "start": passage.start,
                "end": passage.end,
                "text": passage.text,
                "tokens": passage.tokens,
                "chunk_ids": list(passage.chunk_ids),
                "relevance": passage.relevance,
                "scores": dict(passage.scores),
            }
            for passage in context.passages
        ],
        "dropped": [{"chunk_id": dropped.chunk_id, "why": dropped.why} for dropped in context.dropped],
        "notes": notes_shape(context.notes),
        "timings_ms": timings_shape(context.timings_ms),
    }


def reranked_shape(ranking: Ranking, positions: Mapping[str, int]) -> dict[str, Any]:
    """The caller's own passages in their new order, as `rerank --json` prints it.

    Args:
        ranking: what `Rerank` gave.
        positions: chunk id → place of the passage in what was given, from 0.
    """
    return {
        "query": ranking.query,
        "results": [
            {
                "index": positions[candidate.chunk.id],
                "score": candidate.scores.get(ranking.scored_by),
                "relevance": candidate.relevance,
                "text": candidate.chunk.text,
                "scores": dict(candidate.scores),
            }
            for candidate in ranking
        ],
        "scale": ranking.scale,
        "model": ranking.model,
        "status": ranking.status,
        "notes": notes_shape(ranking.notes),
        "timings_ms": timings_shape(ranking.timings_ms),
    }


def notes_shape(notes: Iterable[Note]) -> list[dict[str, Any]]:
    """Notes as `{"code", "message", "data"}`."""
    return [{"code": note.code, "message": note.message, "data": dict(note.data)} for note in notes]


def timings_shape(timings: Mapping[str, float]) -> dict[str, float]:
    """Milliseconds a stage, to a thousandth."""
    return {stage: round(ms, 3) for stage, ms in timings.items()}


def metadata_shape(metadata: Metadata) -> dict[str, str | int | float | bool]:
    """Metadata with dates as "2026-01-31"."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in metadata.items()}


def record_shape(record: DataclassInstance) -> dict[str, Any]:
    """A record of plain figures (an index's status, what a model is), field by field under the same names."""
    shape: dict[str, Any] = {}
    for field in fields(record):
        value: Any = getattr(record, field.name)
        if field.name == "notes":
            shape["notes"] = notes_shape(value)
        elif isinstance(value, Mapping):
            shape[field.name] = {**value}
        else:
            shape[field.name] = [*value] if isinstance(value, tuple) else value
    return shape
