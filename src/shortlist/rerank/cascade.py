"""One reranker after another: the scores of the earlier one move aside and stay."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from shortlist.records import Candidate, Ranking

OWN = ("rerank", "blend")  # the names under which every reranker writes


def kept_apart(ranking: Ranking) -> Ranking:
    """The ranking with an earlier reranker's scores under its model's name: "rerank" → "bge", "blend" → "bge blend".

    So "rerank" is always the last model's score, also of the candidates that it does not read. Where nothing says
    which model it was, they are named "earlier"; a name that is taken gets a number.
    """
    if not any(name in candidate.scores for candidate in ranking for name in OWN):
        return ranking
    model = (ranking.model.partition("@")[0] if ranking.status is not None else "") or "earlier"
    taken = {name for candidate in ranking for name in candidate.scores}
    n, new = 1, {name: _name(name, model) for name in OWN}
    while taken & set(new.values()):
        n += 1
        new = {name: _name(name, f"{model}-{n}") for name in OWN}
    return replace(
        ranking,
        candidates=tuple(_renamed(candidate, new) for candidate in ranking),
        scored_by=new.get(ranking.scored_by, ranking.scored_by),
    )


def _name(score: str, model: str) -> str:
    return model if score == "rerank" else f"{model} {score}"


def _renamed(candidate: Candidate, new: dict[str, str]) -> Candidate:
    scores = {new.get(name, name): score for name, score in candidate.scores.items()}
    return replace(candidate, scores=MappingProxyType(scores))
