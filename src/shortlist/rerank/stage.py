"""Rerank: the second look. The model reads the query with each candidate, and its score makes the new order."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Literal

from shortlist.errors import NotCalibrated, QueryTooLong, ShortlistError, UsageError
from shortlist.foreign import ranking_from
from shortlist.models import load_reranker
from shortlist.models.runtimes.device import BATCH_TOKENS, device_of
from shortlist.models.runtimes.precision import Precision, check_precision
from shortlist.records import Candidate, Note, Ranking
from shortlist.rerank.blend import blended
from shortlist.rerank.cache import score_cache
from shortlist.rerank.calibration import Calibration, calibration_for
from shortlist.rerank.cascade import kept_apart
from shortlist.rerank.deadline import Deadline, late_note
from shortlist.rerank.depth import Enough, stopped_note
from shortlist.rerank.estimate import Estimate, estimate
from shortlist.rerank.guard import harmful, unreadable
from shortlist.rerank.readers import Reader, reader_of
from shortlist.rerank.readers.windows import Windows, check_windows
from shortlist.rerank.rounds import Looked, look
from shortlist.rerank.threshold import above, not_applied
from shortlist.stage import CrossEncoder, Stage, checked_query


@dataclass(frozen=True)
class Rerank(Stage[Ranking]):
    """Read the first `depth` candidates together with the query and order them by that score.

    The others follow unread, in the order they had: nothing is lost. Every candidate keeps the scores it came with;
    "rerank" is the model's own score of the pair, the same whatever the other candidates are. An earlier reranker's
    "rerank" is kept under the name of its model. Where the model was calibrated, `relevance` is the probability that
    the passage answers. `relevance` and `window` are those of the last model that read the candidate.

    Args:
        model: "default" (late interaction with the packaged encoder), the directory or ONNX file of a model, one that
            others run by its short name (cohere:MODEL, tei:URL, llm:MODEL: docs/models.md), or any object with
            `score(query, passages) -> float32[n]`.
        depth: how many candidates are read; None reads all.
        blend: weight of BM25 beside the model, in standard deviations over this list (docs/decisions/006-fusion.md).
            None takes the model's own advice: cross-encoders 0, late interaction what its development splits chose.
            Where it is used, the order is by the score "blend" and "rerank" stays untouched beside it.
        windows: how a cross-encoder's windows of a long passage count: "best", "first", "mean", or n for the mean of
            the best n.
        deadline_ms: the stage is over after so many milliseconds. The first candidates are read first; nothing is
            begun that would end too late; what was not read follows in first-stage order, status "partial". Loading
            the model counts: give a loaded one.
        risk: read no further when the estimated chance that an unread candidate belongs into the first place is below
            this, such as .003. What was not read follows in first-stage order; a note says so.
        cutoff: how many places `risk` is about; more than the first cost more than they bring
            (docs/decisions/009-adaptive-depth.md).
        threshold: leave out candidates whose relevance is below it, and those that were not read; a note names them.
            Nothing may be left.
        calibration: a fitted one, or its file; None takes what `shortlist calibrate` stored for the model.
        guard: whether the model steps aside, status "skipped", where it cannot read the text or an evaluation on this
            index found that it hurts.
        precision: of a cross-encoder that is given by its name or path: "exact", or "fast" for what this processor is
            made for (bf16, int8 or exact); `load_cross_encoder` says more. The ranking's `model` ends in it. Other
            models have one precision.
        device: where a cross-encoder or causal reranker that is given by its name or path runs: "cpu"; "cuda" or
            "cuda:0", the first GPU; "cuda:1", the second. The ranking's `model` ends in it (docs/models.md).
        batch_tokens: how many tokens a cross-encoder on a GPU reads together, padding included.
        cache: keep a cross-encoder's scores on disk and do not compute them twice: a directory, or True for
            the user's own.
        on_error: "keep" gives the longlist back in its order, status "failed", with a note; "raise" raises.
    """

    model: str | CrossEncoder = "default"
    depth: int | None = None
    blend: float | None = None
    windows: Windows = field(default="best", kw_only=True)
    deadline_ms: float | None = field(default=None, kw_only=True)
    risk: float | None = field(default=None, kw_only=True)
    cutoff: int = field(default=1, kw_only=True)
    threshold: float | None = field(default=None, kw_only=True)
    calibration: Calibration | str | Path | None = field(default=None, kw_only=True)
    guard: bool = field(default=True, kw_only=True)
    precision: Precision = field(default="exact", kw_only=True)
    device: str = field(default="cpu", kw_only=True)
    batch_tokens: int = field(default=BATCH_TOKENS, kw_only=True)
    cache: bool | str | Path = field(default=False, kw_only=True)
    on_error: Literal["keep", "raise"] = field(default="keep", kw_only=True)
    name: ClassVar[str] = "rerank"

    def __post_init__(self) -> None:
        if self.depth is not None and self.depth < 0:
            raise UsageError(f"depth counts candidates and cannot be {self.depth}. Leave it out to read all of them.")
        if self.deadline_ms is not None and not self.deadline_ms > 0:
            raise UsageError(f"deadline_ms is a time in milliseconds, above 0, not {self.deadline_ms}.")
        if self.risk is not None and not 0 <= self.risk <= 1:
            raise UsageError(f"risk is a probability, from 0 to 1, not {self.risk}.")
        if self.cutoff < 1:
            raise UsageError(f"cutoff counts the first places: at least 1, not {self.cutoff}.")
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise UsageError(f"threshold is a probability, from 0 to 1, not {self.threshold}.")
        check_windows(self.windows)
        check_precision(self.precision)
        device_of(self.device, self.batch_tokens)

    def apply(self, ranking: Ranking) -> Ranking:
        """The ranking in its new order.

        Returns:
            Status "full"; "partial" where the deadline left candidates unread; "skipped" or "failed" with the order
            as it came. A note says why.

        Raises:
            QueryTooLong: the query leaves no room for a passage; a query is never cut.
            NotCalibrated: a threshold was given, and no calibration was fitted for the model.
            UsageError: an option does not suit this kind of model.
            ModelError: the model cannot be loaded or failed, and `on_error` is "raise".
        """
        deadline = None if self.deadline_ms is None else Deadline(time.perf_counter() + self.deadline_ms / 1000)
        if not ranking:
            return replace(ranking, status="full")
        depth = len(ranking) if self.depth is None else self.depth
        apart = kept_apart(ranking)
        head, tail = apart.candidates[:depth], apart.candidates[depth:]
        try:
            reader = self._reader()
            calibration = calibration_for(reader, self.windows, self.calibration)
            if calibration is None and self.threshold is not None:
                raise not_calibrated(reader.model_name)
            skip = self._guarded(reader, ranking, head)
            if skip is not None:
                return self._as_it_came(ranking, "skipped", skip)
            looked = look(
                reader.begin(ranking.query, ranking.features), head, deadline, self._enough(apart, head, reader)
            )
        except (QueryTooLong, NotCalibrated, UsageError):
            raise
        except Exception as error:  # whatever a model or a user's object throws, the longlist survives it
            if self.on_error == "raise":
                raise
            return self._as_it_came(ranking, "failed", failure(reader_name(self.model), error))
        return self._ordered(apart, reader, calibration, looked, tail)

    def _guarded(self, reader: Reader, ranking: Ranking, head: Sequence[Candidate]) -> Note | None:
        """Why the model should step aside."""
        if not self.guard:
            return None
        return unreadable(reader, ranking.query, head) or harmful(reader.model_name, ranking.features)

    def _weight(self, reader: Reader) -> float:
        return reader.blend if self.blend is None else self.blend

    def _enough(self, ranking: Ranking, head: Sequence[Candidate], reader: Reader) -> Enough | None:
        return None if self.risk is None else Enough.of(ranking, head, self.risk, self.cutoff, self._weight(reader))

    def _stopped(self, looked: Looked) -> tuple[Note, ...]:
        """Why not all candidates were read that were to be."""
        read, unread = len(looked.read), len(looked.unread)
        notes: list[Note] = []
        if looked.late and self.deadline_ms is not None:
            notes.append(late_note(self.deadline_ms, read, unread))
        if looked.chance is not None:
            notes.append(stopped_note(read, unread, looked.chance, self.cutoff))
        return tuple(notes)

    def estimate(self, query: str, candidates: Iterable[object]) -> Estimate:
        """What reading these candidates would cost: pairs, tokens and seconds, timed on a few of them.

        Args:
            query: the question.
            candidates: a ranking, or whatever the stage takes.

        Raises:
            QueryTooLong, ModelError: as `apply`.
        """
        ranking = candidates if isinstance(candidates, Ranking) else ranking_from(checked_query(query), candidates)
        reader = self._reader()
        reading = reader.begin(checked_query(query), ranking.features)
        return estimate(reader.model_name, reading, ranking.candidates[: self.depth])

    def _reader(self) -> Reader:
        return reader_of(self._loaded(), self.windows, score_cache(self.cache))

    def _loaded(self) -> CrossEncoder:
        if not isinstance(self.model, str):
            return self.model
        return load_reranker(self.model, self.precision, device_of(self.device, self.batch_tokens))

    def _as_it_came(self, ranking: Ranking, status: Literal["skipped", "failed"], why: Note) -> Ranking:
        after = ranking.reordered(ranking.candidates, status=status).noted(why)
        return after if self.threshold is None else after.noted(not_applied(self.threshold))

    def _ordered(
        self,
        ranking: Ranking,
        reader: Reader,
        calibration: Calibration | None,
        looked: Looked,
        tail: Sequence[Candidate],
    ) -> Ranking:
        """The candidates that were read by their new score, ties by chunk id, then the others."""
        scored, blends = blended(with_relevance(looked.read, calibration), self._weight(reader))
        scored_by = "blend" if blends else "rerank"
        scored.sort(key=lambda candidate: (-candidate.scores[scored_by], candidate.chunk.id))
        unread, notes = [*looked.unread, *tail], self._stopped(looked)
        candidates = [*scored, *unread]
        if self.threshold is not None:
            candidates, dropped = above(scored, unread, self.threshold)
            notes += dropped
        if looked.read:
            scale = "z-sum" if blends else reader.scale
            ranking = replace(ranking, scored_by=scored_by, scale=scale, model=reader.model_name)
        status = "partial" if looked.late else "full"
        return ranking.reordered(candidates, status=status).noted(*looked.notes, *notes)


def with_relevance(read: Sequence[Candidate], calibration: Calibration | None) -> list[Candidate]:
    """The candidates with the probability of their new score; without one where there is no calibration."""
    if calibration is None:
        return [replace(candidate, relevance=None) for candidate in read]
    probabilities = calibration.probability([candidate.scores["rerank"] for candidate in read]).tolist()
    return [replace(candidate, relevance=p) for candidate, p in zip(read, probabilities, strict=True)]


def reader_name(model: str | CrossEncoder) -> str:
    """How a message names the model."""
    return model if isinstance(model, str) else type(model).__name__


def failure(model: str, error: Exception) -> Note:
    """The note of a second stage that failed."""
    reason = error.message if isinstance(error, ShortlistError) else f"{type(error).__name__}: {error}"
    return Note(
        "rerank-failed", f"The reranker {model} failed, so the longlist kept its order. {reason}", {"model": model}
    )


def not_calibrated(model: str) -> NotCalibrated:
    """The error of a threshold without a calibration."""
    return NotCalibrated(
        f"A threshold is a probability, and no calibration was fitted for {model}: its raw scores are none. Fit one on "
        "pairs that people judged: shortlist calibrate MODEL LABELS.jsonl",
        model=model,
    )
