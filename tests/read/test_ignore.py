from __future__ import annotations

from pathlib import Path

import pytest

from shortlist.read.ignore import ignored_in


# The answers are git's own (git check-ignore 2.39).
@pytest.mark.parametrize(
    ("lines", "path", "is_folder", "ignored"),
    [
        ("*.log", "x.log", False, True),
        ("*.log", "a/b/x.log", False, True),
        ("*.log\n!keep.log", "keep.log", False, False),
        ("build/", "build", True, True),
        ("build/", "build", False, False),
        ("/build", "a/build", True, False),
        ("a/*\n!a/b", "a/b", True, False),
        ("**", "anything", False, True),
        ("**/foo", "a/b/foo", False, True),
        ("a/**/x", "a/x", False, True),
        ("doc/*.txt", "doc/a/b.txt", False, False),
        ("[!a]oo", "foo", False, True),
        ("\\#x", "#x", False, True),
        ("# x", "# x", False, False),
        ("笔记", "笔记", True, True),
        ("!", "x", False, False),
        ("[z-a]", "x", False, False),
        ("", "x", False, False),
    ],
)
def test_lines_mean_what_they_mean_to_git(
    tmp_path: Path, lines: str, path: str, is_folder: bool, ignored: bool
) -> None:
    (tmp_path / ".gitignore").write_text(lines + "\n", encoding="utf-8")
    assert ignored_in(tmp_path).names(str(tmp_path / path), is_folder) == ignored


def test_the_deeper_file_decides(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / ".gitignore").write_text("*.log\n")
    (tmp_path / "a" / ".gitignore").write_text("!x.log\n")
    below = ignored_in(tmp_path).below(tmp_path / "a")
    assert not below.names(str(tmp_path / "a" / "x.log"), False)
    assert below.names(str(tmp_path / "a" / "y.log"), False)


def test_the_rules_of_the_repository_hold_in_a_folder_inside(tmp_path: Path) -> None:
    (tmp_path / ".git" / "info").mkdir(parents=True)
    (tmp_path / ".git" / "info" / "exclude").write_text("private.md\n")
    (tmp_path / ".gitignore").write_text("*.log\nout/\n")
    docs, out = tmp_path / "docs", tmp_path / "out"
    docs.mkdir()
    out.mkdir()
    assert ignored_in(docs).names(str(docs / "x.log"), False)
    assert ignored_in(docs).names(str(docs / "private.md"), False)
    assert not ignored_in(out).names(str(out / "x.log"), False)  # asked for by name, though ignored


def test_without_a_repository_the_folders_above_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / ".gitignore").write_text("*.log\n")
    assert not ignored_in(tmp_path / "a").names(str(tmp_path / "a" / "x.log"), False)
