"""shortlist.toml: what is written is read, paths are from its folder, mistakes are named."""

from __future__ import annotations

import os
import tomllib
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.config.file import Value, find_file, read_file, toml
from shortlist.errors import UsageError

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
values: st.SearchStrategy[Value] = st.one_of(
    texts, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False)
)
names = st.sampled_from(["index", "pipeline.pack.budget", "pipeline.rerank", "pipeline.rerank.2.model", "other.x"])


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(names, values))
def test_what_is_written_is_valid_toml_with_the_same_values(settings: dict[str, Value]) -> None:
    if "pipeline.rerank" in settings:
        settings.pop("pipeline.rerank.2.model", None)  # a name is a value or a table
    tables = tomllib.loads(toml(settings))
    for name, value in settings.items():
        found = reduce(getitem, name.split("."), cast("Any", tables))
        assert (found, type(found)) == (value, type(value))


def test_the_nearest_file_is_found_and_the_environment_names_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "shortlist.toml").touch()
    monkeypatch.chdir(tmp_path / "a" / "b")
    assert find_file() == tmp_path / "shortlist.toml"
    (tmp_path / "a" / "shortlist.toml").touch()
    assert find_file() == tmp_path / "a" / "shortlist.toml"
    monkeypatch.setenv("SHORTLIST_CONFIG", str(tmp_path / "shortlist.toml"))
    assert find_file() == tmp_path / "shortlist.toml"
    monkeypatch.setenv("SHORTLIST_CONFIG", "gone.toml")
    with pytest.raises(UsageError, match=r"gone\.toml"):
        find_file()


def test_paths_are_from_the_folder_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "shortlist.toml"
    file.write_text(
        'index = "x"\n[pipeline.rerank]\nmodel = "./m"\ncalibration = "../c"\n[pipeline.pack]\norder = "best"\n'
    )
    assert read_file(file) == {
        "index": str(tmp_path / "x"),
        "pipeline.rerank.model": str(tmp_path / "m"),
        "pipeline.rerank.calibration": os.path.normpath(tmp_path / "../c"),
        "pipeline.pack.order": "best",
    }


@pytest.mark.parametrize(
    ("content", "said"), [("a =", "not valid TOML"), ("a = [1]", "a in .* is a list"), ("x = 2024-01-01", "is a date")]
)
def test_a_mistake_is_named(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "shortlist.toml"
    file.write_text(content)
    with pytest.raises(UsageError, match=said):
        read_file(file)
    file.write_bytes(b"\xff")
    with pytest.raises(UsageError, match="cannot be read"):
        read_file(file)
