"""What is kept is what is found, for the scores that it was fitted on and no others."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from shortlist.errors import NotCalibrated, UsageError
from shortlist.models import load_cross_encoder
from shortlist.rerank import Calibration, Rerank
from shortlist.rerank.calibration import find_calibration, save_calibration
from shortlist.rerank.calibration.store import read_calibration

PLATT = Calibration("m@1", "logit", "best", "platt", 20, 10, 0.1, 0.2, 0.25, "mine", slope=1.5, intercept=-0.5)
ISOTONIC = replace(PLATT, method="isotonic", slope=0.0, intercept=0.0, knots=((0.0, 0.1), (2.0, 0.8)))


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHORTLIST_CALIBRATIONS", str(tmp_path / "own"))
    return tmp_path / "own"


@pytest.mark.parametrize("calibration", [PLATT, ISOTONIC])
@pytest.mark.parametrize("has_directory", [True, False])
def test_what_is_kept_is_what_is_found(tmp_path: Path, calibration: Calibration, has_directory: bool) -> None:
    directory = tmp_path / "model" if has_directory else None
    file = save_calibration(calibration, directory)
    assert file.is_relative_to(tmp_path / ("model" if has_directory else "own"))
    assert find_calibration("m@1", "logit", "best", directory) == calibration


@pytest.mark.parametrize("other", [("m@2", "logit", "best"), ("m@1", "cosine", "best"), ("m@1", "logit", "mean")])
def test_a_calibration_of_other_scores_is_not_used(tmp_path: Path, other: tuple[str, str, str]) -> None:
    save_calibration(PLATT, tmp_path / "model")
    save_calibration(PLATT, None)
    assert find_calibration(*other, tmp_path / "model") is None


def test_where_the_model_cannot_be_written_the_users_own_directory_is(tmp_path: Path, own: Path) -> None:
    (tmp_path / "model").write_text("a file where the directory would be")
    assert save_calibration(PLATT, tmp_path / "model").is_relative_to(own)


def test_the_newest_is_found_wherever_it_went(tmp_path: Path) -> None:
    save_calibration(PLATT, None)
    newer = replace(PLATT, slope=3.0)
    save_calibration(newer, tmp_path / "model")
    assert find_calibration("m@1", "logit", "best", tmp_path / "model") == newer


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    file = save_calibration(PLATT, tmp_path / "model")
    assert read_calibration(file) == PLATT
    file.write_text(json.dumps(ISOTONIC.to_json()))
    assert read_calibration(file) == ISOTONIC


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": "shortlist calibration 1"}', '{"format": "other"}'])
def test_a_damaged_file_says_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "calibration.json").write_text(text)
    with pytest.raises(UsageError, match="shortlist calibrate"):
        read_calibration(tmp_path / "calibration.json")


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="shortlist calibrate"):
        Rerank(calibration=tmp_path / "none.json")("query", ["passage"])


def test_a_threshold_without_calibration_names_the_command(model_directory: Path) -> None:
    for on_error in ("keep", "raise"):
        with pytest.raises(NotCalibrated, match="shortlist calibrate"):
            Rerank(str(model_directory), threshold=0.5, on_error=on_error)("the key", ["the old key"])


def test_a_stored_calibration_gives_relevance_and_allows_a_threshold(model_directory: Path, tmp_path: Path) -> None:
    directory = tmp_path / "model"
    shutil.copytree(model_directory, directory)
    model = load_cross_encoder(directory)
    assert [c.relevance for c in Rerank(model)("the key", ["the old key"])] == [None]
    calibration = replace(PLATT, model=f"{model.name}@{model.revision}")
    save_calibration(calibration, directory)
    [candidate] = Rerank(model, threshold=0.0)("the key", ["the old key"])
    assert candidate.relevance == calibration.probability([candidate.scores["rerank"]])[0]


def test_a_calibration_given_for_another_model_is_refused(model_directory: Path) -> None:
    with pytest.raises(UsageError, match="m@1"):
        Rerank(str(model_directory), calibration=PLATT)("the key", ["the old key"])
