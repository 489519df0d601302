"""Which languages a model can read, by how its vocabulary spells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from shortlist.models.tokenizer import ModelTokenizer

SAMPLE = 64  # texts of a language
UNKNOWN = 0.2  # share of characters that the vocabulary cannot spell, at most
SPELT = 1.5  # tokens a character, at most: more are the bytes of a script that the vocabulary does not know


def languages_read(tokenizer: ModelTokenizer, texts: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Those of the languages that the vocabulary can spell, judged by some texts of each."""
    return frozenset(language for language, some in texts.items() if some and _reads(tokenizer, some[:SAMPLE]))


def _reads(tokenizer: ModelTokenizer, texts: Sequence[str]) -> bool:
    unknown = np.mean([tokenizer.unknown_share(text) for text in texts])
    tokens = sum(map(tokenizer.count, texts)) / max(sum(map(len, texts)), 1)
    return bool(unknown <= UNKNOWN and tokens <= SPELT)
