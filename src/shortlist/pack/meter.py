"""Counting tokens no more than is needed: each text once, and of a text that cannot fit only the beginning."""

from __future__ import annotations

from shortlist.stage import Tokenizer

JOINT = 4  # tokens that a text cut inside a word may have more than the uncut one has up to there
SPARE = 1.25  # how much more of a text is looked at than would do if its tokens were of average length
WORTHWHILE = 0.9  # a beginning longer than this part of the text saves nothing


class Meter:
    """A tokenizer that remembers what it has counted."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._counted: dict[str, int] = {}
        # Characters and tokens so far of ASCII texts and of others: a token of Chinese is half as long as an English
        # one. The first numbers are a guess that the first texts outweigh.
        self._seen = {True: (40, 10), False: (20, 10)}

    def count(self, text: str) -> int:
        """The tokens of a text; 0 for an empty one, whatever the tokenizer says."""
        if text not in self._counted:
            tokens = self._counted[text] = self._tokenizer.count(text) if text else 0
            characters, before = self._seen[text.isascii()]
            self._seen[text.isascii()] = (characters + len(text), before + tokens)
        return self._counted[text]

    def exceeds(self, text: str, limit: int) -> bool:
        """Whether a text has more than `limit` tokens.

        Where a beginning of it has clearly more, the rest is not counted: most candidates come when the budget is
        nearly spent, and their first words settle it.
        """
        characters, tokens = self._seen[text.isascii()]
        end = int(SPARE * (limit + JOINT) * characters / tokens) + 1
        worthwhile = text not in self._counted and end < WORTHWHILE * len(text)
        return (worthwhile and self._tokenizer.count(text[:end]) > limit + JOINT) or self.count(text) > limit
