"""The second look steps aside where the model cannot read the text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from shortlist.records import Candidate, Note

SAMPLE = 8  # candidates whose text is looked at: enough to know the language of a list, too few to cost time


class ReadsTokens(Protocol):
    """What the guard asks of a model."""

    @property
    def model_name(self) -> str:
        """Name and revision."""
        ...

    @property
    def unknown_limit(self) -> float:
        """Above this share the model should not judge."""
        ...

    def unknown_share(self, text: str) -> float:
        """Share of the text's tokens that the model does not know, in [0, 1]."""
        ...


def unreadable(model: ReadsTokens, query: str, candidates: Sequence[Candidate]) -> Note | None:
    """A note that says why the model should not judge this list, or None where it can.

    It cannot where more than its limit of the query's tokens, or of the tokens of the first candidates taken
    together, are unknown to it.
    """
    passages = "\n".join(candidate.chunk.text[:500] for candidate in candidates[:SAMPLE])
    for what, text in (("query", query), ("passages", passages)):
        share = model.unknown_share(text)
        if share > model.unknown_limit:
            return Note(
                "rerank-cannot-read",
                f"{share:.0%} of the tokens of the {what} are unknown to {model.model_name} (limit "
                f"{model.unknown_limit:.0%}), so it stepped aside and the longlist kept its order.",
                {"what": what, "unknown": share, "limit": model.unknown_limit, "model": model.model_name},
            )
    return None
