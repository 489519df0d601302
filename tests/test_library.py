"""An index of files: what a document is called does not depend on where one stands, and both can be moved together."""

from __future__ import annotations

from pathlib import Path

import pytest

import shortlist as sl
from shortlist.library import Added


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in {
        "a.md": "Keys are rotated.",
        "guide/密钥.md": "签名密钥每九十天轮换一次。",
        "faq.csv": "text\nWhy?\nHow?\n",
    }.items():
        file = tmp_path / "work" / "handbook" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


IDS = ["handbook/a.md", "handbook/faq.csv#1", "handbook/faq.csv#2", "handbook/guide/密钥.md"]


def ids(index: str | Path) -> list[str]:
    with sl.Index.open(index, create=False) as opened:
        found = sorted(opened.directory.documents(), key=lambda document: document.id)
        assert [document.source for document in found] == [document.id.partition("#")[0] for document in found]
        return [document.id for document in found]


def added(index: str | Path, *paths: str | Path, sync: bool = False) -> tuple[int, int, int, int]:
    with sl.Index.open(index) as opened:
        did: Added = opened.sync(*paths) if sync else opened.add(*paths)
        return did.report.added, did.report.updated, did.report.unchanged, did.report.deleted


@pytest.fixture
def views(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, str, str]]:
    """(working directory, index, files): the same index and the same files each time."""
    link = tmp_path / "link"
    link.symlink_to(folder)
    return [
        (folder / "handbook", "../x.shortlist", "."),
        (folder / "handbook/guide", str(folder / "x.shortlist"), ".."),
        (tmp_path, "work/x.shortlist", "./work/../work/handbook/"),
        (tmp_path, "link/x.shortlist", "link/handbook"),
        (folder, str(link / "x.shortlist"), "handbook"),
        (folder, "x.shortlist", str(link / "handbook")),
    ]


def test_a_second_add_from_anywhere_is_a_no_op(
    folder: Path, views: list[tuple[Path, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert added("x.shortlist", "handbook") == (4, 0, 0, 0)
    assert ids("x.shortlist") == IDS
    for place, index, files in views:
        monkeypatch.chdir(place)
        assert added(index, files) == (0, 0, 4, 0), (place, index, files)
        assert added(index, files, sync=True) == (0, 0, 4, 0), (place, index, files)


def test_an_index_made_anywhere_has_the_same_ids(
    folder: Path, views: list[tuple[Path, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, (place, index, files) in enumerate(views[:4]):
        monkeypatch.chdir(place)
        other = index.replace("x.shortlist", f"{number}.shortlist")
        added(other, files)
        assert ids(other) == IDS


@pytest.mark.parametrize("roots", [["."], ["guide", "*.md", "faq.csv"]])
def test_sync_knows_gone_files_from_another_directory(
    folder: Path, monkeypatch: pytest.MonkeyPatch, roots: list[str]
) -> None:
    added("x.shortlist", "handbook")
    (folder / "handbook/guide/密钥.md").unlink()
    (folder / "handbook/guide/new.md").write_text("New.")
    (folder / "handbook/faq.csv").write_text("text\nWhy?\n")
    monkeypatch.chdir(folder / "handbook")
    assert added("../x.shortlist", *roots, sync=True) == (1, 0, 2, 2)
    assert ids("../x.shortlist") == ["handbook/a.md", "handbook/faq.csv#1", "handbook/guide/new.md"]


def test_sync_keeps_what_it_could_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    added("x.shortlist", "handbook")
    (folder / "handbook/a.md").write_bytes(b"")
    (folder / "handbook/faq.csv").write_bytes(b"%PDF-1.7 cut short")
    monkeypatch.chdir(folder / "handbook")
    assert added("../x.shortlist", ".", sync=True) == (0, 0, 1, 1)
    assert ids("../x.shortlist") == IDS[1:]


def test_an_index_moves_with_its_folder(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    added("x.shortlist", "handbook")
    monkeypatch.chdir(tmp_path)
    folder.rename(tmp_path / "moved")
    assert added("moved/x.shortlist", "moved/handbook", sync=True) == (0, 0, 4, 0)


def test_files_elsewhere_are_called_by_their_whole_path(folder: Path, tmp_path: Path) -> None:
    added(tmp_path / "indexes/x.shortlist", "handbook/a.md")
    assert ids(tmp_path / "indexes/x.shortlist") == [(folder / "handbook/a.md").as_posix()]
    assert added(tmp_path / "indexes/x.shortlist", folder / "handbook/a.md", sync=True) == (0, 0, 1, 0)
