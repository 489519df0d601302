from pathlib import Path

import pytest

from shortlist.places import cache_directory


def test_the_environment_chooses_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHORTLIST_CACHE", str(tmp_path))
    assert cache_directory() == tmp_path


@pytest.mark.parametrize(
    ("platform", "name", "expected"),
    [
        ("linux", "XDG_CACHE_HOME", "base/shortlist"),
        ("win32", "LOCALAPPDATA", "base/shortlist/cache"),
        ("darwin", "HOME", "base/Library/Caches/shortlist"),
    ],
)
def test_each_platform_has_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str, name: str, expected: str
) -> None:
    monkeypatch.delenv("SHORTLIST_CACHE", raising=False)
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setenv(name, str(tmp_path / "base"))
    assert cache_directory() == tmp_path / expected
