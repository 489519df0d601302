"""ListwiseReranker: windows of the list, from its end to its front, each put in order by a chat model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from shortlist.errors import ServiceError, UsageError
from shortlist.models.judgement import Judgement
from shortlist.models.listwise.answer import Order, read_order
from shortlist.models.listwise.prompt import prompt
from shortlist.records import Note
from shortlist.stage import Chat

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ListwiseReranker:
    """A chat model that orders a list of passages, as RankGPT does (Sun et al., EMNLP 2023).

    Windows of `window` passages slide from the end of the list to its front by `step`, so that a good passage can rise
    from the last place to the first. A list of n takes about n / step answers.

    It gives an order and no scores. What `score` returns are places, -1 for the first and so on: the scale "order".
    They say nothing about a pair: with other neighbours, or in another order, the same passage has another. No
    candidate is lost or invented, whatever the model answers: what it names twice, forgets or makes up is repaired,
    and a note says how often.

    Args:
        chat: anything with `complete(messages) -> text`, such as `OpenAIChat("gpt-4o-mini")`.
        window: passages of one question; at least 2.
        step: how far a window stands before the one after it; below `window`.
        excerpt: characters of a passage that are shown; of a longer one its beginning, and a note says so.
    """

    chat: Chat
    window: int = field(default=20, kw_only=True)
    step: int = field(default=10, kw_only=True)
    excerpt: int = field(default=4000, kw_only=True)
    scale: ClassVar[str] = "order"
    lanes: ClassVar[int] = 1_000_000  # a list is read as one

    def __post_init__(self) -> None:
        if not 0 < self.step < self.window:
            raise UsageError(
                f"Windows of {self.window} passages cannot move by {self.step}: a step is at least 1 and smaller than "
                "the window, so that neighbours overlap."
            )
        if self.excerpt < 1:
            raise UsageError(f"excerpt counts characters of a passage: at least 1, not {self.excerpt}.")

    @property
    def name(self) -> str:
        """Of the chat model, and how it is used."""
        return f"listwise:{getattr(self.chat, 'name', type(self.chat).__name__)}"

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Minus the place of each passage, from -1 for the best, float32, in the order given."""
        return self.judge(query, passages).scores

    def judge(self, query: str, passages: Sequence[str]) -> Judgement:
        """Places, and notes on what was repaired or shown in part.

        Raises:
            ServiceError: the chat model failed, or no answer of it held an order.
            UsageError: `passages` is one string.
        """
        import numpy as np

        if isinstance(passages, str):
            raise UsageError("Passages are a list of texts, not one text. Put it in a list: [passage]")
        shown = [passage[: self.excerpt] for passage in passages]
        order = list(range(len(passages)))
        answers: list[Order] = []
        for start, end in windows(len(passages), self.window, self.step):
            asked = order[start:end]
            answer = read_order(self.chat.complete(prompt(query, [shown[i] for i in asked])), len(asked))
            order[start:end] = [asked[i] for i in answer.permutation]
            answers.append(answer)
        if answers and not any(answer.named for answer in answers):
            raise ServiceError(
                f"{self.name} answered {len(answers)} times without an order: a list such as [2] > [1] was expected. "
                "Take a model that follows instructions."
            )
        places = np.empty(len(order), np.float32)
        places[order] = -np.arange(1, len(order) + 1, dtype=np.float32)
        return Judgement(places, (*_repairs(answers), *self._excerpts(passages)))

    def _excerpts(self, passages: Sequence[str]) -> Iterator[Note]:
        long = sum(len(passage) > self.excerpt for passage in passages)
        if long:
            yield Note(
                "listwise-excerpt",
                f"{long} passages are longer than {self.excerpt} characters: the model was shown their beginning only.",
                {"passages": long, "excerpt": self.excerpt},
            )


def windows(count: int, window: int, step: int) -> list[tuple[int, int]]:
    """Where each window starts and ends (excluded), the last of the list first; the last window begins at 0.

    Two neighbours share `window - step` passages; a list of one passage needs no window.
    """
    if count < 2:
        return []
    starts = [max(count - window, 0)]
    while starts[-1] > 0:
        starts.append(max(starts[-1] - step, 0))
    return [(start, min(start + window, count)) for start in starts]


def _repairs(answers: Sequence[Order]) -> Iterator[Note]:
    unread = sum(answer.named == 0 for answer in answers)
    if unread:
        yield Note(
            "listwise-unread",
            f"{unread} of {len(answers)} answers held no order: the passages of those windows kept theirs.",
            {"answers": len(answers), "unread": unread},
        )
    repaired = [answer for answer in answers if answer.named and answer.repaired]
    if repaired:
        counts = {
            "repeated": sum(answer.repeated for answer in repaired),
            "unknown": sum(answer.unknown for answer in repaired),
            "missing": sum(answer.missing for answer in repaired),
        }
        yield Note(
            "listwise-repaired",
            f"{len(repaired)} of {len(answers)} answers were repaired: {counts['repeated']} identifiers repeated, "
            f"{counts['unknown']} unknown, {counts['missing']} passages forgotten, which were put behind the others.",
            {"answers": len(answers), "repaired": len(repaired), **counts},
        )
