"""Measures of a ranking against judgments, named as ir_measures names them: nDCG@10, R@100, AP(rel=2), RR@10 …

Each value is that of trec_eval (ir_measures, pytrec_eval) for the same order of documents. They sort by score and
break ties by document id; here the order given is judged, whatever scores stand behind it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shortlist.errors import UsageError
from shortlist.evaluate.qrels import Qrels

NAMES: Mapping[str, str] = {  # as people write them → as ir_measures does
    "ndcg": "nDCG",
    "r": "R",
    "recall": "R",
    "p": "P",
    "precision": "P",
    "rr": "RR",
    "mrr": "RR",
    "ap": "AP",
    "map": "AP",
    "success": "Success",
    "judged": "Judged",
}
WITHOUT_CUTOFF = ("nDCG", "RR", "AP")  # read the whole ranking where no cutoff is given
WITHOUT_REL = ("nDCG", "Judged")
NOTATION = re.compile(r"\s*(?P<name>[A-Za-z]+)\s*(?:\(\s*rel\s*=\s*(?P<rel>\d+)\s*\))?\s*(?:@\s*(?P<cutoff>\d+))?\s*")
EXAMPLES = "nDCG@10, R@100, P@10, RR@10, AP, AP(rel=2)@100, Success@5, Judged@10"


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: what it is called, how many documents of a ranking count, and from which grade on one is relevant.

    `str(measure)` is ir_measures' notation, and `parse_measure` reads it back.
    """

    name: str
    cutoff: int | None = None  # how many documents count; None for all
    rel: int = 1  # the lowest grade that is relevant; nDCG takes the grades themselves

    def __str__(self) -> str:
        rel = f"(rel={self.rel})" if self.rel != 1 else ""
        return f"{self.name}{rel}{'' if self.cutoff is None else f'@{self.cutoff}'}"

    def value(self, ranking: Sequence[str], grades: Mapping[str, int]) -> float:
        """How good one ranking is, in [0, 1]; 0 for an empty one and where nothing is relevant.

        Args:
            ranking: document ids, best first; one named again counts where it came first.
            grades: the judgments of this query; a document that is not judged is not relevant.
        """
        found = list(dict.fromkeys(ranking))[: self.cutoff]
        if self.name == "nDCG":
            return _ndcg([grades.get(document, 0) for document in found], grades.values(), self.cutoff)
        if self.name == "Judged":
            return sum(document in grades for document in found) / len(found) if found else 0.0
        hits = [grades.get(document, 0) >= self.rel for document in found]
        relevant = sum(grade >= self.rel for grade in grades.values())
        return _binary(self.name, hits, relevant, self.cutoff)


def parse_measure(text: str) -> Measure:
    """The measure that a text such as "nDCG@10" or "AP(rel=2)@100" names. Upper and lower case are one.

    Raises:
        UsageError: no such measure; the message lists what there is.
    """
    match = NOTATION.fullmatch(text)
    name = NAMES.get(match["name"].lower()) if match else None
    if match is None or name is None:
        raise UsageError(f"There is no measure {text!r}. Some that there are: {EXAMPLES}", measure=text)
    cutoff = int(match["cutoff"]) if match["cutoff"] else None
    rel = int(match["rel"]) if match["rel"] else 1
    if cutoff == 0 or (cutoff is None and name not in WITHOUT_CUTOFF):
        raise UsageError(f"{text!r} needs a cutoff: how many documents count, such as {name}@10.", measure=text)
    if rel == 0 or (match["rel"] and name in WITHOUT_REL):
        problem = "A relevant document has the grade 1 or more" if rel == 0 else f"{name} does not take rel"
        raise UsageError(f"{text!r}: {problem}. Some measures that there are: {EXAMPLES}", measure=text)
    return Measure(name, cutoff, rel)


def judge(orders: Mapping[str, Sequence[str]], qrels: Qrels, measure: Measure) -> dict[str, float]:
    """The value of each query of the judgments, 0 where `orders` has none for it. Other queries do not count."""
    return {query: measure.value(orders.get(query, ()), grades) for query, grades in qrels.items()}


def mean(values: Mapping[str, float]) -> float:
    """The mean over queries; 0 where there are none. Independent of their order."""
    return math.fsum(values.values()) / len(values) if values else 0.0


def _ndcg(gains: Sequence[int], judged: Iterable[int], cutoff: int | None) -> float:
    """Järvelin and Kekäläinen, TOIS 2002, as trec_eval has it: the grade is the gain, 1 / log2(rank + 1) its weight."""
    ideal = _dcg(sorted(judged, reverse=True)[:cutoff])
    return min(1.0, _dcg(gains) / ideal) if ideal else 0.0


def _dcg(gains: Iterable[int]) -> float:
    return math.fsum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1) if gain > 0)


def _binary(name: str, hits: Sequence[bool], relevant: int, cutoff: int | None) -> float:
    if name == "P":
        return sum(hits) / (cutoff or 1)
    if name == "R":
        return sum(hits) / relevant if relevant else 0.0
    if name == "Success":
        return float(any(hits))
    ranks = [rank for rank, hit in enumerate(hits, 1) if hit]
    if name == "RR":
        return 1 / ranks[0] if ranks else 0.0
    precisions = math.fsum(n / rank for n, rank in enumerate(ranks, 1))  # AP
    return min(1.0, precisions / relevant) if relevant else 0.0
