from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.golden.small_models import Config, config, random_weights, save_model, shapes

from shortlist.errors import ModelDamaged, ModelError, UnknownArchitecture
from shortlist.models.graphs import attention, open_graph

WEIGHTS = random_weights(shapes(config("modernbert")))
LOCAL, GLOBAL = "sliding_attention", "full_attention"


def vectors(directory: Path, tokens: int = 60, **changes: Any) -> NDArray[np.float32]:
    save_model(directory, config("modernbert", **changes), weights=WEIGHTS)
    ids = np.random.RandomState(0).randint(5, 40, tokens).tolist()
    return open_graph(directory, "token_vectors").run(ids, [0] * tokens)


def test_settings_mean_the_same_in_the_words_of_transformers_4_and_5(tmp_path: Path) -> None:
    old = vectors(tmp_path / "old", local_rope_theta=50.0)
    rope = {GLOBAL: {"rope_theta": 160000.0, "rope_type": "default"}, LOCAL: {"rope_theta": 50.0}}
    unsaid: Config = {"global_attn_every_n_layers": None, "global_rope_theta": None, "local_rope_theta": None}
    new = vectors(tmp_path / "new", layer_types=[GLOBAL, LOCAL, LOCAL, GLOBAL], rope_parameters=rope, **unsaid)
    assert old.tobytes() == new.tobytes()


def test_a_local_base_of_null_is_the_global_one(tmp_path: Path) -> None:
    null, same = vectors(tmp_path / "a", local_rope_theta=None), vectors(tmp_path / "b", local_rope_theta=160000.0)
    assert null.tobytes() == same.tobytes()


def test_a_local_layer_does_not_see_beyond_its_reach(tmp_path: Path) -> None:
    save_model(tmp_path, config("modernbert", num_hidden_layers=1, layer_types=[LOCAL]), weights=WEIGHTS)
    graph = open_graph(tmp_path, "token_vectors")
    ids = [7] * 30
    changed = [*ids[:20], 9, *ids[21:]]
    differ = np.abs(graph.run(ids, ids)[0] - graph.run(changed, ids)[0]).max(axis=1) > 0
    assert np.flatnonzero(differ).tolist() == list(range(14, 27))  # local_attention 12: six on either side


@pytest.mark.parametrize("tokens", [33, 64, 65, 96, 127])
def test_blocks_of_a_long_text_give_what_the_whole_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tokens: int
) -> None:
    whole = vectors(tmp_path / "whole", tokens, max_position_embeddings=127)
    monkeypatch.setattr(attention, "LONG", 32)
    monkeypatch.setattr(attention, "BLOCK", 16)
    blocks = vectors(tmp_path / "blocks", tokens, max_position_embeddings=127)
    np.testing.assert_allclose(blocks, whole, atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"classifier_pooling": "max"}, UnknownArchitecture, '"max"'),
        ({"layer_types": [GLOBAL]}, ModelDamaged, "1 layer_types"),
        ({"layer_types": ["chunked_attention"] * 4}, UnknownArchitecture, "chunked_attention"),
        ({"rope_scaling": {"type": "yarn", "factor": 4.0}}, UnknownArchitecture, "yarn"),
        ({"rope_parameters": {GLOBAL: {"rope_type": "linear"}}}, UnknownArchitecture, "linear"),
        ({"norm_bias": True}, ModelDamaged, r"norm\.bias"),
        ({"intermediate_size": 32}, ModelDamaged, r"Wi\.weight .*\(128, 32\).*\(64, 32\)"),
        ({"hidden_activation": "mish"}, UnknownArchitecture, "mish"),
    ],
)
def test_a_config_that_does_not_fit_is_named(
    tmp_path: Path, changes: Config, error: type[ModelError], says: str
) -> None:
    with pytest.raises(error, match=says):
        open_graph(save_model(tmp_path, config("modernbert", **changes), weights=WEIGHTS), "logits")
