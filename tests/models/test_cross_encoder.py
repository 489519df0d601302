import copy
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from tests.golden.small_models import PASSAGES, QUERY, config, random_weights, save_model, shapes, vocabulary
from tests.models import laws

from shortlist.errors import ModelError, QueryTooLong, UsageError
from shortlist.models.cross_encoder import CrossEncoderModel, load_cross_encoder
from shortlist.models.passages import PART, tokenize

TEXTS = st.one_of(
    st.sampled_from([*PASSAGES, "rotate " * 80, "密钥轮换。" * 30]),
    st.text(st.characters(), max_size=60),  # lone surrogates and NUL among them
    st.text("the key is old。轮换密钥 \n", max_size=300),
)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> CrossEncoderModel:
    return load_cross_encoder(save_model(tmp_path_factory.mktemp("models") / "bert", config("bert")))


@pytest.fixture(scope="session")
def unigram(tmp_path_factory: pytest.TempPathFactory) -> CrossEncoderModel:
    return load_cross_encoder(save_model(tmp_path_factory.mktemp("models") / "roberta", config("roberta")))


@settings(deadline=None, max_examples=40)
@given(passages=st.lists(TEXTS, max_size=8), order=st.randoms(use_true_random=False))
def test_same_pair_same_score_to_the_last_bit_in_any_company_and_order(
    model: CrossEncoderModel, passages: list[str], order: Random
) -> None:
    laws.same_pair_same_score_in_any_company(model, passages, order)


def test_same_pair_same_score_from_64_threads(model: CrossEncoderModel) -> None:
    laws.same_pair_same_score_from_64_threads(model, calls=256)


@settings(deadline=None, max_examples=60)
@given(passage=TEXTS)
def test_a_passage_is_read_whole_and_the_winning_window_stands_where_it_says(
    model: CrossEncoderModel, passage: str
) -> None:
    [reading] = model.read(QUERY, [passage])
    room = model.room(QUERY)
    assert reading.tokens == reading.read == model.tokenizer.count(passage)
    assert (reading.windows == 1) == (reading.tokens <= room)
    if reading.windows == 1:
        assert (reading.start, reading.end) == (0, len(passage))
    assert 0 <= reading.start <= reading.end <= len(passage)
    # BERT cuts text at spaces, so the window's own text has the window's own tokens.
    if (
        reading.windows > 1
        and " " in passage[reading.start - 1 : reading.start] + passage[reading.end : reading.end + 1]
    ):
        window = passage[reading.start : reading.end]
        assert model.tokenizer.count(window) <= room


def test_the_best_window_counts(model: CrossEncoderModel) -> None:
    passage = "the old key. " * 20 + "rotated signing 轮换密钥" + " a new day." * 20
    [reading] = model.read(QUERY, [passage])
    assert reading.windows > 2
    assert model.score(QUERY, [passage[reading.start : reading.end]])[0] == np.float32(reading.score)
    ids = model.tokenizer.ids(passage)
    room = model.room(QUERY)
    somewhere = [model.score_ids(model.tokenizer.ids(QUERY), [ids[i : i + room]])[0] for i in range(0, len(ids), 7)]
    assert reading.score > np.median(somewhere)


def test_score_is_the_reading_s_score_and_ids_give_what_texts_give(model: CrossEncoderModel) -> None:
    passages = [*PASSAGES, "rotate the key " * 40]
    scores = model.score(QUERY, passages)
    assert scores.dtype == np.float32
    assert scores.tolist() == [reading.score for reading in model.read(QUERY, passages)]
    by_ids = model.score_ids(model.tokenizer.ids(QUERY), [model.tokenizer.ids(passage) for passage in passages])
    assert by_ids.tobytes() == scores.tobytes()


def test_nothing_in_nothing_out(model: CrossEncoderModel) -> None:
    assert model.score(QUERY, []).shape == (0,)
    assert model.score_ids([5], []).shape == (0,)
    assert model.read(QUERY, []) == []


@pytest.mark.parametrize("passage", ["", " ", "\0", "\ud800", "a\0b\udfff", "\u202e", "👩‍👩‍👧", "x" * 1000])
def test_odd_text_has_a_finite_score(model: CrossEncoderModel, unigram: CrossEncoderModel, passage: str) -> None:
    for each in (model, unigram):
        assert np.isfinite(each.score(QUERY, [passage])).all()
        assert np.isfinite(each.score(passage[:20], ["the key"])).all()


def test_ten_megabytes_are_read_in_windows(model: CrossEncoderModel) -> None:
    passage = ("q" * 300 + " ") * 33_000 + "the key"
    [reading] = model.read(QUERY, [passage])
    assert reading.tokens == reading.read == 33_002
    assert reading.windows > 500


@settings(deadline=None, max_examples=8)
@example(
    words=[*["the"] * 6, "轮换", "轮换", "rotated", "rotated", "\n", "day.", "\n", "the"]
)  # a run of white space at the cut
@given(words=st.lists(st.sampled_from(["the", "key", "轮换", "rotated", "\n", "zzz", "day."]), min_size=1, max_size=30))
def test_a_long_text_is_tokenized_as_if_at_once(
    model: CrossEncoderModel, unigram: CrossEncoderModel, words: list[str]
) -> None:
    assume(any(word.strip() for word in words))  # what is white space alone is cut where it stands
    text = f"{' '.join(words)} "
    text *= PART * 5 // 4 // len(text) + 1
    for each in (model, unigram):
        whole_ids, whole_spans = each.tokenizer.ids_and_spans(text)
        tokens = tokenize(each.tokenizer, text)
        assert tokens.ids.tolist() == whole_ids
        assert tokens.spans.tolist() == [list(span) for span in whole_spans]


def test_a_query_is_never_cut(model: CrossEncoderModel) -> None:
    specials = model.tokenizer.pair_specials
    longest = "key " * (model.max_tokens - specials - 16)
    assert model.room(longest) == 16
    assert model.score(longest, PASSAGES).shape == (len(PASSAGES),)
    with pytest.raises(QueryTooLong, match="64 at once"):
        model.room(longest + "key")
    with pytest.raises(QueryTooLong, match="64 at once"):
        model.score(longest + "key", PASSAGES)
    with pytest.raises(QueryTooLong, match="64 at once"):
        model.score_ids(model.tokenizer.ids(longest + "key"), [[5]])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_score_that_is_no_number_names_its_pair(tmp_path: Path, bad: float) -> None:
    weights = random_weights(shapes(config("bert")))
    weights["bert.embeddings.word_embeddings.weight"][vocabulary("bert").index("stay")] = bad
    model = load_cross_encoder(save_model(tmp_path, config("bert"), weights=weights))
    with pytest.raises(ModelError, match="keys stay here") as caught:
        model.score(QUERY, ["the key", "keys stay here", "a day"])
    assert caught.value.data["query"] == QUERY
    # In a long passage too, where other windows are sound.
    with pytest.raises(ModelError, match="day day"):
        model.score(QUERY, ["day " * 100 + "stay"])
    assert np.isfinite(model.score(QUERY, ["the key"])).all()


def test_inputs_are_not_changed(model: CrossEncoderModel) -> None:
    passages = [*PASSAGES, PASSAGES[0]]
    before = copy.deepcopy(passages)
    model.score(QUERY, passages)
    query_ids, passages_ids = [5, 6], [[7, 8], [9]]
    model.score_ids(query_ids, passages_ids)
    assert passages == before
    assert (query_ids, passages_ids) == ([5, 6], [[7, 8], [9]])


def test_one_text_is_no_list_of_passages(model: CrossEncoderModel) -> None:
    with pytest.raises(UsageError, match="list"):
        model.score(QUERY, "the key")


def test_equal_passages_cost_one_run(model: CrossEncoderModel, runs: Callable[[], int]) -> None:
    scores = model.score(QUERY, ["the same key"] * 50)
    assert runs() == 1
    assert len(set(scores.tolist())) == 1


@pytest.fixture
def runs(model: CrossEncoderModel, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often the graph has run since."""
    counted: list[int] = []
    run = model._graph.session.run  # pyright: ignore[reportPrivateUsage]  # counted, not replaced

    def count(*arguments: object, **named: object) -> object:
        counted.append(1)
        return run(*arguments, **named)  # pyright: ignore[reportArgumentType]  # as given

    monkeypatch.setattr(model._graph.session, "run", count)  # pyright: ignore[reportPrivateUsage]
    return lambda: len(counted)


def test_a_model_is_loaded_once_and_pickled_as_its_path(model: CrossEncoderModel) -> None:
    assert load_cross_encoder(model.source) is model
    assert pickle.loads(pickle.dumps(model)) is model
    assert (model.scale, model.name, model.max_tokens) == ("logit", "bert", 64)
    assert model.revision in repr(model)


def test_control_c_stops_between_pairs(model: CrossEncoderModel) -> None:
    program = (
        "import signal, sys; from shortlist.models import load_cross_encoder\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent in the background may ignore it\n"
        "model = load_cross_encoder(sys.argv[1]); print('ready', flush=True)\n"
        "model.score('the key', [f'key {i}' for i in range(200_000)])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, model.source], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(1)  # into the scoring, which would take minutes
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert "KeyboardInterrupt" in errors
