from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shortlist.read.decode import decode, detect, is_text, known_encoding

SENTENCES = {
    "simplified": "签名密钥每九十天轮换一次，旧密钥保留三十天；北京大学计算机系负责检查。",
    "traditional": "請輸入繁體中文字元測試，價格三百元。收縮的週期可以從數分鐘到數小時。",
    "mixed": "Python 的安装方法：下载 installer 安装包，双击运行 setup.exe。",
    "classical": "学而时习之，不亦说乎？有朋自远方来，不亦乐乎？",
    "japanese": "これは日本語のテストです。東京都に住んでいます。",
    "french": "Le café de la façade naïve où l'été s'achève à Noël.",
    "russian": "Привет, мир! Это проверка кодировки для короткого текста.",
}
WRITTEN = [
    *(
        ("simplified", encoding)
        for encoding in ("utf-8", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
    ),
    *(("mixed", encoding) for encoding in ("gb18030", "utf-16-le")),
    *(("classical", encoding) for encoding in ("gb18030", "gb2312")),
    *(("traditional", encoding) for encoding in ("big5", "gb18030", "utf-16-be")),
    *(("japanese", encoding) for encoding in ("cp932", "euc_jp", "utf-8-sig")),
    *(("french", encoding) for encoding in ("cp1252", "latin-1", "utf-16-le")),
]
COMMON = st.characters(codec="gb2312", min_codepoint=0x4E00, max_codepoint=0x9FFF)
UNICODE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@pytest.mark.parametrize(("sentence", "encoding"), WRITTEN)
@pytest.mark.parametrize("length", [12, 20, 100])
def test_text_in_the_encodings_of_east_and_west_is_read_as_written(sentence: str, encoding: str, length: int) -> None:
    text = SENTENCES[sentence][:length]
    assert decode(text.encode(encoding)).text == text


def test_what_is_left_is_told_by_the_detector() -> None:
    assert decode(SENTENCES["russian"].encode("cp1251")).text == SENTENCES["russian"]


@given(UNICODE)
@example("\ufeff")
@settings(deadline=None)
def test_utf8_without_null_characters_is_read_exactly(text: str) -> None:
    content = text.encode()
    decoded = decode(content)
    assert decoded.replaced == 0
    assert decoded.text == text.removeprefix("\ufeff")


@given(UNICODE, st.sampled_from(["utf-8-sig", "utf-16", "utf-32"]))
@settings(deadline=None)
def test_a_byte_order_mark_decides(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)).text == text


@given(st.binary())
@settings(deadline=None)
def test_any_bytes_become_text_without_lone_surrogates(content: bytes) -> None:
    decoded = decode(content)
    decoded.text.encode()
    assert decoded.replaced == 0 or "\ufffd" in decoded.text


def test_a_few_bad_bytes_do_not_change_the_encoding() -> None:
    utf8 = SENTENCES["simplified"].encode() * 3
    cut = decode(utf8[:-1])
    assert (cut.encoding, cut.replaced) == ("utf-8", 1)
    log = decode(utf8 + b"\xff\n" + utf8)
    assert (log.encoding, log.replaced) == ("utf-8", 1)
    assert log.text.count(SENTENCES["simplified"]) == 6
    chinese = SENTENCES["simplified"].encode("gb18030") * 3
    assert decode(chinese[:-1]).text.startswith(SENTENCES["simplified"])


def test_ascii_before_the_first_chinese_character_does_not_hide_it() -> None:
    content = b"a line of a log\n" * 50_000 + SENTENCES["simplified"].encode("gb18030")
    assert decode(content).text.endswith(SENTENCES["simplified"])
    assert detect(content[: 16 * 50_000]) == "utf-8"


def test_a_claim_is_believed_where_it_fits_and_not_where_it_does_not() -> None:
    text = SENTENCES["simplified"]
    assert decode(text.encode("gb18030"), "gb2312").text == text
    assert decode(text.encode(), "gb18030").text == text
    assert decode(text.encode("gb18030"), "utf-8").text == text
    assert decode(text.encode(), "no-such-encoding").text == text


@pytest.mark.parametrize("name", ["hex", "rot13", "base64", "idna", "unicode_escape", "punycode", "", "nope", "a\0b"])
def test_what_is_no_character_set_is_not_known(name: str) -> None:
    assert known_encoding(name) == ""


def test_text_and_binary_are_told_apart() -> None:
    assert is_text(b"")
    assert is_text(SENTENCES["simplified"].encode("utf-16-le"))
    assert is_text(SENTENCES["simplified"].encode("gb18030"))
    assert is_text(b"\x1b[31mred\x1b[0m\n" * 9)
    assert is_text(b"a stray \0 in a long line of text that goes on and on and on and on" * 2)
    assert not is_text(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0")
    assert not is_text(bytes(range(256)))
