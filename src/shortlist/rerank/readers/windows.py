"""Cross-encoders as the stage reads them: a passage longer than the model reads at once, in overlapping windows.

Windows become one score: the best window's, the first's, the mean of all, or the mean of the best few. The candidate
says how many tokens there were, how many were read, and where the window stands that the score speaks for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Literal, TypeAlias

from shortlist.errors import UsageError
from shortlist.models import CrossEncoderModel
from shortlist.models.passages import Tokens, tokenize, windows_of
from shortlist.models.runtimes.session import run_each
from shortlist.records import Candidate, Features, Note, Window
from shortlist.rerank.cache import CachedModel, ScoreCache
from shortlist.rerank.readers.port import Reading, directory_of, judged

Windows: TypeAlias = Literal["best", "first", "mean"] | int
AT_ONCE = 256  # windows: what a call of the model is given of a passage of any length
LONG = 100_000  # characters; counting the tokens of a longer passage would take longer than many a deadline


def check_windows(windows: Windows) -> None:
    """Refuse what is no way to make one score of several windows.

    Raises:
        UsageError: it is neither a known word nor a whole number above 0.
    """
    known = windows in ("best", "first", "mean")
    if not known and (isinstance(windows, bool) or not isinstance(windows, int) or windows < 1):
        raise UsageError(
            f'windows says how the windows of a long passage count: "best", "first", "mean", or a number n for the '
            f"mean of the best n. It cannot be {windows!r}."
        )


def together(scores: Sequence[float], windows: Windows) -> float:
    """One score of the scores of a passage's windows, the first of them first.

    Law: one window's score is the passage's, whatever `windows` is.
    """
    if windows == "best":
        return max(scores)
    if windows == "first":
        return scores[0]
    counted = scores if windows == "mean" else sorted(scores, reverse=True)[:windows]
    return math.fsum(counted) / len(counted)


@dataclass(frozen=True, slots=True)
class WindowReader:
    """A cross-encoder of ours."""

    model: CrossEncoderModel
    windows: Windows = "best"
    cache: ScoreCache | None = None
    blend: float = 0.0
    unknown_limit: float = 0.2

    @property
    def model_name(self) -> str:
        """Name and revision."""
        return f"{self.model.name}@{self.model.revision}"

    @property
    def scale(self) -> str:
        """Logits, as the model gives them: never squeezed."""
        return self.model.scale

    @property
    def directory(self) -> Path | None:
        """That of the model's files."""
        return directory_of(self.model.source)

    def unknown_share(self, text: str) -> float:
        """Share of unknown tokens."""
        return self.model.tokenizer.unknown_share(text)

    def begin(self, query: str, features: Features | None) -> Reading:
        """The query is tokenised once."""
        ids = self.model.tokenizer.ids(query)
        cached = None if self.cache is None else CachedModel(self.model, self.cache)
        return WindowReading(self.model, self.windows, ids, self.model.room(query), cached)


@dataclass(frozen=True, slots=True)
class WindowReading:
    """One query before a cross-encoder."""

    model: CrossEncoderModel
    windows: Windows
    query_ids: list[int]
    room: int  # tokens of a window
    cached: CachedModel | None = None
    _notes: list[Note] = field(default_factory=list[Note], compare=False, repr=False)
    _tokens: dict[str, Tokens] = field(
        default_factory=dict[str, Tokens], compare=False, repr=False
    )  # of texts to be read

    @property
    def lanes(self) -> int:
        """The model's."""
        return self.model.lanes

    @property
    def pace(self) -> str:
        """Of the model."""
        return self.model.revision

    @property
    def notes(self) -> Sequence[Note]:
        """What went wrong with the cache."""
        if self.cached is not None:
            self._notes.extend(self.cached.notes())
        return self._notes

    def work(self, candidates: Sequence[Candidate]) -> list[float]:
        """Tokens of all windows, query and special tokens included; of a very long passage a high guess.

        A passage whose scores are in the cache counts as one token.
        """
        texts = [candidate.chunk.full_text for candidate in candidates]
        self._tokenize([text for text in texts if len(text) <= LONG])
        return [float(self._work(text)) for text in texts]

    def pairs(self, candidate: Candidate) -> list[int]:
        """Tokens of each pair that the model runs for a candidate, one a window."""
        self._tokenize([candidate.chunk.full_text])
        return self._pairs(candidate.chunk.full_text)

    def read(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Scores with the window each of them speaks for. Memory does not grow with the length of a passage's text."""
        texts = [candidate.chunk.full_text for candidate in candidates]
        self._tokenize(texts)
        cut = [self._cut(len(self._tokens[text].ids)) for text in texts]
        scores = self._scores(texts, cut)
        read: list[Candidate] = []
        for candidate, text, windows in zip(candidates, texts, cut, strict=True):
            own = [next(scores) for _ in windows]
            window = self._window(text, windows, own)
            read.append(judged(candidate, window, rerank=together(own, self.windows)))
        for text in texts:
            self._tokens.pop(text, None)
        return read

    def _cut(self, tokens: int) -> list[tuple[int, int]]:
        windows = windows_of(tokens, self.room)
        return windows[:1] if self.windows == "first" else windows

    def _work(self, text: str) -> int:
        if text not in self._tokens:
            return 2 * len(text)  # too high: what is not counted is read last
        return 1 if self._known(text) else sum(self._pairs(text))

    def _pairs(self, text: str) -> list[int]:
        beside = len(self.query_ids) + self.model.tokenizer.pair_specials
        return [end - start + beside for start, end in self._cut(len(self._tokens[text].ids))]

    def _known(self, text: str) -> bool:
        """Whether the cache has the scores of all its windows."""
        if self.cached is None:
            return False
        ids = self._tokens[text].ids
        return all(self.cached.known(self.query_ids, [ids[start:end].tolist() for start, end in self._cut(len(ids))]))

    def _tokenize(self, texts: Sequence[str]) -> None:
        new = list(dict.fromkeys(text for text in texts if text not in self._tokens))
        self._tokens.update(zip(new, run_each(lambda text: tokenize(self.model.tokenizer, text), new), strict=True))

    def _scores(self, texts: Sequence[str], cut: Sequence[Sequence[tuple[int, int]]]) -> Iterator[float]:
        """The score of every window of every text, so many at once."""
        spans = (
            (self._tokens[text], start, end) for text, windows in zip(texts, cut, strict=True) for start, end in windows
        )
        while some := list(islice(spans, AT_ONCE)):
            ids = [tokens.ids[start:end].tolist() for tokens, start, end in some]
            yield from (self.cached or self.model).score_ids(self.query_ids, ids).tolist()

    def _window(self, text: str, windows: Sequence[tuple[int, int]], scores: Sequence[float]) -> Window:
        """Which part of the text the score speaks for: the window that scored best of those that were read."""
        tokens = self._tokens[text]
        first, last = windows[scores.index(max(scores))]
        whole = (first, last) == (0, len(tokens.ids))
        return Window(
            tokens=len(tokens.ids),
            read=max(end for _, end in windows),
            windows=len(windows),
            start=0 if whole else int(tokens.spans[first, 0]),
            end=len(text) if whole else int(tokens.spans[last - 1, 1]),
        )
