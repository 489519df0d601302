"""Encoders: text → unit vectors, long texts in overlapping windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from shortlist.errors import ModelDamaged, ModelNotFound
from shortlist.models.facts import EncoderFacts, foreign_facts, read_facts
from shortlist.models.graphs import Graph, open_graph
from shortlist.models.hub import locate
from shortlist.models.packing import pack
from shortlist.models.passages import tokenize
from shortlist.models.runtimes.session import run_each
from shortlist.models.stored_check import check_vector
from shortlist.models.tokenizer import ModelTokenizer
from shortlist.models.windows import cut_windows, owned
from shortlist.stage import TextKind

DEFAULT = Path(__file__).parent / "default"
PROJECTION = "projection.npy"
QUERIES_KEPT = 64


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What an encoder made of one text."""

    ids: NDArray[np.int32]  # tokens of the text, special tokens and prefix left out
    vector: NDArray[np.float32]  # unit length, shape (dimensions,)
    packed: bytes  # a passage's token vectors for late interaction; empty for a query
    windows: int  # overlapping parts in which the text was read; 1 where it fitted whole
    unknown: float  # share of its characters that the vocabulary cannot spell


class Encoder:
    """A loaded encoder. Thread-safe; pickled as the name it was loaded by.

    A text's vector depends on nothing but the text and its kind: to the last bit the same in any company, order
    and thread.
    """

    def __init__(
        self,
        source: str,
        facts: EncoderFacts,
        tokenizer: ModelTokenizer,
        graph: Graph,
        projection: NDArray[np.float32] | None = None,
    ) -> None:
        self.source = source
        self.facts = facts
        self.tokenizer = tokenizer
        self.projection = projection  # of token vectors, shape (dimensions, kept); None keeps all of them
        self._graph = graph
        # Both stages ask for the same query, one after the other.
        self.query_parts = lru_cache(QUERIES_KEPT)(self._query_parts)

    @property
    def name(self) -> str:
        """What to call it."""
        return self.facts.name

    @property
    def revision(self) -> str:
        """Changes whenever its vectors do."""
        return self.facts.revision

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self.facts.dimensions

    @property
    def max_tokens(self) -> int:
        """Tokens of one window, special tokens and prefix included."""
        return self.facts.max_tokens

    @property
    def unknown_limit(self) -> float:
        """A text with a larger share of characters that the vocabulary cannot spell is not for this model."""
        return self.facts.unknown_limit

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 codes; empty where the model does not say."""
        return self.facts.languages

    def encode(self, texts: Sequence[str], kind: TextKind) -> NDArray[np.float32]:
        """Unit vectors, float32, shape (texts, dimensions), in the order given.

        Raises:
            ModelDamaged: the model fails on its input.
        """
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for i, reading in enumerate(run_each(lambda text: self._read(text, kind), texts)):
            vectors[i] = reading.vector
        return vectors

    def similarities(self, query: str, passages: Sequence[str]) -> list[float]:
        """Cosine of the query's vector and each passage's, in the order given."""
        return (self.encode(passages, "passage") @ self.encode([query], "query")[0]).tolist()

    def read(
        self, texts: Sequence[str], kind: TextKind, progress: Callable[[int], None] | None = None
    ) -> list[Reading]:
        """Everything an index keeps of each text, in the order given.

        Args:
            texts: of any length; what is longer than the model is read in overlapping windows.
            kind: "query" or "passage".
            progress: called in this thread after each text with the number of texts done.

        Raises:
            ModelDamaged: the model fails on its input.
        """
        readings: list[Reading] = []
        for reading in run_each(lambda text: self._read(text, kind), texts):
            readings.append(reading)
            if progress is not None:
                progress(len(readings))
        return readings

    def _query_parts(self, query: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """A query's unit vector, shape (dimensions,), and its vectors for late interaction, (tokens, dimensions)."""
        tokens, pooled = zip(*self._windows(*self._tokens(query, "query")), strict=True)
        return _unit(sum(pooled, self._nothing)), np.concatenate(tokens)

    def late_vectors(self, text: str, kind: TextKind) -> NDArray[np.float32]:
        """The vectors of the text's tokens for late interaction, shape (tokens, dimensions), not normalised."""
        return np.concatenate([tokens for tokens, _ in self._windows(*self._tokens(text, kind))])

    def _read(self, text: str, kind: TextKind) -> Reading:
        """Window by window: of a text of any length no more is held than what a reading keeps of it."""
        prefix, ids = self._tokens(text, kind)
        packed: list[bytes] = []
        whole = self._nothing
        for tokens, pooled in self._windows(prefix, ids):
            packed.append(pack(tokens, self.projection) if kind == "passage" else b"")
            whole = whole + pooled
        return Reading(
            ids=ids,
            vector=_unit(whole),
            packed=b"".join(packed),
            windows=len(packed),
            unknown=self.tokenizer.unknown_share(text) if self.tokenizer.unknown_id in ids else 0.0,
        )

    def _tokens(self, text: str, kind: TextKind) -> tuple[list[int], NDArray[np.int32]]:
        """Ids of the prefix and of the text, tokenised as one."""
        prefix = self.facts.prefixes.get(kind, "")
        tokens = tokenize(self.tokenizer, prefix + text if text else prefix.rstrip())
        # A blank at the prefix's end belongs to the first word of the text, as it would without the prefix.
        after = np.flatnonzero(tokens.spans[:, 1] > len(prefix.rstrip()))
        first = (int(after[0]) if len(after) else len(tokens.ids)) if prefix else 0
        return tokens.ids[:first].tolist(), tokens.ids[first:]

    def _windows(
        self, prefix: list[int], ids: NDArray[np.int32]
    ) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Of each window the vectors of the tokens that it speaks for, and its part of the text's pooled vector."""
        room = self.max_tokens - self.tokenizer.single_specials - len(prefix)
        windows = cut_windows(len(ids), room, overlap=room // 4)
        for (start, end), (own_start, own_end) in zip(windows, owned(windows), strict=True):
            states, late = self._run(prefix, ids[start:end].tolist())
            offset = self.tokenizer.before_single + len(prefix)  # the row where the text begins
            own = late[offset + own_start - start : offset + own_end - start]
            yield own, self._pool(states) * np.float32(max(end - start, 1))

    @property
    def _nothing(self) -> NDArray[np.float32]:
        return np.zeros(self.dimensions, np.float32)

    def _run(self, prefix: list[int], ids: list[int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Hidden states of one window and its vectors for late interaction, special tokens and prefix included."""
        tokens = self.tokenizer.single([*prefix, *ids])
        states, late = self._graph.run_late(tokens, [0] * len(tokens))
        return states[0], late[0]

    def _pool(self, states: NDArray[np.float32]) -> NDArray[np.float32]:
        return states[0] if self.facts.pooling == "cls" else states.mean(axis=0, dtype=np.float32)

    def __reduce__(self) -> tuple[Callable[[str], Encoder], tuple[str]]:
        return load_encoder, (self.source,)

    def __repr__(self) -> str:
        return f"<Encoder {self.name} {self.revision}>"


_loaded: dict[str, Encoder] = {}
_loading = Lock()


def load_encoder(name_or_path: str = "default") -> Encoder:
    """The encoder of this name or in this directory. Loaded once a process, then shared.

    Args:
        name_or_path: "default", the bilingual encoder in the package; a Hugging Face directory of an encoder, with
            what sentence-transformers says of it; an ONNX file; or the name of a fetched model.

    Raises:
        ModelNotFound: there is no such model.
        ModelDamaged: its files are missing, cut or of the wrong shape.
        UnknownArchitecture: nothing here runs it.
    """
    source = name_or_path if name_or_path == "default" else str(locate(name_or_path))
    with _loading:
        if source not in _loaded:
            _loaded[source] = _load(source)
        return _loaded[source]


def _load(source: str) -> Encoder:
    directory = DEFAULT if source == "default" else Path(source)
    ours = read_facts(directory)
    if ours is not None and not (directory / "model.onnx").is_file():
        raise ModelNotFound(f"The model directory {directory} has no model.onnx. Fetch it again.", path=str(directory))
    graph = open_graph(directory, "token_vectors")
    tokenizer = ModelTokenizer.load(graph.directory)
    facts = (
        ours
        or read_facts(graph.directory)
        or foreign_facts(
            graph.directory,
            name=graph.name,
            revision=graph.revision,
            dimensions=graph.dimensions or graph.run(tokenizer.single([]), [0] * tokenizer.single_specials).shape[-1],
            max_tokens=graph.max_tokens,
        )
    )
    encoder = Encoder(source, facts, tokenizer, graph, _projection(graph.directory / PROJECTION, facts.dimensions))
    _check(encoder, graph.directory)
    return encoder


def _check(encoder: Encoder, directory: Path) -> None:
    """Run the model once: what it gives must have the shape that its facts state, and the vector that is stored."""
    width = encoder.late_vectors("a", "passage").shape[-1]
    if width != encoder.dimensions:
        raise ModelDamaged(
            f"The model in {directory} gives vectors of {width} dimensions, its config.json says {encoder.dimensions}. "
            "Fetch or build it again.",
            path=str(directory),
        )
    check_vector(directory, lambda query: encoder.encode([query], "query")[0], name=encoder.name)


def _projection(file: Path, dimensions: int) -> NDArray[np.float32] | None:
    """The directions in which token vectors are kept, shape (dimensions, kept); None where the model has none."""
    if not file.is_file():
        return None
    try:
        matrix = np.load(file).astype(np.float32)
    except (ValueError, EOFError, OSError) as problem:
        raise ModelDamaged(f"{file} cannot be read: {problem}. Fetch the model again.", path=str(file)) from problem
    if matrix.ndim != 2 or len(matrix) != dimensions or matrix.shape[1] % 2:
        raise ModelDamaged(
            f"{file} is of shape {matrix.shape}; expected were {dimensions} rows and an even number of columns. "
            "Fetch the model again.",
            path=str(file),
        )
    return matrix


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.sqrt(np.dot(vector.astype(np.float64), vector))
    return (vector / length).astype(np.float32) if length > 0 else vector
