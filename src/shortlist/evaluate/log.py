"""What one pipeline gave while it was evaluated: orders, times, failures."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from shortlist.records import Context, Note, Ranking

STEPPED_ASIDE = ("partial", "skipped", "failed")


def document_order(result: Ranking | Context) -> tuple[str, ...]:
    """The documents of a result, each where its first chunk or passage stands."""
    if isinstance(result, Context):
        return tuple(dict.fromkeys(passage.doc_id for passage in result.passages))
    return tuple(dict.fromkeys(candidate.chunk.doc_id for candidate in result))


def warm(ask: Callable[[], object]) -> None:
    """Ask once before the clock runs, so that no model is loaded within a time."""
    try:
        ask()
    except Exception:
        return  # it is asked again, and its failure told then


@dataclass(slots=True)
class Log:
    """What one pipeline gave so far."""

    orders: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    ms: dict[str, float] = field(default_factory=dict[str, float])
    failures: dict[str, str] = field(default_factory=dict[str, str])
    aside: dict[str, str] = field(default_factory=dict[str, str])  # query → how its reranker ended, where not in full
    ids: dict[str, str] = field(default_factory=dict[str, str])  # one string for each document, however often found

    def add(self, query_id: str, ask: Callable[[], Ranking | Context]) -> None:
        """Ask, and keep the documents and the time, or the failure."""
        start = time.perf_counter()
        try:
            result = ask()
        except Exception as failure:
            # Whatever a user's pipeline raises: an hour of other queries is not thrown away for it.
            self.failures[query_id] = f"{type(failure).__name__}: {failure}"
            return
        self.ms[query_id] = (time.perf_counter() - start) * 1000
        self.orders[query_id] = tuple(self.ids.setdefault(document, document) for document in document_order(result))
        if isinstance(result, Ranking) and result.status in STEPPED_ASIDE:
            self.aside[query_id] = result.status

    def notes(self, queries: int, consequence: str = "count 0") -> list[Note]:
        """What the reader of the measures should know: failed queries, and rerankers that stepped aside."""
        notes: list[Note] = []
        if self.failures:
            first, why = next(iter(self.failures.items()))
            message = f"{len(self.failures)} of {queries} queries failed and {consequence}; the first, {first}: {why}"
            notes.append(Note("query-failed", message, {"queries": len(self.failures), "failures": self.failures}))
        for status, count in sorted(Counter(self.aside.values()).items()):
            message = f"The reranker ended with status {status!r} for {count} of {queries} queries."
            notes.append(Note(f"rerank-{status}", message, {"queries": count}))
        return notes
