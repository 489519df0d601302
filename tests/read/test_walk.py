from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest

from shortlist.errors import ReadError
from shortlist.read import ReadOptions, Skipped, Source, list_files, read_paths
from shortlist.read.walk import find_files
from shortlist.records import Document


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a handbook in it."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "handbook/b.md",
        "handbook/a.md",
        "handbook/guide/keys.md",
        "handbook/目录 1/密钥 2.txt",
        "other/a.md",
    ):
        write(tmp_path / name)
    return tmp_path


def write(path: Path, content: bytes = b"some text\n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def ids(*paths: str | Path, **options: object) -> list[str]:
    return [source.id for source in list_files(paths, ReadOptions(**options))]  # pyright: ignore[reportArgumentType]


def skipped(*paths: str | Path, options: ReadOptions | None = None) -> dict[str, str]:
    found = find_files(paths, options or ReadOptions())
    return {item.path.replace(os.sep, "/"): item.reason for item in found if isinstance(item, Skipped)}


def test_files_come_in_order_with_ids_below_the_working_directory(folder: Path) -> None:
    assert ids("handbook") == ["handbook/a.md", "handbook/b.md", "handbook/guide/keys.md", "handbook/目录 1/密钥 2.txt"]
    assert ids("handbook/b.md", "handbook/a.md") == ["handbook/b.md", "handbook/a.md"]


def test_an_id_does_not_depend_on_how_the_path_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = ids("handbook")
    assert ids("./handbook/") == ids("other/../handbook") == ids(folder / "handbook") == plain
    monkeypatch.chdir(folder / "handbook")
    assert ids(".", root=folder) == plain


def test_two_folders_with_the_same_names_in_them_do_not_collide(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    together = ids("handbook", "other")
    assert len(set(together)) == len(together) == 5
    assert [*ids("handbook"), *ids("other")] == together
    monkeypatch.chdir(folder / "other")
    assert ids("../handbook/a.md", "a.md") == [(folder / "handbook" / "a.md").as_posix(), "a.md"]


def test_a_file_named_twice_comes_once(folder: Path) -> None:
    assert ids("handbook", "handbook/guide", "handbook/a.md", folder / "handbook/b.md") == ids("handbook")


def test_globs_give_what_the_shell_would(folder: Path) -> None:
    assert ids("handbook/*.md") == ["handbook/a.md", "handbook/b.md"]
    assert ids("handbook/**/*.md") == ["handbook/a.md", "handbook/b.md", "handbook/guide/keys.md"]
    assert ids("handbook/gui*") == ["handbook/guide/keys.md"]
    assert ids("*/a.md") == ["handbook/a.md", "other/a.md"]
    assert ids(str(folder / "*" / "[b]*.md")) == ["handbook/b.md"]


def test_a_name_with_the_signs_of_a_glob_is_a_name_where_it_exists(folder: Path) -> None:
    write(folder / "other" / "notes[1].md")
    assert ids("other/notes[1].md") == ["other/notes[1].md"]


def test_a_path_that_is_not_there_is_an_error_at_once_with_the_nearest_name(folder: Path) -> None:
    with pytest.raises(ReadError, match=r"no file or folder .*handbok.*Did you mean .*handbook"):
        read_paths(["handbok"])
    with pytest.raises(ReadError, match="no file or folder"):
        read_paths(["handbook", "far/away"])
    with pytest.raises(ReadError, match="Nothing matches"):
        read_paths(["handbook/*.docx"])


def test_hidden_ignored_and_version_control_are_left_out_and_counted(folder: Path) -> None:
    for name in (
        ".env",
        ".cache/x.md",
        "node_modules/x/y.js",
        "debug.log",
        ".git/config",
        "guide/keep.log",
        "guide/x.log",
    ):
        write(folder / "handbook" / name)
    write(folder / "handbook" / ".gitignore", b"node_modules/\n*.log\n")
    write(folder / "handbook" / "guide" / ".gitignore", b"!keep.log\n")
    assert skipped("handbook") == {
        "handbook/.cache": "hidden",
        "handbook/.env": "hidden",
        "handbook/.gitignore": "hidden",
        "handbook/debug.log": "ignored",
        "handbook/guide/.gitignore": "hidden",
        "handbook/guide/x.log": "ignored",
        "handbook/node_modules": "ignored",
    }
    assert "handbook/guide/keep.log" in ids("handbook")
    assert skipped("handbook/**/*.log") == {"handbook/debug.log": "ignored", "handbook/guide/x.log": "ignored"}
    everything = ids("handbook", hidden=True, ignore_files=False)
    assert {"handbook/.env", "handbook/.cache/x.md", "handbook/debug.log"} <= set(everything)
    assert not any(".git/" in name for name in everything)
    assert ids("handbook/debug.log", "handbook/.env") == ["handbook/debug.log", "handbook/.env"]  # asked for by name


def test_links_are_not_followed_unless_asked_and_loops_end(folder: Path) -> None:
    (folder / "handbook" / "loop").symlink_to(folder / "handbook")
    (folder / "handbook" / "away").symlink_to(folder / "other")
    (folder / "handbook" / "broken").symlink_to(folder / "nowhere")
    assert set(skipped("handbook").values()) == {"link"}
    followed = ids("handbook", follow_links=True)
    assert "handbook/away/a.md" in followed
    assert len(followed) == 5
    assert skipped("handbook", options=ReadOptions(follow_links=True)) == {"handbook/broken": "unreadable"}
    assert ids("handbook/away") == ["handbook/away/a.md"]  # a link that is named is followed


def test_what_is_no_regular_file_is_left_out(folder: Path) -> None:
    os.mkfifo(folder / "handbook" / "pipe")
    assert skipped("handbook") == {"handbook/pipe": "special"}


def test_a_pipe_that_is_named_is_read_once_and_listing_it_opens_nothing(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    assert ids("pipe") == ["pipe"]  # would wait for ever, were it opened: nobody writes yet
    writer = Thread(target=write, args=(folder / "pipe", b'{"text": "one"}\n' * 5))
    writer.start()
    documents = list(read_paths(["pipe"]))
    writer.join()
    assert [document.text for document in documents if isinstance(document, Document)] == ["one"] * 5


def test_folders_nested_more_deeply_than_functions_are_walked(tmp_path: Path) -> None:
    here, depth = os.getcwd(), 1010  # noqa: PTH109 a path this long cannot be used but from inside
    try:
        os.chdir(tmp_path)
        for _ in range(depth):
            os.mkdir("d")  # noqa: PTH102
            os.chdir("d")
        Path("deep.txt").write_text("x")
        os.chdir(tmp_path)
        [source] = list_files(["."])
        assert source.id == "d/" * depth + "deep.txt"
    finally:  # what clears temporary folders away goes down by recursion
        os.chdir(tmp_path)
        for _ in range(depth):
            os.chdir("d")
        Path("deep.txt").unlink()
        for _ in range(depth):
            os.chdir("..")
            os.rmdir("d")  # noqa: PTH106
        os.chdir(here)


def test_names_that_are_no_text_can_be_shown_and_stored(folder: Path) -> None:
    name = os.fsdecode(b"handbook/caf\xe9.txt")
    write(Path(name))
    [document] = read_paths([name])
    assert isinstance(document, Document)
    assert document.id == "handbook/caf\\xe9.txt"
    f"{document.id}{document.source}{document.title}{document.metadata}".encode()


@contextmanager
def as_nobody() -> Generator[None]:
    """Without the rights of the superuser, before whom no file is closed."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_what_the_system_refuses_is_reported_and_the_rest_goes_on() -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for path in ("closed/a.txt", "closed.txt", "open.txt"):
            write(folder / path)
        (folder / "closed").chmod(0)
        (folder / "closed.txt").chmod(0)
        with as_nobody():
            reading = read_paths([folder])
            items = list(reading)
        (folder / "closed").chmod(0o755)
    assert [type(item) for item in items] == [Skipped, Skipped, Document]
    assert reading.summary.skipped == {"unreadable": 2}
    assert all("Permission denied" in failure.message for failure in reading.summary.failed)


def test_a_file_that_vanishes_between_being_listed_and_read_is_reported(folder: Path) -> None:
    reading = read_paths(["handbook"])
    next(reading)
    (folder / "handbook" / "b.md").unlink()
    assert Counter(type(item) for item in reading) == {Skipped: 1, Document: 2}
    assert reading.summary.failed[0].path == os.path.join("handbook", "b.md")  # noqa: PTH118


def test_sources_say_how_large_they_are_and_open_nothing(folder: Path) -> None:
    sources = list_files(["handbook"])
    assert sum(source.size for source in sources) == 4 * len("some text\n")
    assert all(isinstance(source, Source) and source.tally.read == 0 for source in sources)
