"""Laws of devices: what a GPU is given, and that its scores are the processor's; where there is none, an error says so.

A GPU of these tests is the processor under a GPU's rules: filled batches by a budget of tokens, one after the other.
Where CUDA is present the last test asks a real one.
"""

from __future__ import annotations

import importlib
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.golden.small_models import PASSAGES, QUERY, Config, cases, config, save_model
from tests.models import laws

from shortlist.cli.group import shortlist
from shortlist.errors import DeviceUnavailable, ModelDamaged, UsageError
from shortlist.models import load_reranker
from shortlist.models.cross_encoder import CrossEncoderModel, load_cross_encoder
from shortlist.models.graphs import Graph, open_graph
from shortlist.models.pairs import Pair, PairRunner
from shortlist.models.runtimes.device import CPU_PROVIDER, CUDA_PROVIDER, Batching, Device, device_of
from shortlist.models.runtimes.open import Runs
from shortlist.models.runtimes.session import cores
from shortlist.rerank import Rerank

GPU = Device("test:0", CPU_PROVIDER, batching=Batching(tokens=256, step=16, filled=True))
TEXTS = st.one_of(
    st.sampled_from([*PASSAGES, "rotate " * 80, "密钥轮换。" * 30]),
    st.text("the key is old。轮换密钥 \n", max_size=200),
)
PLAIN = {
    name: each for name, each in cases().items() if each["model_type"] not in ("deberta-v2", "modernbert", "mpnet")
}
OTHERS = {name: each for name, each in cases().items() if name not in PLAIN}


def built_for_cuda() -> bool:
    return CUDA_PROVIDER in importlib.import_module("onnxruntime").get_available_providers()


def cuda_is_here(directory: Path) -> bool:
    try:
        load_cross_encoder(directory, device="cuda")
    except DeviceUnavailable:
        return False
    return True


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("models") / "bert", config("bert"))


@pytest.fixture(scope="session")
def model(source: Path) -> CrossEncoderModel:
    return load_cross_encoder(source, device=GPU)


@pytest.fixture(scope="session")
def graph(source: Path) -> Graph:
    return open_graph(source, "logits", device=GPU)


def scores_of_both(place: Path, stated: Config) -> tuple[CrossEncoderModel, NDArray[np.float32], NDArray[np.float32]]:
    """The model as a GPU has it, its scores, and those of the processor."""
    save_model(place, stated)
    model = load_cross_encoder(place, device=GPU)
    passages = [*PASSAGES, "rotate the signing key " * 400]  # in windows, and attended to by heads where it can be
    return model, model.score(QUERY, passages), load_cross_encoder(place).score(QUERY, passages)


@pytest.mark.parametrize("name", PLAIN)
def test_batches_of_every_plain_architecture_have_the_scores_of_each_pair_alone(tmp_path: Path, name: str) -> None:
    model, scores, expected = scores_of_both(tmp_path / "m", PLAIN[name])
    assert np.abs(scores - expected).max() < 1e-4
    assert np.std(expected) > 1e-2  # or nothing was compared
    assert model.lanes > 1


@pytest.mark.parametrize("name", OTHERS)
def test_other_architectures_run_pair_by_pair(tmp_path: Path, name: str) -> None:
    model, scores, expected = scores_of_both(tmp_path / "m", OTHERS[name])
    assert scores.tobytes() == expected.tobytes()
    assert model.lanes == 1


def test_texts_longer_than_1024_tokens_are_attended_to_by_heads(tmp_path: Path) -> None:
    stated = config("xlm-roberta", max_position_embeddings=2100, num_attention_heads=2)
    place = save_model(tmp_path / "m", stated)
    (place / "tokenizer_config.json").unlink()  # which would hold texts to 64 tokens
    wide = replace(GPU, batching=Batching(tokens=4200, step=16, filled=True))
    long, passages = load_cross_encoder(place, device=wide), ["rotate the key " * 300, "签名密钥" * 300, "short"]
    assert [reading.windows for reading in long.read(QUERY, passages)] == [1, 1, 1]
    assert max(long.tokenizer.count(passage) for passage in passages) > 1024
    assert np.abs(long.score(QUERY, passages) - load_cross_encoder(place).score(QUERY, passages)).max() < 1e-4


@settings(max_examples=25)
@given(passages=st.lists(TEXTS, max_size=24), order=st.randoms(use_true_random=False))
def test_same_pair_same_score_to_the_last_bit_in_any_company_and_order(
    model: CrossEncoderModel, passages: list[str], order: Random
) -> None:
    laws.same_pair_same_score_in_any_company(model, passages, order)


def test_same_pair_same_score_from_64_threads(model: CrossEncoderModel) -> None:
    laws.same_pair_same_score_from_64_threads(model)


@dataclass
class Watched:
    """A session that remembers what shapes it was given, and may compute something else in company."""

    session: Runs
    company_matters: bool = False
    shapes: list[tuple[int, ...]] = field(default_factory=list[tuple[int, ...]])

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.session.inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        return self.session.outputs

    def run(
        self, inputs: Mapping[str, NDArray[np.generic]], outputs: Sequence[str] | None = None
    ) -> list[NDArray[np.float32]]:
        self.shapes.append(inputs["input_ids"].shape)
        found = self.session.run(inputs, outputs)
        sums = np.sum([array.astype(np.int64) for array in inputs.values()])
        return [array + np.float32(sums * 1e-6) for array in found] if self.company_matters else found


@settings(max_examples=25)
@given(lengths=st.lists(st.integers(1, 64), max_size=60))
def test_every_batch_of_a_length_has_one_shape_within_the_budget(graph: Graph, lengths: list[int]) -> None:
    session = Watched(graph.session)
    runner = PairRunner(replace(graph, session=session))
    session.shapes.clear()
    pairs: list[Pair] = [([5] * length, [0] * length) for length in lengths]
    assert runner.logits(pairs).shape == (len(pairs),)
    padded = [-(-length // 16) * 16 for length in lengths]
    assert set(session.shapes) == {(256 // length, length) for length in padded}
    assert len(session.shapes) == sum(-(-padded.count(length) // (256 // length)) for length in set(padded))


def test_where_company_changes_a_bit_pairs_run_alone(graph: Graph) -> None:
    session = Watched(graph.session, company_matters=True)
    runner = PairRunner(replace(graph, session=session))
    session.shapes.clear()
    runner.logits([([5] * 16, [0] * 16)] * 3)
    assert session.shapes == [(1, 16)] * 3
    assert runner.lanes == 1


def test_lanes_are_what_is_computed_at_once(source: Path, model: CrossEncoderModel) -> None:
    assert model.lanes == 256 // 64  # the model reads 64 tokens
    assert load_cross_encoder(source).lanes == cores()


def test_the_result_says_where_it_was_computed(source: Path, model: CrossEncoderModel, tmp_path: Path) -> None:
    exact = load_cross_encoder(source)
    assert model.revision == f"{exact.revision}-test-256"
    larger = load_cross_encoder(source, device=replace(GPU, batching=Batching(512, 16, filled=True)))
    assert larger.revision == f"{exact.revision}-test-512"  # another shape may have other last bits
    assert pickle.loads(pickle.dumps(model)) is model
    assert Rerank(model)(QUERY, PASSAGES).model == f"bert@{model.revision}"
    for each in (model, exact, model):  # scores of one are never taken for the other's
        cached = Rerank(each, cache=tmp_path)(QUERY, PASSAGES)
        assert cached.candidates == Rerank(each)(QUERY, PASSAGES).candidates


def test_names_of_devices() -> None:
    assert device_of("cpu").batching is None
    assert device_of("cpu").revision == ""
    assert device_of("cuda") == device_of("cuda:0") != device_of("cuda:1")
    assert dict(device_of("cuda:1").options)["device_id"] == "1"
    assert device_of("cuda:1", 4096).revision == device_of("cuda", 4096).revision == "cuda-4096"


@pytest.mark.parametrize("name", ["", "gpu", "CUDA", "cuda:", "cuda:-1", "cuda:1 ", "cuda:x"])
def test_no_other_device(source: Path, name: str) -> None:
    for use in (load_cross_encoder, load_reranker):
        with pytest.raises(UsageError, match="no device"):
            use(source, device=name)
    with pytest.raises(UsageError, match="no device"):
        Rerank(str(source), device=name)


def test_what_does_not_run_there_is_refused(source: Path) -> None:
    for precision in ("bf16", "int8"):
        with pytest.raises(UsageError, match=precision):
            load_cross_encoder(source, precision, GPU)
    assert load_cross_encoder(source, "fast", GPU) is load_cross_encoder(source, "exact", GPU)
    for name in ("default", "tei:http://localhost:1", str(save_model(source.parent / "e", config("bert", head=False)))):
        with pytest.raises(UsageError, match="does not run on test:0"):
            load_reranker(name, device=GPU)
    with pytest.raises(UsageError, match="batch_tokens"):
        Rerank(str(source), device="cuda", batch_tokens=0)


def test_a_gpu_that_fails_says_what_may_help(graph: Graph) -> None:
    with pytest.raises(ModelDamaged, match="test:0 lacks memory"):
        graph.session.run({name: np.zeros((1, 200), np.int64) for name in graph.session.inputs})  # too long for it


@pytest.mark.skipif(built_for_cuda(), reason="this onnxruntime can use CUDA")
def test_a_runtime_without_cuda_is_named_with_what_to_install(source: Path) -> None:
    with pytest.raises(DeviceUnavailable, match=rf"(?s)cuda:0.*only.*{CPU_PROVIDER}.*onnxruntime-gpu") as raised:
        load_cross_encoder(source, device="cuda")
    assert raised.value.data["device"] == "cuda:0"
    assert CPU_PROVIDER in raised.value.data["found"]
    kept = Rerank(str(source), device="cuda:1")(QUERY, PASSAGES)
    assert (kept.status, [note.code for note in kept.notes]) == ("failed", ["rerank-failed"])
    typed = ["rerank", QUERY, "--model", str(source), "--device", "cuda"]
    assert isinstance(CliRunner().invoke(shortlist, typed, input="a passage\n").exception, DeviceUnavailable)


@pytest.mark.skipif(not built_for_cuda(), reason="this onnxruntime cannot use CUDA")
def test_a_gpu_that_is_not_there_is_an_error_though_the_runtime_would_fall_back(source: Path) -> None:
    with pytest.raises(DeviceUnavailable, match="could not begin on cuda:99"):
        load_cross_encoder(source, device="cuda:99")


def test_a_real_gpu_has_the_processors_scores(tmp_path: Path, source: Path) -> None:
    if not cuda_is_here(source):
        pytest.skip("no GPU that onnxruntime can use")
    for name, stated in cases().items():
        place = save_model(tmp_path / name, stated)
        passages = [*PASSAGES, "rotate the signing key " * 400]
        there, here = load_cross_encoder(place, device="cuda"), load_cross_encoder(place)
        together = there.score(QUERY, passages)
        assert np.abs(together - here.score(QUERY, passages)).max() < 1e-4, name
        assert [there.score(QUERY, [passage])[0] for passage in passages] == together.tolist(), name
