"""What differs from one rerank service to the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Body: TypeAlias = Callable[[str, str, Sequence[str]], dict[str, Any]]  # model, query, passages → the request


@dataclass(frozen=True, slots=True)
class Service:
    """One shape of request and answer, and its limits."""

    name: str
    url: str  # its own address; empty where everybody runs one of their own
    path: str  # put behind an address that has no path
    key_names: tuple[str, ...]  # environment variables with the key; the first that is set counts
    model: str  # taken where none is named
    scale: str  # of its scores
    body: Body
    results: str  # name of the list of results in the answer; empty where the answer is the list
    score: str  # name of the score in a result
    documents: int  # the most that a request may hold
    request_bytes: int = 1_000_000  # of passages in UTF-8, the query counted once a passage
    reads: int | None = None  # tokens of a pair, where it cuts what is beyond without a word; None: it refuses
