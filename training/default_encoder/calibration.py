"""The calibration of the default second look: how likely a passage answers at each score.

    python -m training.default_encoder.calibration PAIRS_DIR src/shortlist/models/default

PAIRS_DIR holds training pairs, `<name>.<language>.jsonl.gz` with "query" and "positive" a line. Of each source some
passages are drawn, and for some of their queries the nearest CANDIDATES of them by the model's own vectors: what a
second look is given. The query's own passages are relevant, the others are not. No test set is read. Writes
calibration.json into the model's directory, and prints its errors on queries that a fit had not seen, and on sources
that it had not seen. To be run again whenever the model's revision changes: a calibration is for one revision.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from training.default_encoder.late import SOURCES

from shortlist.models import Encoder, LateInteraction, load_encoder
from shortlist.records import Candidate, Chunk, Ranking
from shortlist.rerank.calibration import Calibration, fit_calibration, save_calibration
from shortlist.rerank.calibration.fit import calibration_error
from shortlist.rerank.readers import reader_of

PASSAGES = 300  # of each source
QUERIES = 60
CANDIDATES = 20


@dataclass
class Scored:
    """Pairs of one source or of several."""

    scores: list[float]
    relevant: list[bool]
    queries: list[str]


class Held:
    """Passages that an encoder has read, as an index keeps them: chunk ids are their places."""

    def __init__(self, encoder: Encoder, passages: Sequence[str]) -> None:
        self.encoder = encoder.revision
        readings = encoder.read(passages, "passage")
        self._vectors = np.array([reading.vector for reading in readings])
        self._packed = [reading.packed for reading in readings]

    def vectors(self, chunk_ids: Sequence[str]) -> NDArray[np.float32]:
        """Of these passages."""
        return self._vectors[[int(i) for i in chunk_ids]]

    def token_vectors(self, chunk_ids: Sequence[str]) -> list[bytes]:
        """Of these passages."""
        return [self._packed[int(i)] for i in chunk_ids]

    def nearest(self, vector: NDArray[np.float32]) -> list[int]:
        """Places of the passages nearest to a query."""
        return np.argsort(-(self._vectors @ vector), kind="stable")[:CANDIDATES].tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("model", type=Path)
    given = parser.parse_args()
    model = LateInteraction(load_encoder(str(given.model)))
    sources = {name: scored(model, given.pairs / f"{name}.jsonl.gz") for name in SOURCES.split()}
    calibration = fitted(model, together(sources.values()))
    file = save_calibration(calibration, given.model, given.model / "calibration.json")
    print(f"{file}: {calibration.pairs} pairs, {calibration.relevant} relevant")
    print(f"unseen queries: calibration error {calibration.calibration_error:.3f}, Brier {calibration.brier:.4f}")
    print(f"the share alone: Brier {calibration.brier_of_the_share:.4f}")
    for name, held in sources.items():
        others = fitted(model, together(part for other, part in sources.items() if other != name))
        error = calibration_error(others.probability(held.scores), np.array(held.relevant))
        print(f"unseen source {name}: calibration error {error:.3f}, {np.mean(held.relevant):.1%} relevant")


def scored(model: LateInteraction, file: Path) -> Scored:
    """The nearest passages of some queries of one source."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        pairs = [json.loads(line) for line in lines]
    drawn = random.Random(29).sample(pairs, min(PASSAGES, len(pairs)))
    passages = list(dict.fromkeys(pair["positive"] for pair in drawn))
    own: dict[str, set[str]] = {}
    for pair in pairs:
        own.setdefault(pair["query"], set()).add(pair["positive"])
    held = Held(model.encoder, passages)
    reader, found = reader_of(model), Scored([], [], [])
    for query in list(dict.fromkeys(pair["query"] for pair in drawn))[:QUERIES]:
        ranking = longlist(query, passages, held, model.encoder)
        read = reader.begin(query, held).read(ranking.candidates)
        found.scores += [candidate.scores["rerank"] for candidate in read]
        found.relevant += [candidate.chunk.text in own[query] for candidate in read]
        found.queries += [query] * len(read)
    return found


def longlist(query: str, passages: Sequence[str], held: Held, encoder: Encoder) -> Ranking:
    """The passages nearest to a query, nearest first."""
    places = held.nearest(encoder.query_parts(query)[0])
    chunks = [Chunk(str(place), str(place), 0, len(passages[place]), passages[place]) for place in places]
    return Ranking(query, tuple(Candidate(chunk, rank) for rank, chunk in enumerate(chunks, 1)), features=held)


def together(parts: Iterable[Scored]) -> Scored:
    """Several sources as one."""
    whole = Scored([], [], [])
    for part in parts:
        whole.scores += part.scores
        whole.relevant += part.relevant
        whole.queries += part.queries
    return whole


def fitted(model: LateInteraction, pairs: Scored) -> Calibration:
    """Platt's sigmoid of these pairs: two numbers that anyone can read."""
    calibration = fit_calibration(pairs.scores, pairs.relevant, pairs.queries, method="platt")
    labels = f"the {CANDIDATES} nearest passages of {len(set(pairs.queries))} training queries"
    return replace(calibration, model=f"{model.name}@{model.revision}", scale=model.scale, labels=labels)


if __name__ == "__main__":
    main()
