"""The second look steps aside where the model cannot read the text, or was measured to hurt on this index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from shortlist.records import Candidate, Features, Note

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


@runtime_checkable
class Measured(Protocol):
    """Features of an index that remembers what evaluations found (`shortlist.index.second_look`)."""

    def measured(self, model: str) -> Mapping[str, Any] | None:
        """What was found of a model; None where nothing was."""
        ...


def harmful(model: str, features: Features | None) -> Note | None:
    """A note that says that the model made this index's results worse when it was measured, or None.

    It did where the whole 95 % interval of the difference that it made lies below 0.
    """
    found = features.measured(model) if isinstance(features, Measured) else None
    if found is None or not found["high"] < 0:
        return None
    return Note(
        "rerank-measured-to-hurt",
        f"{model} was measured to hurt on this index ({found['measure']} {found['difference']:+.3f}, 95 % interval "
        f"{found['low']:+.3f} to {found['high']:+.3f}, {found['queries']} queries of {found['dataset']}), so it "
        "stepped aside and the longlist kept its order. Rerank(guard=False) reads all the same.",
        {"model": model, **found},
    )


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
