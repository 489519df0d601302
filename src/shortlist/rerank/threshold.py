"""A threshold of relevance: what is too unlikely to answer is left out, and named."""

from __future__ import annotations

from collections.abc import Sequence

from shortlist.records import Candidate, Note


def above(
    read: Sequence[Candidate], unread: Sequence[Candidate], threshold: float
) -> tuple[list[Candidate], tuple[Note, ...]]:
    """The candidates that were read and have a relevance of at least `threshold`, in the order given, and notes.

    Of one that was not read nothing says that it answers, so it is left out too; a relevance that it has is an earlier
    model's. Law: every candidate given is in the list or in a note's `dropped`.
    """
    likely = [(c, c.relevance or 0.0) for c in read]
    kept = [c for c, relevance in likely if relevance >= threshold]
    below = [(c, relevance) for c, relevance in likely if relevance < threshold]
    if not below and not unread:
        return kept, ()
    named = [{"chunk_id": c.chunk.id, "relevance": r} for c, r in [*below, *((c, None) for c in unread)]]
    note = Note(
        "below-threshold",
        f"{len(named)} of {len(read) + len(unread)} candidates were left out: {len(below)} with a relevance below "
        f"{threshold:g}, {len(unread)} unread.",
        {"threshold": threshold, "dropped": named},
    )
    best = max((relevance for _, relevance in below), default=None)
    return kept, (note,) if kept else (note, _nothing(len(named), best, threshold))


def _nothing(dropped: int, best: float | None, threshold: float) -> Note:
    why = "none of them was read" if best is None else f"the most likely has a relevance of {best:.3f}"
    return Note(
        "nothing-relevant",
        f"Nothing here answers this: of {dropped} candidates {why}, and {threshold:g} was asked for.",
        {"threshold": threshold, "best": best},
    )


def not_applied(threshold: float) -> Note:
    """Nothing was read, so nothing is left out."""
    return Note(
        "threshold-not-applied",
        f"Nothing was read, so no candidate has a relevance and the threshold of {threshold:g} was not applied.",
        {"threshold": threshold},
    )
