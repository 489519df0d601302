from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from shortlist.errors import ModelDamaged, ModelNotFound
from shortlist.models.encoder import DEFAULT
from shortlist.models.tokenizer import ModelTokenizer

SAMPLES = "".join(
    [
        "aZ é e\u0301 ﬁ½ 09.,:;!?-_/<>|",
        "\r\n\t\u3000\xa0\u200b\u200d\u00ad",
        "中文签名密钥輪換，。！？；“”《》（）",
        "Ｆｕｌｌ１２３",
        "👩\u200d👩\u200d👧🎉🇨🇳",
        "𠀀𪚥",
        "\x00\x07\ufeff\ufffd\ud800\udfff",
        "ប្រកកាがㅎㅏ한",
        "</s><mask>",
    ]
)
TEXTS = st.text(st.sampled_from(SAMPLES), max_size=60) | st.text(max_size=40)


@pytest.fixture(scope="module")
def tokenizer() -> ModelTokenizer:
    return ModelTokenizer.load(DEFAULT)


@given(text=TEXTS)
@settings(deadline=None, max_examples=200)
def test_spans_fit_the_text_and_ascend(tokenizer: ModelTokenizer, text: str) -> None:
    ids, spans = tokenizer.ids_and_spans(text)
    assert len(ids) == len(spans) == tokenizer.count(text)
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert all(left[0] <= right[0] and left[1] <= right[1] for left, right in pairwise(spans))


@given(
    words=st.lists(st.sampled_from(["key", "rotate", "密钥", "轮换", "🎉", "Ｆｕｌｌ", "…"]), min_size=1, max_size=12)
)
def test_spans_find_each_word_where_it_stands(tokenizer: ModelTokenizer, words: list[str]) -> None:
    text = "\r\n".join(words)
    covered = {i for start, end in tokenizer.spans(text) for i in range(start, end)}
    assert {i for i, character in enumerate(text) if not character.isspace()} <= covered


@given(text=TEXTS)
@settings(deadline=None)
def test_no_special_token_comes_out_of_a_text(tokenizer: ModelTokenizer, text: str) -> None:
    specials = {tokenizer.single([])[0], tokenizer.single([])[-1]}
    assert not specials & set(tokenizer.ids(text))


@given(text=TEXTS)
@settings(deadline=None)
def test_the_unknown_share_is_a_share(tokenizer: ModelTokenizer, text: str) -> None:
    share = tokenizer.unknown_share(text)
    assert 0 <= share <= 1
    assert (share > 0) == (tokenizer.unknown_id in tokenizer.ids(text))


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("签名密钥", ["签", "签", "名", "密", "钥"]),
        ("a\r\nb", ["a", "\r\nb"]),
        ("Ｆｕｌｌ，你好", ["Ｆｕｌｌ", "，", "你好"]),
        ("x 🎉", ["x", " ", "🎉"]),
        ("\ud800 lone", ["\ud800", " lo", "ne"]),
    ],
)
def test_spans_in_both_languages(tokenizer: ModelTokenizer, text: str, spans: list[str]) -> None:
    assert [text[start:end] for start, end in tokenizer.spans(text)] == spans


def test_a_text_without_known_characters_is_unknown(tokenizer: ModelTokenizer) -> None:
    assert tokenizer.unknown_share("𓀀𓀁𓀂𓀃 𓀄𓀅𓀆") > 0.5
    assert tokenizer.unknown_share("How do I rotate the key? 签名密钥怎么轮换?") == 0
    assert tokenizer.unknown_share("") == 0


def test_templates_hold_the_special_tokens(tokenizer: ModelTokenizer) -> None:
    assert tokenizer.single([7, 8]) == [0, 7, 8, 2]
    assert tokenizer.pair([7], [8, 9]) == [0, 7, 2, 2, 8, 9, 2]
    assert (tokenizer.single_specials, tokenizer.before_single, tokenizer.pair_specials) == (2, 1, 4)
    assert tokenizer.pair([], []) == [0, 2, 2, 2]


def test_a_bert_template_gives_its_token_types(tmp_path: Path) -> None:
    vocabulary = {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "b": 4}
    bert: Any = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))  # not all of its methods are typed
    bert.pre_tokenizer = pre_tokenizers.Whitespace()
    bert.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    bert.enable_padding(length=20)
    bert.enable_truncation(4)
    bert.save(str(tmp_path / "tokenizer.json"))
    tokenizer = ModelTokenizer.load(tmp_path)
    assert tokenizer.pair([3, 4], [4]) == [1, 3, 4, 2, 4, 2]
    assert tokenizer.pair_types([3, 4], [4]) == [0, 0, 0, 0, 1, 1]
    assert tokenizer.count("a b a b a b") == 6
    assert tokenizer.unknown_share("a zz b") == 0.5


def test_threads_share_a_tokenizer(tokenizer: ModelTokenizer) -> None:
    texts = [f"text {i} 文本 {i * 7}" for i in range(400)]
    with ThreadPoolExecutor(64) as pool:
        assert list(pool.map(tokenizer.ids, texts)) == [tokenizer.ids(text) for text in texts]


def test_a_missing_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"no tokenizer\.json"):
        ModelTokenizer.load(tmp_path)


def test_a_cut_tokenizer_is_damaged(tmp_path: Path) -> None:
    whole = (DEFAULT / "tokenizer.json").read_bytes()
    (tmp_path / "tokenizer.json").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelDamaged, match=r"tokenizer\.json"):
        ModelTokenizer.load(tmp_path)
