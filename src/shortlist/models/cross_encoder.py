"""Cross-encoders: a query and a passage, read together → one logit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from shortlist.errors import ModelError, QueryTooLong, UsageError
from shortlist.models.graphs import Graph, open_graph
from shortlist.models.hub import locate
from shortlist.models.pairs import PairRunner
from shortlist.models.passages import Tokens, tokenize, windows_of
from shortlist.models.runtimes.device import Device, device_of, mode_on
from shortlist.models.runtimes.precision import Mode, Precision
from shortlist.models.runtimes.session import run_each
from shortlist.models.stored_check import check_score
from shortlist.models.tokenizer import ModelTokenizer

LEAST_ROOM = 16  # tokens; in a smaller window no sentence fits
AT_ONCE = 256  # passages, or windows, that are held in memory


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
    """A loaded cross-encoder. Thread-safe; pickled as the path, precision and device it was loaded with.

    A pair's score depends on nothing but the query and the passage, and is the same to the last bit in any company,
    order and thread, in every precision and on every device. All cores are used by computing several pairs at once, a
    GPU by computing batches.
    """

    scale = "logit"

    def __init__(self, source: str, graph: Graph, tokenizer: ModelTokenizer, precision: Mode = "exact") -> None:
        self.source = source
        self.name = graph.name
        self.precision: Mode = precision  # how exactly it computes
        self.device = graph.device
        # Changes whenever its scores may.
        parts = (graph.revision, "" if precision == "exact" else precision, graph.device.revision)
        self.revision = "-".join(part for part in parts if part)
        self.max_tokens = graph.max_tokens  # of a pair, special tokens included
        self.tokenizer = tokenizer
        self._graph = graph
        self._pairs = PairRunner(graph)

    @property
    def lanes(self) -> int:
        """How many pairs of usual length it computes at once: a call with fewer wastes some of its speed."""
        return self._pairs.lanes

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
        distinct = list(dict.fromkeys(passages))
        readings: dict[str, PairReading] = {}
        for start in range(0, len(distinct), AT_ONCE):
            some = distinct[start : start + AT_ONCE]
            readings.update(zip(some, self._read(query, query_ids, room, some), strict=True))
        return [readings[passage] for passage in passages]

    def score_ids(self, query_ids: Sequence[int], passages_ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """As `score`, of token ids that the model's tokenizer gave earlier, special tokens left out."""
        room = self._room(len(query_ids))
        distinct = list(dict.fromkeys(tuple(ids) for ids in passages_ids))
        cut = [windows_of(len(ids), room) for ids in distinct]
        windows = (ids[start:end] for ids, spans in zip(distinct, cut, strict=True) for start, end in spans)
        logits = self._logits(query_ids, windows)
        scores = {
            ids: self._best(list(islice(logits, len(spans))), f"of tokens {query_ids}", f"of tokens {ids}")
            for ids, spans in zip(distinct, cut, strict=True)
        }
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

    def _read(self, query: str, query_ids: Sequence[int], room: int, passages: Sequence[str]) -> Iterator[PairReading]:
        every = list(run_each(lambda passage: tokenize(self.tokenizer, passage), passages))
        cut = [windows_of(len(tokens.ids), room) for tokens in every]
        windows = (
            tokens.ids[start:end].tolist() for tokens, spans in zip(every, cut, strict=True) for start, end in spans
        )
        logits = self._logits(query_ids, windows)
        for passage, tokens, spans in zip(passages, every, cut, strict=True):
            scores = list(islice(logits, len(spans)))
            yield _reading(passage, tokens, spans, scores, self._best(scores, query, passage))

    def _logits(self, query_ids: Sequence[int], windows: Iterable[Sequence[int]]) -> Iterator[float]:
        """One logit a window, in their order; so many are held at once."""
        source = iter(windows)
        while some := list(islice(source, AT_ONCE)):
            pairs = [(self.tokenizer.pair(query_ids, ids), self.tokenizer.pair_types(query_ids, ids)) for ids in some]
            yield from self._pairs.logits(pairs).tolist()

    def _best(self, scores: Sequence[float], query: str, passage: str) -> float:
        if not all(map(math.isfinite, scores)):
            raise ModelError(
                f'{self.name} gave {scores} for the query "{query[:80]}" and the passage "{passage[:80]}", not finite '
                "numbers: its weights are damaged, or its precision is too low for them. Fetch it again.",
                query=query,
                passage=passage,
            )
        return max(scores)

    def __reduce__(self) -> tuple[Callable[[str, Precision, Device], CrossEncoderModel], tuple[str, Mode, Device]]:
        return load_cross_encoder, (self.source, self.precision, self.device)

    def __repr__(self) -> str:
        return f"<CrossEncoder {self.name} {self.revision}>"


def _reading(
    passage: str, tokens: Tokens, windows: Sequence[tuple[int, int]], scores: Sequence[float], best: float
) -> PairReading:
    first, last = windows[scores.index(best)]
    whole = len(windows) == 1
    return PairReading(
        score=best,
        tokens=len(tokens.ids),
        read=len(tokens.ids),
        windows=len(windows),
        start=0 if whole else int(tokens.spans[first, 0]),
        end=len(passage) if whole else int(tokens.spans[last - 1, 1]),
    )


_loaded: dict[tuple[str, Mode, Device], CrossEncoderModel] = {}
_loading = Lock()


def load_cross_encoder(
    path: str | Path, precision: Precision = "exact", device: str | Device = "cpu"
) -> CrossEncoderModel:
    """The cross-encoder in a directory or ONNX file. Loaded once a process, then shared.

    Args:
        path: a Hugging Face model directory (of an architecture in docs/models.md, with a head for sequence
            classification of 1 or 2 labels), an ONNX file with its tokenizer.json beside it or one level above, or
            the name of a fetched model ("BAAI/bge-reranker-base", "BAAI/bge-reranker-base@revision").
        precision: "exact" (float32), or "fast", what this processor is made for: bf16 with AMX or on AMD's that have
            bfloat16, else int8 with VNNI, else exact. "bf16" and "int8" ask for one of them anywhere. The model's
            `precision` and `revision` say which it is (docs/decisions/007-precision.md: how far from exact each is).
        device: "cpu"; "cuda" or "cuda:0", the first GPU; "cuda:1", the second: with onnxruntime-gpu, in float32, whose
            last digits are others than the processor's. `device_of` makes one with another size of batches.

    Raises:
        MissingExtra: "bf16" was asked for and OpenVINO is not installed.
        UsageError: there is no such precision or device, or not that precision there.
        DeviceUnavailable: nothing installed computes there, or it could not be reached.
        ModelNotFound: there is no such model.
        ModelDamaged: its files are missing, cut or of the wrong shape.
        UnknownArchitecture: nothing here runs it, or it is no cross-encoder.
    """
    place = device_of(device)
    source, mode = str(locate(path)), mode_on(place, precision)
    key = source, mode, place
    with _loading:
        if key not in _loaded:
            graph = open_graph(Path(source), "logits", mode, place)
            model = CrossEncoderModel(source, graph, ModelTokenizer.load(graph.directory), mode)
            model.score_ids([], [[]])  # a model that fails does so now
            check_score(graph.directory, model.score, name=model.name, precision=mode)
            _loaded[key] = model
        return _loaded[key]
