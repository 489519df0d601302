"""BM25 over our terms, measured: nDCG@10 and R@100 of plain BM25 on test sets in the BEIR layout.

    python benchmarks/bm25_terms.py DATA_DIR [SET[/SPLIT] …]

DATA_DIR holds one directory a set, with corpus.jsonl, queries.jsonl (.gz or plain) and qrels/<split>.tsv. The engine is
tantivy (k1 = 1.2, b = .75) over `terms(title + "\\n" + text)`, in memory, as the index uses it.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import ir_measures
import tantivy
from ir_measures import R, nDCG

from shortlist.text import query_terms, terms

SETS = [
    "scifact/test",
    "nfcorpus/test",
    "fiqa-small/test",
    "cranfield/test",
    "squad/sample",
    "wikiqa/test",
    "zhmix/test",
    "drcd/test",
    "cmrc2018/test",
    "cjrc/test",
    "stard/test",
]
DEPTH = 100


def rows(path: Path) -> Iterator[dict[str, str]]:
    packed = path.with_name(path.name + ".gz")
    with gzip.open(packed, "rt", encoding="utf-8") if packed.exists() else path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def judgments(path: Path) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    for line in path.read_text("utf-8").splitlines()[1:]:
        query, document, grade = line.split("\t")
        qrels.setdefault(query, {})[document] = int(grade)
    return qrels


class Bm25:
    """An index in memory of documents already cut into terms."""

    def __init__(self, documents: list[tuple[str, list[str]]]) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
        builder.add_text_field("terms", tokenizer_name="whitespace", index_option="freq")
        self.schema = builder.build()
        index = tantivy.Index(self.schema)
        writer = index.writer(heap_size=100_000_000, num_threads=1)
        for name, found in documents:
            writer.add_document(tantivy.Document(id=name, terms=" ".join(found)))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self.searcher = index.searcher()

    def search(self, asked: list[str], depth: int = DEPTH) -> dict[str, float]:
        """The score of each of the best `depth` documents, best first."""
        one = [tantivy.Query.term_query(self.schema, "terms", term, "freq") for term in asked]
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, part) for part in one])
        hits = cast("list[tuple[float, Any]]", self.searcher.search(query, depth).hits)
        return {self.searcher.doc(address)["id"][0]: score for score, address in hits}


def measure(folder: Path, split: str) -> str:
    qrels = judgments(folder / "qrels" / f"{split}.tsv")
    corpus = [(row["_id"], f"{row.get('title', '')}\n{row['text']}") for row in rows(folder / "corpus.jsonl")]
    start = time.process_time()
    cut = [(name, terms(text)) for name, text in corpus]
    speed = sum(len(text) for _, text in corpus) / (time.process_time() - start) / 1e6
    index = Bm25(cut)
    queries = {row["_id"]: row["text"] for row in rows(folder / "queries.jsonl") if row["_id"] in qrels}
    start = time.process_time()
    run = {name: index.search(query_terms(text)) for name, text in queries.items()}
    ms = (time.process_time() - start) / len(queries) * 1000
    found = cast("Any", ir_measures).calc_aggregate([nDCG @ 10, R @ 100], qrels, run)
    figures = f"{found[nDCG @ 10]:8.4f} {found[R @ 100]:8.4f} {len(queries):8d} {ms:9.2f} {speed:9.1f}"
    return f"{folder.name + '/' + split:18s} {figures}"


if __name__ == "__main__":
    root = Path(sys.argv[1])
    print(f"{'set':18s} {'nDCG@10':>8s} {'R@100':>8s} {'queries':>8s} {'ms/query':>9s} {'Mchar/s':>9s}")
    for name in sys.argv[2:] or SETS:
        print(measure(root / name.partition("/")[0], name.partition("/")[2] or "test"), flush=True)
