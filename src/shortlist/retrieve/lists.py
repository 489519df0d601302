"""What every retriever here needs: the query made ready once, and rows of an index made into a ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from shortlist.records import Candidate, Note, Ranking

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from shortlist.index import Directory
    from shortlist.models import Encoder


def ranking_of(
    directory: Directory,
    query: str,
    rows: Sequence[int] | NDArray[np.int64],
    scores: Mapping[str, NDArray[np.floating]],
    *,
    scored_by: str,
    scale: str,
    model: str = "",
    notes: Sequence[Note] = (),
) -> Ranking:
    """The chunks at `rows`, in that order, with their scores (each of shape (rows,)) as a ranking."""
    chunks = directory.chunks(rows)
    candidates = tuple(
        Candidate(chunk=chunk, rank=i + 1, scores={name: float(values[i]) for name, values in scores.items()})
        for i, chunk in enumerate(chunks)
    )
    return Ranking(
        query=query,
        candidates=candidates,
        scored_by=scored_by,
        scale=scale,
        model=model,
        notes=tuple(notes),
        features=directory.features,
    )


def query_vector(encoder: Encoder, query: str) -> tuple[NDArray[np.float32] | None, list[Note]]:
    """The query's unit vector, or None where the encoder cannot read it; with what the user should know."""
    reading = encoder.read([query], "query")[0]
    if reading.unknown > encoder.unknown_limit:
        return None, [
            Note(
                "encoder-cannot-read-query",
                f"{reading.unknown:.0%} of the query's tokens are unknown to {encoder.name}: BM25 alone was used.",
                {"unknown": reading.unknown, "limit": encoder.unknown_limit, "model": encoder.name},
            )
        ]
    if reading.windows > 1:
        return reading.vector, [
            Note(
                "query-in-windows",
                f"The query is longer than {encoder.name} reads at once ({encoder.max_tokens} tokens): "
                f"it was read whole, in {reading.windows} windows.",
                {"windows": reading.windows, "max_tokens": encoder.max_tokens},
            )
        ]
    return reading.vector, []
