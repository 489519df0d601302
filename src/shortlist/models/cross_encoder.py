"""Cross-encoders: a query and a passage, read together → one logit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from shortlist.errors import ModelDamaged, ModelError, QueryTooLong, UsageError
from shortlist.models.graphs import Graph, open_graph
from shortlist.models.hub import locate
from shortlist.models.passages import tokenize, windows_of
from shortlist.models.session import run_each
from shortlist.models.tokenizer import ModelTokenizer

LEAST_ROOM = 16  # tokens; in a smaller window no sentence fits


@dataclass(frozen=True, slots=True)
class PairReading:
    """What a cross-encoder made of one passage."""

    score: float  # the logit of the best window
    tokens: int  # of the whole passage, in the model's own tokens
    read: int  # how many of them some window covered: all of them
    windows: int  # overlapping parts in which it was read; 1 where it fitted
    start: int  # the window that the score stands for, in code points of the passage
    end: int


class CrossEncoderModel:
    """A loaded cross-encoder. Thread-safe; pickled as the path it was loaded from.

    Each pair is computed alone: its score depends on nothing but the query and the passage, and is the same to the
    last bit in any company, order and thread. All cores are used by computing several pairs at once.
    """

    scale = "logit"

    def __init__(self, source: str, graph: Graph, tokenizer: ModelTokenizer) -> None:
        self.source = source
        self.name = graph.name
        self.revision = graph.revision  # changes whenever its scores may
        self.max_tokens = graph.max_tokens  # of a pair, special tokens included
        self.tokenizer = tokenizer
        self._graph = graph

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Logits, float32, shape (passages,), in the order given; higher is better.

        A passage longer than the model reads at once is read in overlapping windows, and the best one counts. Equal
        passages are computed once.

        Raises:
            QueryTooLong: the query leaves a passage fewer than 16 tokens. It is never cut.
            ModelError: a score is not a finite number.
            UsageError: `passages` is one string.
        """
        return np.array([reading.score for reading in self.read(query, passages)], np.float32)

    def read(self, query: str, passages: Sequence[str]) -> list[PairReading]:
        """As `score`, with what was read of each passage and which window its score stands for."""
        if isinstance(passages, str):
            raise UsageError("Passages are a list of texts, not one text. Put it in a list: [passage]")
        query_ids = self.tokenizer.ids(query)
        room = self._room(len(query_ids))
        # Longest first: otherwise a long one that comes last would keep one core busy and the others waiting.
        distinct = sorted(dict.fromkeys(passages), key=len, reverse=True)

        def read_one(passage: str) -> PairReading:
            return self._read(query, query_ids, room, passage)

        readings = dict(zip(distinct, run_each(read_one, distinct), strict=True))
        return [readings[passage] for passage in passages]

    def score_ids(self, query_ids: Sequence[int], passages_ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """As `score`, of token ids that the model's tokenizer gave earlier, special tokens left out."""
        room = self._room(len(query_ids))

        def best(passage_ids: Sequence[int]) -> float:
            windows = windows_of(len(passage_ids), room)
            scores = self._logits(query_ids, (passage_ids[start:end] for start, end in windows))
            return self._best(scores, f"of tokens {query_ids}", f"of tokens {passage_ids}")

        distinct = sorted(dict.fromkeys(tuple(ids) for ids in passages_ids), key=len, reverse=True)
        scores = dict(zip(distinct, run_each(best, distinct), strict=True))
        return np.array([scores[tuple(ids)] for ids in passages_ids], np.float32)

    def room(self, query: str) -> int:
        """Tokens that the model has left for a passage, or for a window of one, beside this query.

        Raises:
            QueryTooLong: fewer than 16.
        """
        return self._room(self.tokenizer.count(query))

    def _room(self, query_tokens: int) -> int:
        room = self.max_tokens - self.tokenizer.pair_specials - query_tokens
        if room < LEAST_ROOM:
            raise QueryTooLong(
                f"The query has {query_tokens} tokens; {self.name} reads {self.max_tokens} at once and needs "
                f"{LEAST_ROOM} of them for a passage. Ask in at most {query_tokens + room - LEAST_ROOM} tokens, or use "
                "a model that reads more.",
                tokens=query_tokens,
                max_tokens=self.max_tokens,
            )
        return room

    def _read(self, query: str, query_ids: Sequence[int], room: int, passage: str) -> PairReading:
        tokens = tokenize(self.tokenizer, passage)
        windows = windows_of(len(tokens.ids), room)
        scores = self._logits(query_ids, (tokens.ids[start:end].tolist() for start, end in windows))
        score = self._best(scores, query, passage)
        first, last = windows[scores.index(score)]
        whole = len(windows) == 1
        return PairReading(
            score=score,
            tokens=len(tokens.ids),
            read=len(tokens.ids),
            windows=len(windows),
            start=0 if whole else int(tokens.spans[first, 0]),
            end=len(passage) if whole else int(tokens.spans[last - 1, 1]),
        )

    def _logits(self, query_ids: Sequence[int], windows: Iterable[Sequence[int]]) -> list[float]:
        return list(run_each(lambda window: self._logit(query_ids, window), windows))

    def _logit(self, query_ids: Sequence[int], window: Sequence[int]) -> float:
        ids, types = self.tokenizer.pair(query_ids, window), self.tokenizer.pair_types(query_ids, window)
        logits = self._graph.run(ids, types).reshape(-1)
        if len(logits) == 2:  # no and yes, from an ONNX file: see graphs.head
            return float(logits[1] - logits[0])
        if len(logits) != 1:
            raise ModelDamaged(
                f"{self.name} gives {len(logits)} numbers a pair; a reranker gives 1 (a score) or 2 (no and yes).",
                name=self.name,
            )
        return float(logits[0])

    def _best(self, scores: Sequence[float], query: str, passage: str) -> float:
        if not all(map(math.isfinite, scores)):
            raise ModelError(
                f'{self.name} gave {scores} for the query "{query[:80]}" and the passage "{passage[:80]}", not finite '
                "numbers: its weights are damaged, or its precision is too low for them. Fetch it again.",
                query=query,
                passage=passage,
            )
        return max(scores)

    def __reduce__(self) -> tuple[Callable[[str], CrossEncoderModel], tuple[str]]:
        return load_cross_encoder, (self.source,)

    def __repr__(self) -> str:
        return f"<CrossEncoder {self.name} {self.revision}>"


_loaded: dict[str, CrossEncoderModel] = {}
_loading = Lock()


def load_cross_encoder(path: str | Path) -> CrossEncoderModel:
    """The cross-encoder in a directory or ONNX file. Loaded once a process, then shared.

    Args:
        path: a Hugging Face model directory (BERT, RoBERTa, XLM-R, DistilBERT or ELECTRA with a head for sequence
            classification of 1 or 2 labels), an ONNX file with its tokenizer.json beside it or one level above, or
            the name of a fetched model ("BAAI/bge-reranker-base", "BAAI/bge-reranker-base@revision").

    Raises:
        ModelNotFound: there is no such model.
        ModelDamaged: its files are missing, cut or of the wrong shape.
        UnknownArchitecture: nothing here runs it, or it is no cross-encoder.
    """
    source = str(locate(path))
    with _loading:
        if source not in _loaded:
            graph = open_graph(Path(source), "logits")
            model = CrossEncoderModel(source, graph, ModelTokenizer.load(graph.directory))
            model.score_ids([], [[]])  # a model that fails does so now
            _loaded[source] = model
        return _loaded[source]
