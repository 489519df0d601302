"""JSON Lines → units."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.errors import UsageError
from shortlist.train.units import Unit, distinct, language_of, read_units, split_sentence, unit_of

SENTENCES = st.lists(
    st.sampled_from(["The key is rotated.", "Old keys stay valid!", "签名密钥每九十天轮换一次。"]), max_size=6
)


def write(file: Path, *lines: object) -> Path:
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    file.write_bytes(gzip.compress(text.encode()) if file.suffix == ".gz" else text.encode())
    return file


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_line_is_a_unit(tmp_path: Path, name: str) -> None:
    lines = {"query": "how?", "positive": "so."}, {"en": "Rotate the key.", "zh": "轮换密钥。"}
    assert list(read_units([write(tmp_path / name, *lines)])) == [
        Unit("so.", "how?", "how?", "en"),
        Unit("Rotate the key.", "轮换密钥。", "Rotate the key.", "en"),
    ]


@given(sentences=SENTENCES)
def test_without_a_query_a_sentence_is_cut_from_the_passage(sentences: list[str]) -> None:
    passage = " ".join(sentences)
    query, rest = split_sentence(passage)
    assert bool(query) == (len(sentences) >= 3)
    assert not query or rest.count(query) == passage.count(query) - 1
    unit = unit_of("", passage)
    assert (unit is None) == (len(sentences) < 3)


@settings(max_examples=30)
@given(passages=st.lists(st.text(max_size=4)))
def test_distinct_keeps_the_first_of_each(passages: list[str]) -> None:
    units = [Unit(passage, "q", "q", "en") for passage in passages]
    kept = list(distinct(units))
    assert list(distinct([*units, *units])) == kept
    assert [unit for unit in units if unit in kept][:1] == units[:1]


def test_a_fifth_of_han_letters_is_chinese() -> None:
    assert [language_of(text) for text in ("the key", "key 密钥", "轮换 key", "", "12")] == [
        "en",
        "zh",
        "zh",
        "en",
        "en",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\x00binary", "cannot be read as text"),
        (b"no json\n", "line 1 is not JSON"),
        (b"[1]\n", "line 1 is no JSON object"),
        (b'\n{"query": "how?"}\n', "line 2 has no passage"),
    ],
)
def test_what_is_no_unit_is_an_error_that_says_where(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=said):
        list(read_units([file]))
    packed = tmp_path / "a.jsonl.gz"
    packed.write_bytes(b"\x1f\x8bbroken")
    with pytest.raises(UsageError, match="cannot be read as text"):
        list(read_units([packed]))
