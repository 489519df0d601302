"""Small real models for the second look, made once a session."""

from pathlib import Path

import pytest
from tests.golden.small_models import config, save_model

from shortlist.models import CrossEncoderModel, load_cross_encoder


@pytest.fixture(scope="session")
def model_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("models") / "bert", config("bert"))


@pytest.fixture(scope="session")
def model(model_directory: Path) -> CrossEncoderModel:
    """A BERT of random weights that reads 80 tokens at once."""
    return load_cross_encoder(model_directory)
