"""One call of a service: batches side by side, what is too long in windows, scores back to their passages."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain

from shortlist.errors import ModelError, QueryTooLong
from shortlist.models.remote.address import Address
from shortlist.models.remote.batches import batches, halves, weight, windows_of
from shortlist.models.remote.post import Patience, post_json
from shortlist.models.remote.refusal import Reply, TooMuch
from shortlist.models.remote.results import scores_of, warnings_of
from shortlist.models.remote.service import Service
from shortlist.records import Note

AT_ONCE = 4  # requests: others ask too, and with more of them TEI was slower (text-embeddings-inference#713)
LEAST = 150  # bytes: where so short a passage is refused as too long, another window will not help
LONG_QUERY = 500  # bytes: a shorter one fits beside a passage into any model


@dataclass(slots=True)
class Call:
    """One query and its passages. Used once."""

    service: Service
    address: Address
    model: str
    scale: str
    query: str
    patience: Patience
    ends: float = 0.0
    warned: dict[str, None] = field(default_factory=dict[str, None])  # an ordered set
    parts: dict[str, int] = field(default_factory=dict[str, int])  # text → windows it was read in, where more than one

    def scores(self, passages: Sequence[str]) -> dict[str, float]:
        """The score of each of these different passages: that of its best window."""
        self.ends = self.patience.ends()
        cut = {passage: windows_of(self.service, self.query, passage) for passage in passages}
        sent = list(dict.fromkeys(chain.from_iterable(cut.values())))
        found = self._all(list(batches(self.service, self.query, sent)))
        windows = {passage: sum(self.parts.get(window, 1) for window in cut[passage]) for passage in passages}
        self.parts = {passage: number for passage, number in windows.items() if number > 1}
        return {passage: max(found[window] for window in cut[passage]) for passage in passages}

    def notes(self) -> tuple[Note, ...]:
        """What the user should know of it."""
        notes = [
            Note("remote-warning", f'{self.service.name} warns: "{text}"', {"service": self.service.name})
            for text in self.warned
        ]
        if self.parts:
            notes.append(
                Note(
                    "remote-windows",
                    f"{self.service.name} might not have read {len(self.parts)} long passages whole: they were sent in "
                    "overlapping windows, and the best window of each counts.",
                    {"passages": len(self.parts), "windows": sum(self.parts.values())},
                )
            )
        return tuple(notes)

    def _all(self, requests: Sequence[Sequence[str]]) -> dict[str, float]:
        """The scores of all requests, some of them under way at once. The first that fails ends the call."""
        if len(requests) == 1:  # in the caller's own thread, which Ctrl-C can end
            return self._ask(requests[0])
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="shortlist-remote") as pool:
            futures = [pool.submit(self._ask, batch) for batch in requests]
            try:
                return dict(chain.from_iterable(future.result().items() for future in futures))
            finally:
                for future in futures:
                    future.cancel()

    def _ask(self, batch: Sequence[str]) -> dict[str, float]:
        """The score of each text of one request; what is refused for its size goes again in smaller pieces."""
        try:
            body = self.service.body(self.model, self.query, batch)
            answer = post_json(self.address, body, self.patience, self.ends)
        except TooMuch as refused:
            return self._in_two(batch) if len(batch) > 1 else self._in_windows(batch[0], refused)
        for text in warnings_of(answer):
            self.warned[self.address.hidden(Reply(200, text.encode("utf-8", "replace")).beginning)] = None
        return dict(zip(batch, scores_of(self.service, answer, len(batch), self.scale), strict=True))

    def _in_two(self, batch: Sequence[str]) -> dict[str, float]:
        """The light and the heavy half, until what is too long stands alone: no other text is cut because of it."""
        ordered = sorted(batch, key=weight)
        middle = len(ordered) // 2
        return {**self._ask(ordered[:middle]), **self._ask(ordered[middle:])}

    def _in_windows(self, text: str, refused: TooMuch) -> dict[str, float]:
        if weight(text) < LEAST:
            raise self._no_room(refused)
        windows = halves(text)
        found = self._ask(list(dict.fromkeys(windows)))
        self.parts[text] = sum(self.parts.get(window, 1) for window in windows)
        return {text: max(found[window] for window in windows)}

    def _no_room(self, refused: TooMuch) -> ModelError:
        """What is wrong with a request whose passages are short already."""
        if weight(self.query) < LONG_QUERY:
            return refused
        return QueryTooLong(f"{refused.message} The query leaves no room for a passage: ask shorter.", **refused.data)
