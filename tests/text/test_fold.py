import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.text import fold, fold_with_offsets
from shortlist.text.fold import fold_shape

HARD = "aeéÉcCß ﬁ½ｶﾞﾞ臺灣台湾簽签乾\u0301\u0327\u0345\u00ad\u200d\ufe0f\u1112\u1161\u11abΐйİıŉǼ한ﷺ🏳️‍🌈"
texts = st.text() | st.text(alphabet=HARD, max_size=12)
laws = settings(deadline=None, max_examples=200)


@laws
@given(texts)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@laws
@given(texts)
def test_shape_loses_only_the_case(text: str) -> None:
    assert fold(fold_shape(text)) == fold(text)


@laws
@given(texts, st.booleans())
def test_offsets_go_with_the_folded_text(text: str, keep_case: bool) -> None:
    folded = fold_with_offsets(text, keep_case=keep_case)
    assert folded.text == (fold_shape(text) if keep_case else fold(text))
    assert len(folded.starts) == len(folded.ends) == len(folded.text)
    assert list(folded.starts) == sorted(folded.starts)
    assert list(folded.ends) == sorted(folded.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(folded.starts, folded.ends, strict=True))


@laws
@given(texts)
def test_composed_and_decomposed_text_fold_alike(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


def test_every_character_folds_to_its_end() -> None:
    folded = (fold(chr(code)) for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF)
    assert all(fold(character) == character for character in set("".join(folded)))


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("ＡＰＩ，ｖ２．１", "api,v2.1"),
        ("簽名密鑰輪換", "签名密钥轮换"),
        ("發展 頭髮 後臺 皇后", "发展 头发 后台 皇后"),
        ("Café Erdős Łódź Ærø Straße", "cafe erdos lodz aero strasse"),
        ("cafe\u0301 x\u0304", "cafe x"),
        ("data\u00adbase zero\u200bwidth", "database zerowidth"),
        ("ﬁnd ½", "find 1⁄2"),
        ("ｶﾞｷﾞ ガ й", "ガギ ガ й"),
    ],
)
def test_ways_to_write_the_same_thing(written: str, same: str) -> None:
    assert fold(written) == same


def test_spans_lead_back_to_what_was_written() -> None:
    text = "Cafe\u0301，ﬁx 臺"
    folded = fold_with_offsets(text)
    assert folded.text == "cafe,fix 台"
    assert text[slice(*folded.original(0, 4))] == "Cafe\u0301"
    assert text[slice(*folded.original(5, 8))] == "ﬁx"
    assert text[slice(*folded.original(9, 10))] == "臺"
