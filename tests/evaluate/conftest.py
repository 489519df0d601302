import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from shortlist.evaluate import Dataset, load_beir

TEXTS = {
    "keys": ("Rotating the signing key", "Rotate the signing key every ninety days and revoke the old one."),
    "backup": ("Backups", "A backup of the database runs every night at two."),
    "密钥": ("签名密钥", "签名密钥每九十天轮换一次，旧密钥随后吊销。"),
    "lunch": ("", "Lunch is served at noon in the garden."),
}
QUERIES = {"q1": "rotate the signing key", "q2": "when does the backup of the database run", "q3": "签名密钥轮换"}
QRELS = {"q1": {"keys": 2, "密钥": 1, "lunch": 0}, "q2": {"backup": 1}, "q3": {"密钥": 2, "keys": 1}}

Make = Callable[..., Path]


def write_lines(path: Path, lines: list[str]) -> None:
    """Write lines, gzipped where the name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


@pytest.fixture
def make_beir(tmp_path: Path) -> Make:
    """A function that writes a small bilingual test set in BEIR's layout and gives its directory."""

    def make(
        *,
        suffix: str = "",
        split: str = "test",
        qrels: Mapping[str, Mapping[str, int]] = QRELS,
        queries: Mapping[str, str] = QUERIES,
        texts: Mapping[str, tuple[str, str]] = TEXTS,
    ) -> Path:
        root = tmp_path / "handbook"
        corpus = [{"_id": id_, "title": title, "text": text} for id_, (title, text) in texts.items()]
        write_lines(root / f"corpus.jsonl{suffix}", [json.dumps(entry, ensure_ascii=False) for entry in corpus])
        asked = [{"_id": id_, "text": text} for id_, text in queries.items()]
        write_lines(root / f"queries.jsonl{suffix}", [json.dumps(entry) for entry in asked])
        judged = [f"{query}\t{doc}\t{grade}" for query, grades in qrels.items() for doc, grade in grades.items()]
        write_lines(root / "qrels" / f"{split}.tsv", ["query-id\tcorpus-id\tscore", *judged])
        return root

    return make


@pytest.fixture
def handbook(make_beir: Make) -> Dataset:
    return load_beir(make_beir())
