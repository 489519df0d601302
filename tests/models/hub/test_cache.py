import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.errors import ModelNotFound
from shortlist.models.hub import HubName, fetched, hub_name, locate
from shortlist.models.hub.cache import cache_directory

WORDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,10}", fullmatch=True)
VARIABLES = ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME")


@given(owner=WORDS, model=WORDS, revision=st.one_of(st.none(), WORDS))
def test_a_name_is_read_as_it_is_written(owner: str, model: str, revision: str | None) -> None:
    text = f"{owner}/{model}" + ("" if revision is None else f"@{revision}")
    name = hub_name(text)
    assert name == HubName(f"{owner}/{model}", revision or "main")
    assert str(name) == text.removesuffix("@main")


@given(text=st.text())
def test_any_text_is_a_name_or_an_error_that_says_what_to_do(text: str) -> None:
    name = hub_name(text)
    if name is not None:
        assert name.folder.parent == cache_directory()
        assert name.pin.is_relative_to(name.folder)
    if not os.path.exists(text):  # noqa: PTH110, Path.exists() raises where a text is too long for a path
        with pytest.raises(ModelNotFound, match="shortlist models"):
            locate(text)


@pytest.mark.parametrize(
    "text", ["", "a", "a/b/c", "/a/b", "./a", "../a", "a/..", "a/b@../../c", "a b/c", "-o/x", "a/b@"]
)
def test_what_is_no_name(text: str) -> None:
    assert hub_name(text) is None


def test_a_text_too_long_for_a_path_is_no_model() -> None:
    with pytest.raises(ModelNotFound):
        locate("x" * 10_000)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"HF_HUB_CACHE": "/c"}, "/c"),
        ({"HF_HUB_CACHE": "/c", "HF_HOME": "/h"}, "/c"),
        ({"HUGGINGFACE_HUB_CACHE": "/old"}, "/old"),
        ({"HF_HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/h/hub"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/huggingface/hub"),
        ({}, "~/.cache/huggingface/hub"),
    ],
)
def test_the_cache_is_the_hub_s_own(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache_directory() == Path(expected).expanduser()


def test_an_empty_or_missing_cache_holds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "none"))
    assert fetched() == []


@pytest.mark.parametrize("pinned", ["", "nonsense", "\x00", "../../.."])
def test_a_damaged_pin_is_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pinned: str) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    pin = HubName("house/model").pin
    pin.parent.mkdir(parents=True)
    (tmp_path / "models--house--model" / "snapshots").mkdir()
    pin.write_text(pinned, encoding="utf-8")
    assert fetched() == []
    with pytest.raises(ModelNotFound, match="models fetch house/model"):
        locate("house/model")
