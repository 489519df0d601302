"""What holds for every test: no law is judged by the clock, and nothing of the user's own is read or written."""

import os
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings
from tests.models.hub.server import FakeHub, running

settings.register_profile("house", deadline=None)  # the machines that run the tests are shared
settings.load_profile("house")

# Calibrations of the user's would give relevance to results that have none here.
os.environ["SHORTLIST_CALIBRATIONS"] = str(Path(tempfile.gettempdir(), "shortlist-tests", "no-calibrations"))


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[FakeHub]:
    """A hub on this machine, an empty cache, and no setting of the user's."""
    for name in [name for name in os.environ if name.startswith("HF_")]:
        monkeypatch.delenv(name)
    with running() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
        yield hub
