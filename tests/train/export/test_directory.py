"""Weights → a model directory that load_encoder opens; whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.train.samples import CHINESE, ENGLISH, save_base

from shortlist.errors import ModelNotFound, NoRoomToTrain, ParityFailed, UnknownArchitecture, UsageError
from shortlist.models.encoder import DEFAULT, load_encoder
from shortlist.models.runtimes.session import Session
from shortlist.train.base import Base, open_base
from shortlist.train.export.directory import Export, write_export
from shortlist.train.export.graph import build_graph
from shortlist.train.export.late import principal
from shortlist.train.export.stored import read_stored

TEXTS = [" ".join(ENGLISH[i:] + ENGLISH[:i]) for i in range(6)] + ["".join(CHINESE[i:]) for i in range(6)]


def exact(base: Base, ids: Sequence[int]) -> NDArray[np.float32]:
    session = Session(build_graph(base.weights, name="exact", exact=True).SerializeToString())
    pooled = session.run({"input_ids": np.array([ids], np.int64)}, ["token_vectors"])[0][0].mean(axis=0)
    return pooled / np.linalg.norm(pooled)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return open_base(str(save_base(tmp_path_factory.mktemp("models") / "base")))


@pytest.fixture
def export(base: Base) -> Export:
    return Export(
        weights=base.weights,
        tokenizer=base.tokenizer,
        projection=principal([np.random.default_rng(0).standard_normal((99, 32)).astype(np.float32)], 16),
        facts=replace(base.facts, name="small", licence="CC0-1.0", languages=("en", "zh")),
        reference=lambda ids: exact(base, ids),
        calibrate=TEXTS,
        held_out=[(TEXTS[:3], TEXTS)],
        card=lambda parity, config: f"{config['name']} {parity.texts} {parity.least > 0.99}",
    )


def test_what_is_written_is_an_encoder(export: Export, tmp_path: Path) -> None:
    parity = write_export(export, tmp_path / "made")
    encoder = load_encoder(str(tmp_path / "made"))
    assert (encoder.name, encoder.dimensions, encoder.languages) == ("small", 32, ("en", "zh"))
    assert encoder.projection is not None
    assert encoder.projection.shape == (32, 16)
    assert encoder.facts.late.cosine[1] > 0
    assert encoder.facts.late.maxsim[1] > 0
    assert parity.least > 0.995
    assert (tmp_path / "made" / "README.md").read_text(encoding="utf-8") == "small 15 True"
    ids = encoder.tokenizer.single(encoder.tokenizer.ids(TEXTS[0]))
    assert encoder.encode(TEXTS[:1], "passage")[0] @ export.reference(ids) > 0.995


def test_the_same_weights_make_the_same_files(export: Export, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_export(export, tmp_path / name)
    first, second = ({file.name: file.read_bytes() for file in (tmp_path / name).iterdir()} for name in ("a", "b"))
    assert first == second
    assert sorted(first) == ["README.md", "config.json", "model.onnx", "projection.npy", "tokenizer.json"]


def test_an_export_that_is_not_the_learnt_model_writes_nothing(export: Export, base: Base, tmp_path: Path) -> None:
    def opposite(ids: Sequence[int]) -> NDArray[np.float32]:
        return -exact(base, ids)

    with pytest.raises(ParityFailed, match="is not the one that was learnt"):
        write_export(replace(export, reference=opposite), tmp_path / "made")
    assert list(tmp_path.iterdir()) == []


def test_a_failing_disk_writes_nothing(export: Export, tmp_path: Path) -> None:
    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    with pytest.raises(NoRoomToTrain, match="No space left"):
        write_export(replace(export, card=full), tmp_path / "made")
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_written_over(export: Export, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    with pytest.raises(UsageError, match="is there already"):
        write_export(export, tmp_path / "made")


def test_an_exported_encoder_is_a_base_again(export: Export, base: Base, tmp_path: Path) -> None:
    write_export(export, tmp_path / "made")
    again = open_base(str(tmp_path / "made"))
    assert np.array_equal(again.weights.words.floats(), base.weights.words.floats())
    assert again.facts.name == "small"
    for text in TEXTS:
        ids = base.tokenizer.single(base.tokenizer.ids(text))
        assert exact(again, ids) @ exact(base, ids) > 0.999


def test_the_packaged_encoder_is_the_default_base() -> None:
    """In float32 it is what its int8 graph computes, but for the rounding of activations."""
    base, encoder = open_base("default"), load_encoder("default")
    assert base.projection is not None
    for text in ("query: How is the signing key rotated?", "passage: 签名密钥每九十天轮换一次。"):
        ids = base.tokenizer.single(base.tokenizer.ids(text))
        kind, _, said = text.partition(": ")
        [vector] = encoder.encode([said], "query" if kind == "query" else "passage")
        assert exact(base, ids) @ vector > 0.999


def test_a_graph_of_another_program_is_no_base(tmp_path: Path, base: Base) -> None:
    from onnx import helper

    (tmp_path / "model.onnx").write_bytes(helper.make_model(helper.make_graph([], "g", [], [])).SerializeToString())
    with pytest.raises(UnknownArchitecture, match="was not written by shortlist"):
        read_stored(tmp_path / "model.onnx")
    with pytest.raises(ModelNotFound):
        read_stored(tmp_path / "none.onnx")
    with pytest.raises(ModelNotFound, match="to start from"):
        open_base(str(tmp_path / "none"))


def test_the_words_of_the_default_encoder_are_read_to_the_bit() -> None:
    weights = read_stored(DEFAULT / "model.onnx")
    assert weights.words.scales.dtype == np.float16
    facts = json.loads((DEFAULT / "config.json").read_text(encoding="utf-8"))
    assert weights.hidden == facts["dimensions"]
    assert len(weights.positions) == facts["max_tokens"]
