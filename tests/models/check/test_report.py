import json
import shutil
from pathlib import Path

import pytest
from tests.golden.small_models import config, save_model

from shortlist.errors import ModelDamaged, ModelNotFound, UsageError
from shortlist.models.check import check_model, record_check
from shortlist.models.stored_check import FILE, TEXTS


@pytest.mark.parametrize(("head", "scale"), [(True, "logit"), (False, "cosine")])
def test_what_is_recorded_is_right(tmp_path: Path, head: bool, scale: str) -> None:
    model = save_model(tmp_path / "model", config("bert", head=head))
    before = check_model(model)
    assert (before.ok, before.pairs, before.scale) == (True, (), scale)
    assert record_check(model) == model / FILE
    report = check_model(model)
    assert report.ok
    assert [(pair.query, pair.passage) for pair in report.pairs] == list(TEXTS)
    assert all(abs(pair.found - pair.expected) < 1e-5 for pair in report.pairs)


def test_a_score_that_differs_is_named(tmp_path: Path) -> None:
    model = save_model(tmp_path / "model", config("bert"))
    stated = json.loads(record_check(model).read_text(encoding="utf-8"))
    stated["pairs"][3]["score"] += 0.5
    (model / FILE).write_text(json.dumps(stated), encoding="utf-8")
    report = check_model(model)
    assert not report.ok
    assert [pair.ok for pair in report.pairs] == [True, True, True, False, True, True]


def test_a_change_that_was_meant_is_recorded_anew(tmp_path: Path) -> None:
    stated = config("bert")
    record_check(save_model(tmp_path / "before", stated))
    model = Path(shutil.copytree(tmp_path / "before", tmp_path / "model"))
    save_model(model, stated, seed=1)
    with pytest.raises(ModelDamaged, match=f"models check {model} --record"):
        check_model(model)
    record_check(model)
    assert check_model(model).ok


def test_a_model_that_cannot_be_loaded_keeps_what_is_stored(tmp_path: Path) -> None:
    model = save_model(tmp_path / "model", config("bert"))
    stored = record_check(model).read_bytes()
    broken = Path(shutil.copytree(model, tmp_path / "broken"))
    (broken / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(ModelDamaged):
        record_check(broken)
    assert (broken / FILE).read_bytes() == stored


def test_an_onnx_file_s_scores_stand_beside_its_tokenizer() -> None:
    from shortlist.models.encoder import DEFAULT

    report = check_model(DEFAULT / "model.onnx")
    assert report.ok
    assert len(report.pairs) == len(TEXTS)


def test_the_packaged_model_is_what_it_was(tmp_path: Path) -> None:
    report = check_model("default")
    assert report.ok
    assert max(abs(pair.found - pair.expected) for pair in report.pairs) < 0.05


def test_what_cannot_be_checked(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound):
        check_model("house/unknown")
    with pytest.raises(UsageError, match="no texts"):
        record_check(save_model(tmp_path / "model", config("bert")), [])
