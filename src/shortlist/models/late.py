"""Late interaction: the default second look, with the encoder that made the longlist.

Query and passage are encoded apart; then each token of the query looks for its most similar token in the passage
(MaxSim). Cosine of the whole texts and MaxSim are put on one scale by constants that are stored with the model, so a
pair's score does not depend on the other candidates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shortlist.models.encoder import Encoder
from shortlist.models.packing import maxsim, query_tokens
from shortlist.models.tokenizer import ModelTokenizer
from shortlist.records import Features


@dataclass(frozen=True, slots=True, eq=False)
class LateScores:
    """Scores of each passage, float64, shape (passages,)."""

    cosine: NDArray[np.float64]
    maxsim: NDArray[np.float64]
    score: NDArray[np.float64]  # both together, on the model's fixed scale


class LateInteraction:
    """A reranker made of an encoder. Thread-safe; law: the same pair, the same score, to the last bit."""

    scale = "late-interaction"

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self._scales = encoder.facts.late

    @property
    def name(self) -> str:
        """What to call it."""
        return f"{self.encoder.name}-late"

    @property
    def revision(self) -> str:
        """The encoder's."""
        return self.encoder.revision

    @property
    def tokenizer(self) -> ModelTokenizer:
        """The encoder's."""
        return self.encoder.tokenizer

    @property
    def unknown_limit(self) -> float:
        """Above this share of unknown characters it should not judge."""
        return self.encoder.unknown_limit

    @property
    def blend(self) -> float:
        """The weight of BM25 beside it that its development splits chose."""
        return self._scales.blend

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """One score a passage, shape (passages,); the passages are encoded now."""
        return self.parts(query, passages).score.astype(np.float32)

    def parts(self, query: str, passages: Sequence[str]) -> LateScores:
        """The score and what it is made of; the passages are encoded now, equal ones once."""
        distinct = list(dict.fromkeys(passages))
        read = dict(zip(distinct, self.encoder.read(distinct, "passage"), strict=True))
        vectors = np.array([read[passage].vector for passage in passages], np.float32)
        return self._together(query, vectors, [read[passage].packed for passage in passages])

    def parts_stored(self, query: str, features: Features, chunk_ids: Sequence[str]) -> LateScores:
        """The same numbers from what an index keeps of its chunks; `features` must be of the same encoder."""
        return self._together(query, features.vectors(chunk_ids), features.token_vectors(chunk_ids))

    def _together(self, query: str, vectors: NDArray[np.float32], packed: Sequence[bytes]) -> LateScores:
        vector, tokens = self.encoder.query_parts(query)
        # An index keeps float16: rounding here gives the same score with and without it. Row by row, not as a
        # matrix product, whose last bits depend on the number of rows.
        rounded = vectors.reshape(-1, self.encoder.dimensions).astype(np.float16).astype(np.float64)
        cosine = (rounded * vector).sum(axis=1)
        late = maxsim(query_tokens(tokens, self.encoder.projection), packed)
        scales = self._scales
        near = (cosine - scales.cosine[0]) / scales.cosine[1]
        score = scales.weight * near + (late - scales.maxsim[0]) / scales.maxsim[1]
        return LateScores(cosine, late, score)

    def __reduce__(self) -> tuple[Callable[[Encoder], LateInteraction], tuple[Encoder]]:
        return LateInteraction, (self.encoder,)

    def __repr__(self) -> str:
        return f"<LateInteraction {self.name} {self.revision}>"
