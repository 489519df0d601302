"""The last layer of a cross-encoder, whose head reads the first token alone."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.golden.small_models import config, save_model

from shortlist.models.graphs.architecture import transformer
from shortlist.models.graphs.architectures import ARCHITECTURES
from shortlist.models.graphs.config import read_config
from shortlist.models.graphs.nodes import Nodes
from shortlist.models.graphs.weights import Weights
from shortlist.models.runtimes.session import Session


@pytest.mark.parametrize("family", ["bert", "xlm-roberta", "distilbert", "electra"])
def test_the_first_token_alone_gathers_what_it_gathers_among_all(tmp_path: Path, family: str) -> None:
    directory = save_model(tmp_path / "model", config(family))
    first, whole = (states(directory, first_only=first_only) for first_only in (True, False))
    assert first.shape == (1, 1, whole.shape[-1])
    np.testing.assert_allclose(first[0, 0], whole[0, 0], atol=2e-6, rtol=0)


def states(directory: Path, *, first_only: bool) -> NDArray[np.float32]:
    """Of twelve tokens."""
    settings = read_config(directory)
    architecture = ARCHITECTURES[settings.model_type]
    nodes = Nodes(Weights(directory, architecture.prefix))
    rows = transformer(nodes, architecture, settings, first_only=first_only)
    session = Session(nodes.model(rows, "token_vectors"), weights=nodes.outside)
    ids = np.arange(5, 17, dtype=np.int64)[None]
    return session.run({name: ids if name == "input_ids" else np.zeros_like(ids) for name in session.inputs})[0]
