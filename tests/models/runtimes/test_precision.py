"""Laws of the faster precisions: the same pair has the same score in any company, near the exact one, and is named."""

from __future__ import annotations

import pickle
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tests.golden.small_models import PASSAGES, QUERY, config, save_model
from tests.models import laws

from shortlist.errors import UsageError
from shortlist.models.cross_encoder import CrossEncoderModel, load_cross_encoder
from shortlist.models.runtimes import precision as precisions
from shortlist.models.runtimes.int8 import quantised
from shortlist.models.runtimes.int8_nodes import CHANNELS, in_bytes, outstanding
from shortlist.models.runtimes.precision import Mode, mode_for
from shortlist.models.runtimes.session import Session
from shortlist.rerank import Rerank

TEXTS = st.one_of(
    st.sampled_from([*PASSAGES, "rotate " * 80, "密钥轮换。" * 30]),
    st.text("the key is old。轮换密钥 \n", max_size=200),
)
WIDE: dict[str, Any] = {"hidden_size": 64, "intermediate_size": 128}  # products large enough for int8
MODES: tuple[Mode, ...] = ("exact", "bf16", "int8")


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("models") / "wide", config("bert", **WIDE))


@pytest.fixture(scope="session", params=MODES[1:])
def model(source: Path, request: pytest.FixtureRequest) -> CrossEncoderModel:
    return load_cross_encoder(source, request.param)


@settings(max_examples=25)
@given(passages=st.lists(TEXTS, max_size=12), order=st.randoms(use_true_random=False))
def test_same_pair_same_score_to_the_last_bit_in_any_company_and_order(
    model: CrossEncoderModel, passages: list[str], order: Random
) -> None:
    laws.same_pair_same_score_in_any_company(model, passages, order)


def test_same_pair_same_score_from_64_threads(model: CrossEncoderModel) -> None:
    laws.same_pair_same_score_from_64_threads(model)


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert", "electra", "deberta-v2", "modernbert", "mpnet"])
@pytest.mark.parametrize("mode", MODES[1:])
def test_every_architecture_is_near_its_exact_scores(tmp_path: Path, family: str, mode: Mode) -> None:
    place = save_model(tmp_path / family, config(family))
    exact, faster = load_cross_encoder(place), load_cross_encoder(place, mode)
    passages = [*PASSAGES, "rotate the signing key " * 20]
    wanted, got = exact.score(QUERY, passages), faster.score(QUERY, passages)
    assert np.sqrt(np.mean(np.square(wanted - got))) < 0.15 * wanted.std()  # these models are 32 wide


@pytest.mark.parametrize("family", ["bert", "modernbert"])
def test_models_of_long_texts_are_near_their_exact_scores_in_bf16(tmp_path: Path, family: str) -> None:
    """Their graphs hold loops elsewhere, with which OpenVINO gave other numbers, and NaN."""
    place = save_model(tmp_path / family, config(family, max_position_embeddings=8192))
    (place / "tokenizer_config.json").unlink()  # which would hold texts to 64 tokens
    passages = [*PASSAGES, "rotate the signing key " * 400]
    wanted, got = (load_cross_encoder(place, mode).score(QUERY, passages) for mode in ("exact", "bf16"))
    assert np.sqrt(np.mean(np.square(wanted - got))) < 0.15 * wanted.std()


def test_it_computes_otherwise_and_says_so(source: Path, model: CrossEncoderModel) -> None:
    exact = load_cross_encoder(source)
    difference = np.abs(exact.score(QUERY, PASSAGES) - model.score(QUERY, PASSAGES))
    assert 0 < difference.max() < 0.05 * max(1.0, float(np.abs(exact.score(QUERY, PASSAGES)).max()))
    assert model.revision == f"{exact.revision}-{model.precision}"
    assert pickle.loads(pickle.dumps(model)) is model
    ranking = Rerank(str(source), precision=model.precision)(QUERY, PASSAGES)
    assert ranking.model == f"wide@{model.revision}"
    assert Rerank(str(source))(QUERY, PASSAGES).model == f"wide@{exact.revision}"


@pytest.mark.parametrize(
    ("flags", "mode"),
    [
        ({"amx_bf16", "avx512_vnni"}, "bf16" if find_spec("openvino") else "int8"),
        ({"avx512_bf16", "sse4a", "avx512_vnni"}, "bf16" if find_spec("openvino") else "int8"),
        ({"avx512_bf16", "avx512_vnni"}, "int8"),
        ({"avx512_vnni"}, "int8"),
        ({"avx_vnni"}, "int8"),
        ({"avx2"}, "exact"),
        (set[str](), "exact"),
    ],
)
def test_fast_is_what_the_processor_is_made_for(monkeypatch: pytest.MonkeyPatch, flags: set[str], mode: Mode) -> None:
    monkeypatch.setattr(precisions, "processor_flags", lambda: frozenset(flags))
    assert mode_for("fast") == mode
    assert [mode_for(each) for each in MODES] == list(MODES)


def test_no_other_precision(source: Path) -> None:
    with pytest.raises(UsageError, match="'fp4'"):
        load_cross_encoder(source, "fp4")  # pyright: ignore[reportArgumentType]  # the mistake
    with pytest.raises(UsageError, match="'fp4'"):
        Rerank(str(source), precision="fp4")  # pyright: ignore[reportArgumentType]


def test_a_vocabulary_may_be_smaller_than_any_other_table(tmp_path: Path) -> None:
    place = save_model(tmp_path / "few words", config("xlm-roberta", **WIDE, max_position_embeddings=514))
    exact, faster = load_cross_encoder(place), load_cross_encoder(place, "int8")
    wanted, got = exact.score(QUERY, PASSAGES), faster.score(QUERY, PASSAGES)
    assert 0 < np.sqrt(np.mean(np.square(wanted - got))) < 0.15 * wanted.std()


@pytest.mark.parametrize("opset", [14, 17, 20])
def test_an_exported_product_of_several_texts_keeps_its_shape(opset: int) -> None:
    generator = np.random.RandomState(0)
    table, matrix = (generator.standard_normal(shape).astype(np.float32) for shape in ((50, 64), (64, 96)))
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["rows"]), helper.make_node("Relu", ["rows"], ["up"])]
    nodes += [helper.make_node("MatMul", [rows, "matrix"], [out]) for rows, out in (("rows", "one"), ("up", "two"))]
    graph = helper.make_graph(
        nodes,
        "exported",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["texts", "tokens"])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["texts", "tokens", 96]) for name in ("one", "two")],
        [numpy_helper.from_array(table, "table"), numpy_helper.from_array(matrix, "matrix")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    body, weights = quantised(model.SerializeToString())
    ids = generator.randint(0, 50, (3, 5))
    one, two = Session(body, weights=weights).run({"input_ids": ids}, ["one", "two"])
    for rows, found in ((table[ids], one), (np.maximum(table[ids], 0), two)):
        assert found.shape == (3, 5, 96)
        assert 0 < np.abs(found - rows @ matrix).max() < 0.03 * np.abs(rows @ matrix).max()


@given(hnp.arrays(np.float32, (6, 4), elements=st.floats(-1000, 1000, width=32)))
def test_a_weight_in_a_byte_is_off_by_half_a_step_at_most(matrix: NDArray[np.float32]) -> None:
    codes, scales = in_bytes(matrix)
    assert np.all(np.abs(codes * scales - matrix) <= scales * 0.5001)


@given(
    largest=hnp.arrays(np.float32, 256, elements=st.floats(0, 1000, width=32)),
    seed=st.integers(0, 100),
)
def test_no_other_channel_stands_out_more_than_those_chosen(largest: NDArray[np.float32], seed: int) -> None:
    matrix = np.random.RandomState(seed).standard_normal((256, 8)).astype(np.float32)
    sizes, chosen = largest * np.linalg.norm(matrix, axis=1), outstanding(largest, matrix)
    assert len(set(chosen.tolist())) == CHANNELS
    assert sizes[chosen].min() >= np.delete(sizes, chosen).max()
