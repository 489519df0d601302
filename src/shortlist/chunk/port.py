"""What a chunker asks of a tokenizer: where each token stands, and an exact count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class SpanTokenizer(Protocol):
    """The tokenizer in whose tokens chunks are measured: that of the encoder which will read them."""

    def count(self, text: str) -> int:
        """Number of tokens of `text`, special tokens left out."""
        ...

    def spans(self, text: str) -> Sequence[tuple[int, int]]:
        """The code points of `text` that each token stands for, from and to (excluded), in order."""
        ...
