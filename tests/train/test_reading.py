"""Any file → units."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.train.samples import save_base, write_text

from shortlist.chunk import Chunker
from shortlist.errors import ReadError, UsageError
from shortlist.models.encoder import DEFAULT
from shortlist.models.tokenizer import ModelTokenizer
from shortlist.records import Document, Heading
from shortlist.train.reading import read_text, units_of

ENGLISH = """# Keys

The signing key is rotated every ninety days. The old key stays valid for thirty. Then it is destroyed.
"""
CHINESE = """# 轮换

签名密钥每九十天轮换一次。旧的密钥在三十天内仍然有效。之后它会被销毁。
"""


@pytest.fixture(scope="module")
def tokenizer() -> ModelTokenizer:
    return ModelTokenizer.load(DEFAULT)


def test_headings_become_queries_and_leave_the_passage(tokenizer: ModelTokenizer, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(ENGLISH, encoding="utf-8")
    (tmp_path / "b.md").write_text(CHINESE, encoding="utf-8")
    units = read_text([str(tmp_path)], tokenizer, 0.2).units
    assert [(unit.asked, unit.language) for unit in units] == [("Keys", "en"), ("轮换", "zh")]
    assert units[0].passage.strip().startswith("The signing key")
    assert units[1].passage.strip().startswith("签名密钥")


def test_later_chunks_under_a_heading_ask_with_a_sentence_of_their_own(tokenizer: ModelTokenizer) -> None:
    body = " ".join(f"The key number {n} is rotated every {n + 1} days." for n in range(60))
    document = Document("a", f"Keys\n\n{body}", headings=(Heading(0, 1, "Keys"),))
    first, *others = units_of(document, Chunker(size=128), tokenizer)
    assert first.asked == "Keys"
    assert others
    assert all(unit.asked in body and unit.asked not in unit.passage for unit in others)


def test_lines_and_files_are_read_together_and_what_was_left_out_is_told(
    tokenizer: ModelTokenizer, tmp_path: Path
) -> None:
    (tmp_path / "keys.md").write_text(ENGLISH, encoding="utf-8")
    (tmp_path / "again.jsonl").write_text('{"query": "q", "text": "short"}\n' * 2, encoding="utf-8")
    lines = write_text(tmp_path / "lines.jsonl", 5)
    text = read_text([str(lines), str(tmp_path)], tokenizer, 0.2)
    assert len(text.units) == 11
    assert text.left_out == {"too short": 2, "there already": 10}


def test_text_that_the_model_cannot_spell_is_left_out(tmp_path: Path) -> None:
    small = ModelTokenizer.load(save_base(tmp_path / "base"))
    file = tmp_path / "russian.jsonl"
    file.write_text('{"query": "q", "text": "Ключ подписи меняется каждые девяносто дней."}\n', encoding="utf-8")
    with pytest.raises(UsageError, match="1 in a language that the model cannot read"):
        read_text([str(file)], small, 0.2)


@pytest.mark.parametrize("content", [b"", b"   \n", bytes(range(256)) * 40, b"1 2 3 4 5 6 7 8 9\n" * 40])
def test_text_without_words_is_an_error(tokenizer: ModelTokenizer, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "text.bin"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="There is nothing to learn from"):
        read_text([str(file)], tokenizer, 0.2)


def test_a_path_that_is_not_there_is_an_error(tokenizer: ModelTokenizer, tmp_path: Path) -> None:
    with pytest.raises(ReadError):
        read_text([str(tmp_path / "none.jsonl")], tokenizer, 0.2)
