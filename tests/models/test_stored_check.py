import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.golden.small_models import config, random_weights, save_model, shapes

from shortlist.errors import ModelDamaged
from shortlist.models.check import record_check
from shortlist.models.cross_encoder import load_cross_encoder
from shortlist.models.encoder import load_encoder
from shortlist.models.registry import directory_of
from shortlist.models.stored_check import (
    FILE,
    StoredCheck,
    StoredPair,
    check_score,
    check_vector,
    read_check,
    write_check,
)

NUMBERS = st.floats(-50, 50)
PAIRS = st.lists(st.builds(StoredPair, st.text(st.characters(codec="utf-8")), st.text(), NUMBERS), min_size=1)
NAMED = ("reranker", "encoder")


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded")
    record_check(save_model(folder / "reranker", config("bert")))
    record_check(save_model(folder / "encoder", config("bert", head=False)))
    return folder


@pytest.fixture
def model(recorded: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A copy of a model with stored scores, under a name that was never loaded."""
    return Path(shutil.copytree(recorded / request.param, tmp_path / request.param))


def load(directory: Path) -> Any:
    return load_cross_encoder(directory) if directory.name == "reranker" else load_encoder(str(directory))


@given(pairs=PAIRS, tolerance=st.floats(0, 1), scale=st.sampled_from(["logit", "cosine"]), vector=st.lists(NUMBERS))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[StoredPair], tolerance: float, scale: Any, vector: list[float]
) -> None:
    check = StoredCheck(scale, tolerance, tuple(pairs), tuple(vector))
    folder = tmp_path_factory.mktemp("written")
    try:
        write_check(folder, check)
    except UnicodeEncodeError:  # a lone surrogate is no text that a file could hold
        return
    assert read_check(folder) == check


@pytest.mark.parametrize("model", NAMED, indirect=True)
def test_a_model_that_is_what_was_recorded_loads(model: Path) -> None:
    assert load(model).name == model.name


@pytest.mark.parametrize("model", NAMED, indirect=True)
def test_other_weights_of_the_same_shape_are_found_out(model: Path) -> None:
    stated = json.loads((model / "config.json").read_text(encoding="utf-8"))
    save_model(model, stated, seed=1)
    with pytest.raises(ModelDamaged, match=rf"{model.name} gives .*{FILE} has"):
        load(model)


@pytest.mark.parametrize("model", NAMED[:1], indirect=True)
def test_a_head_with_its_labels_exchanged_is_found_out(model: Path) -> None:
    stated = config("bert", labels=2)
    weights = random_weights(shapes(stated))
    record_check(save_model(model.parent / "two" / "reranker", stated, weights=weights))
    swapped = {
        name: np.ascontiguousarray(tensor[::-1]) if name.startswith("classifier") else tensor
        for name, tensor in weights.items()
    }
    copied = Path(shutil.copytree(model.parent / "two" / "reranker", model.parent / "swapped" / "reranker"))
    save_model(copied, stated, weights=swapped)
    with pytest.raises(ModelDamaged, match="gives"):
        load(copied)


@pytest.mark.parametrize("model", NAMED[1:], indirect=True)
def test_another_pooling_is_found_out(model: Path) -> None:
    (model / "1_Pooling").mkdir()
    (model / "1_Pooling" / "config.json").write_text('{"pooling_mode": "cls"}', encoding="utf-8")
    with pytest.raises(ModelDamaged, match="settings are not those"):
        load(model)


@pytest.mark.parametrize("model", NAMED, indirect=True)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"format": "shortlist check 2", "scale": "logit", "tolerance": 1, "pairs": []}',
        '{"format": "shortlist check 1", "scale": "logit", "tolerance": 1, "pairs": []}',
        '{"format": "shortlist check 1", "scale": "metres", "tolerance": 1, "pairs": [{}]}',
        '{"format": "shortlist check 1", "scale": "logit", "tolerance": NaN, "pairs": '
        '[{"query": "q", "passage": "p", "score": 1}]}',
    ],
)
def test_a_damaged_file_says_so(model: Path, text: str) -> None:
    (model / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(ModelDamaged, match=f"{FILE} is damaged.*--record"):
        load(model)


@pytest.mark.parametrize("found", [float("nan"), float("inf"), 3.2])
def test_a_score_that_is_no_number_or_another_is_damage(tmp_path: Path, found: float) -> None:
    def gives(score: float) -> Callable[[str, object], Any]:
        return lambda _query, _passages: np.array([score], np.float32)

    write_check(tmp_path, StoredCheck("logit", 0.1, (StoredPair("q", "p", 3.0),)))
    with pytest.raises(ModelDamaged, match="m gives"):
        check_score(tmp_path, gives(found), name="m")
    check_score(tmp_path, gives(3.05), name="m")
    write_check(tmp_path, StoredCheck("cosine", 0.1, (StoredPair("q", "p", 0.5),)))  # another kind of score
    check_score(tmp_path, gives(found), name="m")


@pytest.mark.parametrize("found", [[0.0, 0.0], [1.0, -2.0], [float("nan"), 2.0], [1.0]])
def test_a_vector_that_is_none_or_another_is_damage(tmp_path: Path, found: list[float]) -> None:
    def gives(vector: list[float]) -> Callable[[str], Any]:
        return lambda _query: np.array(vector, np.float32)

    write_check(tmp_path, StoredCheck("cosine", 0.01, (StoredPair("q", "p", 0.5),), (1.0, 2.0)))
    with pytest.raises(ModelDamaged, match="m gives"):
        check_vector(tmp_path, gives(found), name="m")
    check_vector(tmp_path, gives([1.01, 2.0, 7.0]), name="m")
    write_check(tmp_path, StoredCheck("cosine", 0.01, (StoredPair("q", "p", 0.5),)))  # no vector is stored
    check_vector(tmp_path, gives(found), name="m")


def test_a_faster_precision_may_be_a_tenth_of_the_range_off() -> None:
    check = StoredCheck("logit", 0.01, (StoredPair("q", "a", -4.0), StoredPair("q", "b", 6.0)))
    assert check.allowed() == 0.01
    assert check.allowed("int8") == 1.0
    assert StoredCheck("logit", 0.01, check.pairs[:1]).allowed("int8") == 0.25


def test_the_packaged_model_has_scores_in_both_languages() -> None:
    check = read_check(directory_of("default"))
    assert check is not None
    assert {pair.query.isascii() for pair in check.pairs} == {True, False}
    assert len(check.vector) == 32
