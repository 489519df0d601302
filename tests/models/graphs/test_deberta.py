from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.golden.small_models import Config, config, random_weights, save_model, shapes

from shortlist.errors import ModelDamaged, ModelError, UnknownArchitecture
from shortlist.models.graphs import open_graph
from shortlist.models.graphs.disentangled import bucket


@given(half=st.integers(2, 200), more=st.integers(2, 2000))
def test_buckets_are_distances_nearby_and_never_turn_back(half: int, more: int) -> None:
    longest = half + more
    distances = np.arange(-longest + 1, longest)
    rows = bucket(distances, 2 * half, longest)
    assert (rows == -rows[::-1]).all()
    near = np.abs(distances) <= half
    assert (rows[near] == distances[near]).all()
    assert (np.diff(rows) >= 0).all()
    assert rows.max() == (2 * half - 1 if more > 2 else rows[-1])


def test_known_buckets_of_v3() -> None:
    # make_log_bucket_position(d, 256, 512) of transformers 5.23
    distances = np.array([0, 1, 127, 128, 129, 130, 200, 256, 300, 400, 510, 511])
    assert bucket(distances, 256, 512).tolist() == KNOWN
    assert bucket(-distances, 256, 512).tolist() == [-row for row in KNOWN]


KNOWN = [0, 1, 127, 128, 129, 130, 169, 192, 207, 233, 255, 255]


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"conv_kernel_size": 3}, UnknownArchitecture, "convolution"),
        ({"attention_head_size": 16}, UnknownArchitecture, "attention_head_size"),
        ({"position_buckets": 16}, ModelDamaged, r"rel_embeddings.weight .*\(16, 32\).*\(32, 32\)"),
        ({"share_att_key": False}, ModelDamaged, "pos_key_proj"),
        ({"position_biased_input": True}, ModelDamaged, "position_embeddings"),
        ({"pooler_hidden_act": "mish"}, UnknownArchitecture, "mish"),
    ],
)
def test_a_config_that_does_not_fit_is_named(
    tmp_path: Path, changes: Config, error: type[ModelError], says: str
) -> None:
    weights = random_weights(shapes(config("deberta-v2")))
    with pytest.raises(error, match=says):
        open_graph(save_model(tmp_path, config("deberta-v2", **changes), weights=weights), "logits")


def test_one_token_is_a_text(tmp_path: Path) -> None:
    graph = open_graph(save_model(tmp_path, config("deberta-v2")), "token_vectors")
    assert graph.run([7], [0]).shape == (1, 1, 32)
