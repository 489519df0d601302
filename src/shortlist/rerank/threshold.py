"""A threshold of relevance: what is too unlikely to answer is left out, and named."""

from __future__ import annotations

from collections.abc import Sequence

from shortlist.records import Candidate, Note


def above(candidates: Sequence[Candidate], threshold: float) -> tuple[list[Candidate], tuple[Note, ...]]:
    """The candidates whose relevance is at least `threshold`, in the order given, and notes on the others.

    A candidate without a relevance was not read: nothing says that it answers, so it is left out too. Law: every
    candidate given is in the list or in a note's `dropped`.
    """
    kept = [c for c in candidates if c.relevance is not None and c.relevance >= threshold]
    dropped = [c for c in candidates if c.relevance is None or c.relevance < threshold]
    if not dropped:
        return kept, ()
    unread = sum(c.relevance is None for c in dropped)
    named = [{"chunk_id": c.chunk.id, "relevance": c.relevance} for c in dropped]
    note = Note(
        "below-threshold",
        f"{len(dropped)} of {len(candidates)} candidates were left out: {len(dropped) - unread} with a relevance below "
        f"{threshold:g}, {unread} unread.",
        {"threshold": threshold, "dropped": named},
    )
    return kept, (note,) if kept else (note, _nothing(dropped, threshold))


def _nothing(dropped: Sequence[Candidate], threshold: float) -> Note:
    best = max((c.relevance for c in dropped if c.relevance is not None), default=None)
    why = "none of them was read" if best is None else f"the most likely has a relevance of {best:.3f}"
    return Note(
        "nothing-relevant",
        f"Nothing here answers this: of {len(dropped)} candidates {why}, and {threshold:g} was asked for.",
        {"threshold": threshold, "best": best},
    )


def not_applied(threshold: float) -> Note:
    """Nothing was read, so nothing is left out."""
    return Note(
        "threshold-not-applied",
        f"Nothing was read, so no candidate has a relevance and the threshold of {threshold:g} was not applied.",
        {"threshold": threshold},
    )
