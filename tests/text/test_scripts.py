import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.text import han_share, language


@given(st.text())
def test_a_share_is_a_share(text: str) -> None:
    assert 0.0 <= han_share(text) <= 1.0
    assert language(text) in {"en", "zh", "ja", "ko", "other"}


def test_han_share_counts_letters_only() -> None:
    assert han_share("签名密钥，123 🙂") == 1.0
    assert han_share("sign 密钥签名") == 0.5
    assert han_share("123 ，。") == han_share("") == 0.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How do I rotate the signing key without any downtime?", "en"),
        ("pod eviction", "en"),
        ("用Python写API", "zh"),
        ("簽名密鑰怎麼輪換？", "zh"),
        ("日本語のテキストです", "ja"),
        ("한국어 문장", "ko"),
        ("Ceci est une phrase en français, pour voir ce que cela donne", "other"),
        ("Это русский", "other"),
        ("123 ，。", "other"),
        ("", "other"),
    ],
)
def test_language(text: str, expected: str) -> None:
    assert language(text) == expected
