"""Weights stay outside the graph, which is a protobuf and may not exceed 2 GB."""

from pathlib import Path

import numpy as np
import pytest
from tests.golden.small_models import config, save_model

from shortlist.models.graphs import open_graph, tensors
from shortlist.models.graphs.architecture import transformer
from shortlist.models.graphs.architectures import ARCHITECTURES
from shortlist.models.graphs.config import read_config
from shortlist.models.graphs.nodes import Nodes
from shortlist.models.graphs.weights import Weights

FAMILIES = ("bert", "xlm-roberta", "distilbert", "electra", "deberta-v2", "modernbert", "mpnet")
IDS = [2, 7, 11, 30, 3, 9, 3]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_graph_does_not_grow_with_its_weights(tmp_path: Path, family: str) -> None:
    sizes: list[int] = []
    for rows in (500, 5000):
        directory = save_model(tmp_path / str(rows), config(family, vocab_size=rows))
        architecture = ARCHITECTURES[family]
        written = Nodes(Weights(directory, architecture.prefix))
        model = written.model(transformer(written, architecture, read_config(directory)), "token_vectors")
        assert sum(array.nbytes for array in written.outside.values()) > rows * 16 * 4
        sizes.append(len(model))
    assert sizes[1] - sizes[0] < 100
    assert sizes[1] < 100_000


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("inline", [64, 1 << 30])
def test_where_a_tensor_lies_changes_no_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, family: str, inline: int
) -> None:
    directory = save_model(tmp_path, config(family))
    usual = open_graph(directory, "token_vectors").run(IDS, [0] * len(IDS))
    monkeypatch.setattr(tensors, "INLINE", inline)
    moved = open_graph(directory, "token_vectors").run(IDS, [0] * len(IDS))
    assert moved.tobytes() == usual.tobytes()
    assert np.isfinite(usual).all()
