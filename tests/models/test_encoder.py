"""Laws of reading a text, on the packaged encoder; what is wrong with a model directory is named."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.errors import ModelDamaged, ModelNotFound
from shortlist.models.encoder import DEFAULT, Encoder, load_encoder

WORDS = [
    "rotate",
    "the key",
    "签名密钥",
    "怎么轮换?",
    "🎉",
    "e\u0301",
    "Ｆｕｌｌ",
    "\r\n",
    " ",
    "…",
    ":",
    "\ud800",
    "\x00",
    "𒀀",
]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=8).map("".join)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder()


@given(text=TEXTS)
@settings(deadline=None, max_examples=40)
def test_the_ids_of_a_reading_are_those_of_the_text_alone(encoder: Encoder, text: str) -> None:
    [reading] = encoder.read([text], "query")
    assert reading.ids.tolist() == encoder.tokenizer.ids(text)


@given(texts=st.lists(TEXTS, min_size=1, max_size=5))
@settings(deadline=None, max_examples=15)
def test_a_vector_is_the_same_in_any_company(encoder: Encoder, texts: list[str]) -> None:
    together = encoder.read(texts, "passage")
    for text, reading in zip(texts, together, strict=True):
        [alone] = encoder.read([text], "passage")
        np.testing.assert_array_equal(alone.vector, reading.vector)
        assert alone.packed == reading.packed


def test_reading_and_encoding_agree(encoder: Encoder) -> None:
    texts = ["Rotate the key.", "轮换密钥。", ""]
    for kind in ("query", "passage"):
        vectors = np.stack([reading.vector for reading in encoder.read(texts, kind)])
        np.testing.assert_array_equal(vectors, encoder.encode(texts, kind))


def test_a_query_and_a_passage_of_the_same_words_differ(encoder: Encoder) -> None:
    assert not np.array_equal(encoder.encode(["key"], "query"), encoder.encode(["key"], "passage"))


@pytest.mark.parametrize("sentence", ["The key is rotated every ninety days. ", "签名密钥每九十天轮换一次。"])
def test_the_end_of_a_long_text_counts(encoder: Encoder, sentence: str) -> None:
    long = sentence * 120
    [plain, other] = encoder.read([long, long + "Bananas are yellow. 香蕉是黄色的。" * 20], "passage")
    assert plain.windows > 1
    assert float(plain.vector @ other.vector) < 0.999


def test_a_text_at_the_limit_is_one_window(encoder: Encoder) -> None:
    room = encoder.max_tokens - 2 - encoder.tokenizer.count("passage:")
    readings = encoder.read([" ".join(["key"] * n) for n in (room, room + 1)], "passage")
    assert [len(reading.ids) for reading in readings] == [room, room + 1]
    assert [reading.windows for reading in readings] == [1, 2]


def test_progress_counts_the_texts(encoder: Encoder) -> None:
    done: list[int] = []
    encoder.read(["a", "b", "c"], "passage", progress=done.append)
    assert done == [1, 2, 3]


def test_an_encoder_is_loaded_once(encoder: Encoder) -> None:
    assert load_encoder("default") is encoder
    assert load_encoder(str(DEFAULT)) is load_encoder(str(DEFAULT / ".." / "default"))


def test_a_missing_encoder_is_named() -> None:
    with pytest.raises(ModelNotFound, match="no-such-model"):
        load_encoder("no-such-model")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEFAULT, tmp_path / "model"))


@pytest.mark.parametrize("file", ["model.onnx", "tokenizer.json", "config.json", "projection.npy"])
def test_a_cut_file_is_named(copied: Path, file: str) -> None:
    whole = (copied / file).read_bytes()
    (copied / file).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelDamaged, match=file.replace(".", r"\.")):
        load_encoder(str(copied))


@pytest.mark.parametrize("file", ["model.onnx", "tokenizer.json"])
def test_a_missing_file_is_named(copied: Path, file: str) -> None:
    (copied / file).unlink()
    with pytest.raises(ModelNotFound, match=file.replace(".", r"\.")):
        load_encoder(str(copied))


def test_a_config_that_does_not_fit_the_weights_is_damaged(copied: Path) -> None:
    stated = json.loads((copied / "config.json").read_text(encoding="utf-8"))
    wrong: list[dict[str, object]] = [{"dimensions": 383}, {"dimensions": "many"}, {"prefixes": []}]
    for changed in wrong:
        (copied / "config.json").write_text(json.dumps({**stated, **changed}), encoding="utf-8")
        with pytest.raises(ModelDamaged):
            load_encoder(str(copied))


def test_a_projection_of_another_model_is_damaged(copied: Path) -> None:
    np.save(copied / "projection.npy", np.zeros((256, 64), np.float32))
    with pytest.raises(ModelDamaged, match="384 rows"):
        load_encoder(str(copied))
