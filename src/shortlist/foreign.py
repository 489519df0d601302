"""Candidates from anywhere: strings, dicts and other libraries' objects become a `Ranking`, in the order given.

Nothing given is changed; each object comes back as `Candidate.origin`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, cast

from shortlist.errors import UsageError
from shortlist.records import Candidate, Chunk, Metadata, Passage, Ranking

TEXT_NAMES = ("text", "page_content", "content", "passage", "body")  # ours, LangChain, Haystack, others
ID_NAMES = ("chunk_id", "id", "_id", "node_id", "doc_id")


def ranking_from(query: str, items: Iterable[object]) -> Ranking:
    """A ranking of the caller's own passages, in their order.

    Args:
        query: the question they are candidates for.
        items: strings; mappings with a text under one of TEXT_NAMES (and, where given, an id, title, source,
            metadata and scores); `Chunk`, `Candidate` or `Passage` records; objects with such attributes,
            among them LangChain's and Haystack's documents and LlamaIndex's nodes, with or without score.

    Raises:
        UsageError: an item has no text, or `items` is one string.
    """
    if isinstance(items, str | bytes | Mapping):
        raise UsageError("Candidates must be a list of passages, not one. Put it in a list: [passage]")
    seen: dict[str, int] = {}
    candidates: list[Candidate] = []
    for position, item in enumerate(items):
        candidate = _candidate(item, position)
        chunk_id = candidate.chunk.id
        seen[chunk_id] = seen.get(chunk_id, 0) + 1
        if seen[chunk_id] > 1:  # two passages under one id stay two passages
            candidate = replace(candidate, chunk=replace(candidate.chunk, id=f"{chunk_id}#{position}"))
        candidates.append(replace(candidate, rank=position + 1, origin=item))
    return Ranking(query=query, candidates=tuple(candidates))


def _candidate(item: object, position: int) -> Candidate:
    if isinstance(item, Candidate):
        return item
    if isinstance(item, Chunk):
        return Candidate(chunk=item, rank=position + 1)
    if isinstance(item, str):
        chunk = Chunk(id=str(position), doc_id=str(position), start=0, end=len(item), text=item)
        return Candidate(chunk=chunk, rank=position + 1)
    get = _getter(item)
    inner = get("node")
    score = get("score")
    if inner is not None:  # LlamaIndex wraps a node and a score
        get = _getter(inner)
    text = _text(get)
    if text is None:
        raise UsageError(
            f"Candidate {position} ({type(item).__name__}) has no text. Give strings, or objects and dicts with one "
            f"of: {', '.join(TEXT_NAMES)}",
            position=position,
        )
    scores: dict[str, float] = {
        str(name): float(value) for name, value in _mapping(get("scores")).items() if isinstance(value, int | float)
    }
    if isinstance(score, int | float):
        scores.setdefault("given", float(score))
    return Candidate(chunk=_chunk(item, get, text, position), rank=position + 1, scores=scores)


def _chunk(item: object, get: Callable[[str], object], text: str, position: int) -> Chunk:
    named = next((str(value) for name in ID_NAMES if (value := get(name)) not in (None, "")), str(position))
    metadata = {
        str(name): value
        for name, value in _mapping(get("metadata") or get("meta")).items()
        if isinstance(value, str | int | float | bool | date)
    }
    page = get("page") or metadata.get("page")
    start = get("start")
    start = start if isinstance(start, int) else 0
    path = get("heading_path")
    return Chunk(
        id=item.chunk_ids[0] if isinstance(item, Passage) and item.chunk_ids else named,
        doc_id=str(get("doc_id") or named),
        start=start,
        end=start + len(text),
        text=text,
        heading_path=tuple(str(part) for part in cast(Iterable[object], path))
        if isinstance(path, list | tuple)
        else (),
        page=page if isinstance(page, int) else None,
        title=str(get("title") or metadata.get("title") or ""),
        source=str(get("source") or metadata.get("source") or ""),
        metadata=cast(Metadata, metadata),
    )


def _text(get: Callable[[str], object]) -> str | None:
    for name in TEXT_NAMES:
        if isinstance(text := get(name), str):
            return text
    content = get("get_content")  # LlamaIndex nodes
    return str(content()) if callable(content) else None


def _getter(item: object) -> Callable[[str], object]:
    if isinstance(item, Mapping):
        fields = cast(Mapping[str, object], item)
        return lambda name: fields.get(name)
    return lambda name: getattr(item, name, None)


def _mapping(value: object) -> Mapping[Any, Any]:
    return cast(Mapping[Any, Any], value) if isinstance(value, Mapping) else {}
