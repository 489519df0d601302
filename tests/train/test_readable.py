"""Which languages a vocabulary can spell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.train.samples import save_base, save_teacher
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from shortlist.models.tokenizer import ModelTokenizer
from shortlist.train.readable import languages_read

TEXTS = {"en": ["the key is old", "how is the new key signing"], "zh": ["如何轮换密钥", "签名密钥每九十天轮换一次。"]}


def test_a_vocabulary_reads_what_it_can_spell(tmp_path: Path) -> None:
    both = ModelTokenizer.load(save_base(tmp_path / "both"))
    english = ModelTokenizer.load(save_teacher(tmp_path / "english", chinese=False))
    assert languages_read(both, TEXTS) == {"en", "zh"}
    assert languages_read(english, TEXTS) == {"en"}
    assert languages_read(both, {"en": TEXTS["en"], "zh": []}) == {"en"}


def test_bytes_are_no_spelling() -> None:
    """A vocabulary of bytes has no unknown token, yet knows nothing of a script that it spells byte by byte."""
    alphabet = {piece: i for i, piece in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer: Any = Tokenizer(models.BPE(alphabet, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    assert languages_read(ModelTokenizer(tokenizer), TEXTS) == {"en"}
