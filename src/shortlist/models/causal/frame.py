"""A prompt around one query, in tokens, and the windows of a passage that fit into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shortlist.errors import ModelDamaged, QueryTooLong
from shortlist.models.causal.prompt import SPECIAL, Prompt
from shortlist.models.cross_encoder import LEAST_ROOM
from shortlist.models.passages import tokenize, windows_of
from shortlist.models.tokenizer import ModelTokenizer


@dataclass(frozen=True, slots=True)
class Part:
    """One window of a passage in its prompt."""

    ids: list[int]  # the whole prompt
    start: int  # the window in code points of the passage
    end: int


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands before and behind every window."""

    tokenizer: ModelTokenizer
    before: list[int]
    lead: str
    after: list[int]
    max_tokens: int  # of a whole prompt

    @classmethod
    def of(cls, prompt: Prompt, query: str, tokenizer: ModelTokenizer, max_tokens: int) -> Frame:
        """The prompt with this query in it.

        Raises:
            QueryTooLong: it leaves a passage fewer than 16 tokens. A query is never cut, nor is the prompt.
            ModelDamaged: the tokenizer lacks a special token of the prompt.
        """
        before = [token for piece in prompt.before for token in _ids(tokenizer, prompt.filled(piece, query), piece)]
        after = [token for piece in prompt.after for token in _ids(tokenizer, piece, piece)]
        frame = cls(tokenizer, before, prompt.filled(prompt.lead, query), after, max_tokens)
        fixed = len(before) + tokenizer.count(frame.lead) + len(after)
        if max_tokens - fixed < LEAST_ROOM:
            raise QueryTooLong(
                f"The query and the prompt around it have {fixed} tokens; the model reads {max_tokens} at once and "
                f"needs {LEAST_ROOM} of them for a passage. Ask shorter, or allow more: max_tokens=….",
                tokens=fixed,
                max_tokens=max_tokens,
            )
        return frame

    def parts(self, passage: str) -> tuple[list[Part], int]:
        """The passage in overlapping windows, one where it fits, and how many tokens it has."""
        tokens = tokenize(self.tokenizer, self.lead + passage)
        ends = tokens.spans[:, 1] > len(self.lead)
        first = int(ends.argmax()) if ends.any() else len(tokens.ids)  # a token that lies in both is the passage's
        own = len(tokens.ids) - first
        head = [*self.before, *tokens.ids[:first].tolist()]
        cut = windows_of(own, self.max_tokens - len(head) - len(self.after))
        whole = len(cut) == 1
        spans = (tokens.spans[first:] - len(self.lead)).clip(0)
        parts = [
            Part(
                [*head, *tokens.ids[first + start : first + end].tolist(), *self.after],
                0 if whole else int(spans[start, 0]),
                len(passage) if whole else int(spans[end - 1, 1]),
            )
            for start, end in cut
        ]
        return parts, own


def only_token(tokenizer: ModelTokenizer, word: str) -> int:
    """The id of a word that is one token.

    Raises:
        ModelDamaged: it is none, or several.
    """
    ids = tokenizer.ids(word)
    if len(ids) != 1:
        raise ModelDamaged(
            f'The tokenizer {tokenizer.source} makes {len(ids)} tokens of the answer "{word}", not one. It belongs to '
            "another model than the prompt, or is damaged: fetch the model again, or give a Prompt of your own.",
            path=tokenizer.source,
        )
    return ids[0]


def _ids(tokenizer: ModelTokenizer, text: str, piece: str) -> Sequence[int]:
    if not SPECIAL.fullmatch(piece):
        return tokenizer.ids(text)
    token = tokenizer.id_of(piece)
    if token is None:
        raise ModelDamaged(
            f"The tokenizer {tokenizer.source} has no token {piece}, with which this kind of model is asked. Fetch the "
            "model again, or give a Prompt of your own.",
            path=tokenizer.source,
        )
    return [token]
