"""A service's answer → one score a passage. Results are mapped by their index; nothing else is believed."""

from __future__ import annotations

import math
from typing import Any, NoReturn, cast

from shortlist.errors import ServiceError
from shortlist.models.remote.service import Service


def scores_of(service: Service, answer: object, passages: int, scale: str) -> list[float]:
    """The scores in the order of the passages sent.

    Raises:
        ServiceError: the answer has another shape; a result is for no passage that was sent, twice for one, or missing
            for one; a score is no finite number, or no probability where the scale says so.
    """
    scores: list[float | None] = [None] * passages
    for result in _results(service, answer):
        index, score = _entry(service, result)
        if not 0 <= index < passages:
            _wrong(service, f"a score for document {index}, but {passages} were sent (counted from 0)", index=index)
        if scores[index] is not None:
            _wrong(service, f"two scores for document {index}", index=index)
        if scale == "probability" and not 0 <= score <= 1:
            raise ServiceError(
                f"{service.name} gave document {index} the score {score}, which is no probability. If this model gives "
                'other numbers, say so: RemoteReranker(…, scale="logit").',
                service=service.name,
                index=index,
                score=score,
            )
        scores[index] = score
    if None in scores:
        missing = scores.index(None)
        _wrong(
            service, f"{scores.count(None)} of {passages} scores too few; document {missing} has none", index=missing
        )
    return cast("list[float]", scores)


def warnings_of(answer: object) -> list[str]:
    """What the service itself warns of, such as a document that it cut: in `meta.warnings` or `warnings`."""
    if not isinstance(answer, dict):
        return []
    stated = cast("dict[str, Any]", answer)
    meta = stated.get("meta")
    found = stated.get("warnings") or (cast("dict[str, Any]", meta).get("warnings") if isinstance(meta, dict) else None)
    return [each for each in cast("list[object]", found) if isinstance(each, str)] if isinstance(found, list) else []


def _results(service: Service, answer: object) -> list[object]:
    found = answer
    if service.results:
        found = cast("dict[str, object]", answer).get(service.results) if isinstance(answer, dict) else None
    if not isinstance(found, list):
        where = f'a list named "{service.results}"' if service.results else "a list"
        _wrong(service, f"no results: {where} was expected")
    return cast("list[object]", found)


def _entry(service: Service, result: object) -> tuple[int, float]:
    if not isinstance(result, dict):
        _wrong(service, f"a result that is no object: {result!r:.80}")
    entry = cast("dict[str, object]", result)
    index, score = entry.get("index"), entry.get(service.score)
    if not isinstance(index, int) or isinstance(index, bool):
        _wrong(service, f'a result without a whole number as "index": {entry!r:.80}')
    if not isinstance(score, int | float) or isinstance(score, bool):
        _wrong(service, f'document {index} no number as "{service.score}"', index=index)
    try:
        value = float(score)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        _wrong(service, f"document {index} the score {value}, which is no number to rank by", index=index)
    return index, value


def _wrong(service: Service, what: str, **facts: object) -> NoReturn:
    raise ServiceError(
        f"{service.name} gave {what}. The answer cannot be used: does this address speak the shape of {service.name}?",
        service=service.name,
        **facts,
    )
