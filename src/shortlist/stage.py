"""Retriever, Stage, Pipeline and `>>`: what may follow what, and the ports that a user's own object can fill.

retriever(query) → Ranking        stage(ranking) → Ranking, or a Context where the pipeline ends

find = index.retrieve(depth=100) >> Rerank() >> Pack(budget=4000)
context = find("How do I rotate the signing key?", where="year >= 2024")
"""

from __future__ import annotations

import asyncio
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol, TypeAlias, TypeVar, overload

from shortlist.errors import PipelineError, UsageError
from shortlist.foreign import ranking_from
from shortlist.records import Context, Ranking

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Out = TypeVar("Out", Ranking, Context)
Out_co = TypeVar("Out_co", Ranking, Context, covariant=True)
Next = TypeVar("Next", Ranking, Context)
TextKind: TypeAlias = Literal["query", "passage"]


class Tokenizer(Protocol):
    """Counts the tokens a model will see."""

    def count(self, text: str) -> int:
        """Number of tokens of `text`, special tokens left out."""
        ...


class Encoder(Protocol):
    """Turns text into vectors."""

    def encode(self, texts: Sequence[str], kind: TextKind) -> NDArray[np.float32]:
        """Unit vectors, float32, shape (texts, dimensions), in the order given. Prefixes are the encoder's business."""
        ...


class CrossEncoder(Protocol):
    """Reads a query together with each passage."""

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """One score a passage, float32, shape (passages,), in the order given; higher is better.

        Law: a pair's score does not depend on the other passages of the call.
        """
        ...


class Chat(Protocol):
    """A language model that answers."""

    def complete(self, messages: Sequence[Mapping[str, str]]) -> str:
        """The text of the answer to a conversation: messages with "role" (system, user, assistant) and "content"."""
        ...


class RetrieverPort(Protocol):
    """Anything that is called with a query and gives a ranking."""

    def __call__(self, query: str, *, where: str | None = None) -> Ranking:
        """The candidates for `query`, best first, among the chunks for which `where` holds."""
        ...


class Retriever(ABC):
    """The first stage: query → Ranking. Subclasses are frozen dataclasses and give `find`."""

    name: ClassVar[str] = "retrieve"

    @abstractmethod
    def find(self, query: str, where: str | None) -> Ranking:
        """The candidates for a query that is known to be not empty."""

    def __call__(self, query: str, *, where: str | None = None) -> Ranking:
        """Find the candidates for `query`, best first.

        Args:
            query: the question; never cut.
            where: an SQL expression over metadata, such as "year >= 2024 AND lang = 'zh'".

        Raises:
            UsageError: the query is empty.
            FilterError: `where` does not parse.
        """
        query = checked_query(query)
        start = time.perf_counter()
        ranking = self.find(query, where)
        return ranking.timed(self.name, (time.perf_counter() - start) * 1000)

    def __rshift__(self, after: Stage[Next]) -> Pipeline[Next]:
        return Pipeline(self) >> after

    def map(self, queries: Iterable[str], *, where: str | None = None) -> list[Ranking]:
        """The rankings of many queries, in their order, computed on all cores."""
        return Pipeline[Ranking](self).map(queries, where=where)


class Stage(ABC, Generic[Out_co]):
    """A later stage: Ranking → Ranking, or Ranking → Context. Subclasses are frozen dataclasses and give `apply`."""

    name: ClassVar[str]
    last: ClassVar[bool] = False  # whether nothing can follow it

    @abstractmethod
    def apply(self, ranking: Ranking) -> Out_co:
        """Do the stage's work on one ranking. It loses no candidate that it does not name."""

    @overload
    def __call__(self, query: Ranking) -> Out_co: ...
    @overload
    def __call__(self, query: str, candidates: Iterable[object]) -> Out_co: ...
    def __call__(self, query: Ranking | str, candidates: Iterable[object] | None = None) -> Any:
        """Apply the stage to a ranking, or to a query and one's own passages.

        Args:
            query: a ranking, or a question.
            candidates: with a question: strings, dicts with "text", or other libraries' documents, in any order.

        Raises:
            UsageError: the query is empty, or a candidate has no text.
        """
        if isinstance(query, Ranking):
            ranking = query
        else:
            query = checked_query(query)
            if candidates is None:
                raise UsageError(f"{self.name} was given a query without candidates. Give both: stage(query, passages)")
            ranking = ranking_from(query, candidates)
        start = time.perf_counter()
        result = self.apply(ranking)
        return result.timed(self.name, (time.perf_counter() - start) * 1000)

    def __rshift__(self, after: Stage[Next]) -> Pipeline[Next]:
        raise PipelineError(
            f"{self.name} >> {after.name} begins with {self.name}, which needs candidates. "
            "Begin with a retriever: index.retrieve() >> …"
        )

    def __rrshift__(self, before: RetrieverPort) -> Pipeline[Out_co]:
        return Pipeline[Ranking](before) >> self


@dataclass(frozen=True)  # no slots: Python 3.11 cannot call Pipeline[Context](…) on a slotted generic
class Pipeline(Generic[Out]):
    """A retriever and the stages after it: a value that can be printed, compared, pickled and called."""

    retriever: RetrieverPort
    stages: tuple[Stage[Any], ...] = ()

    def __post_init__(self) -> None:
        if not callable(self.retriever):
            raise PipelineError(f"A pipeline begins with a retriever, not with {type(self.retriever).__name__}.")

    def __rshift__(self, after: Stage[Next]) -> Pipeline[Next]:
        if not isinstance(after, Stage):
            raise PipelineError(f"Only a stage can follow >>, not {type(after).__name__}.")
        if self.stages and self.stages[-1].last:
            raise PipelineError(
                f"{after.name} cannot follow {self.stages[-1].name}: a packed context is the end of a pipeline. "
                f"Put {after.name} before it."
            )
        return Pipeline[Next](self.retriever, (*self.stages, after))

    def __call__(self, query: str, *, where: str | None = None) -> Out:
        """Run every stage on one query. `where` goes to the retriever."""
        result: Any = self.retriever(query, where=where)
        for stage in self.stages:
            result = stage(result)
        return result

    def map(self, queries: Iterable[str], *, where: str | None = None, threads: int | None = None) -> list[Out]:
        """The results of many queries, in their order, computed on all cores (or `threads` of them)."""

        def run(query: str) -> Out:
            return self(query, where=where)

        with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
            return list(pool.map(run, queries))

    async def acall(self, query: str, *, where: str | None = None) -> Out:
        """The same as calling it, without blocking the event loop."""
        return await asyncio.to_thread(self.__call__, query, where=where)

    def __repr__(self) -> str:
        return " >> ".join(repr(part) for part in (self.retriever, *self.stages))


def checked_query(query: str) -> str:
    """The query with lone surrogates replaced, so that every later step can encode it.

    Raises:
        UsageError: it is not text, or has no visible character.
    """
    if not isinstance(query, str):
        raise UsageError(f"A query is text, not {type(query).__name__}.")
    if not query.strip():
        raise UsageError("The query is empty. Ask something, such as: How do I rotate the signing key?")
    return query.encode("utf-8", "replace").decode("utf-8")
