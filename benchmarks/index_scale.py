"""The index at scale, measured: build, update, and the latency of BM25 and vectors on one core.

    taskset -c 0 python benchmarks/index_scale.py [--documents 1000000] [--directory DIR] [--dimensions 384]

Documents are synthetic: 40 words each, English-like ones drawn by Zipf's law from 200,000, every tenth document 60 Han
characters by the same law. Vectors stand in for an encoder's: clusters of unequal size in 64 dimensions, bent and
turned into `--dimensions`, with noise. A query is six words of a document (frequent ones among them), or a vector near
a document's. With --directory an index that an earlier run has built is used again.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from shortlist.index import Directory
from shortlist.records import Chunk, Document
from shortlist.text import query_terms

WORDS, HAN_CHARACTERS = 200_000, 4000
LENGTH, HAN_LENGTH = 40, 60
CLUSTERS, LATENT = 3000, 64
BLOCK = 10_000  # documents drawn at a time
QUERIES = 300


@dataclass(frozen=True)
class Reading:
    """A stand-in for what an encoder makes of a text."""

    ids: NDArray[np.int32]
    vector: NDArray[np.float32]
    packed: bytes = b""
    windows: int = 1
    unknown: float = 0.0


@dataclass
class World:
    """Where texts and vectors come from. Also the encoder: a text begins with the number of its vector."""

    dimensions: int
    name: str = "synthetic"
    revision: str = "1"

    def __post_init__(self) -> None:
        chance = np.random.default_rng(1)
        letters = np.array(list("etaoinshrdlucmfwypvbgkqjxz"))
        lengths = chance.integers(4, 10, WORDS)
        self._words: list[str] = ["".join(map(str, chance.choice(letters, length))) for length in lengths]
        self._word_law = np.cumsum(1 / np.arange(1, WORDS + 1))
        self._han_law = np.cumsum(1 / np.arange(1, HAN_CHARACTERS + 1))
        self._centres = chance.standard_normal((CLUSTERS, LATENT)) / np.sqrt(1 + np.arange(LATENT))
        self._turn = chance.standard_normal((LATENT, self.dimensions))
        self._cluster_law = np.cumsum(1 / np.sqrt(np.arange(1, CLUSTERS + 1)))

    def block(self, number: int) -> tuple[list[str], NDArray[np.float32]]:
        """Texts and vectors of BLOCK documents, the same each time."""
        chance = np.random.default_rng([2, number])
        words = _drawn(chance, self._word_law, (BLOCK, LENGTH))
        han = _drawn(chance, self._han_law, (BLOCK // 10, HAN_LENGTH)) + 0x4E00
        rows = cast("list[list[int]]", words.tolist())
        texts = [" ".join([self._words[word] for word in row]) for row in rows]
        for i, row in enumerate(han):
            texts[i * 10] = "".join(map(chr, row))
        latent = self._centres[_drawn(chance, self._cluster_law, (BLOCK,))]
        latent = latent + chance.standard_normal((BLOCK, LATENT)) * 0.25 / np.sqrt(1 + np.arange(LATENT))
        noise = 0.15 * chance.standard_normal((BLOCK, self.dimensions))
        vectors = np.tanh(latent @ self._turn * 0.5) + noise + 0.3
        return texts, (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def documents(self, first: int, count: int) -> Iterator[Document]:
        """Documents by number."""
        for number in range(first // BLOCK, -(-(first + count) // BLOCK)):
            texts, self._vectors = self.block(number)
            for i, text in enumerate(texts):
                at = number * BLOCK + i
                if first <= at < first + count:
                    yield Document(f"d{at:08}", f"{i} {text}", metadata={"shard": at % 100, "even": at % 2 == 0})

    def read(self, texts: Sequence[str], kind: Literal["query", "passage"]) -> list[Reading]:
        """The vectors of texts of the block that is being added."""
        ids = np.arange(50, dtype=np.int32)
        return [Reading(ids, self._vectors[int(text.partition(" ")[0])]) for text in texts]


def _drawn(chance: np.random.Generator, law: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    found = cast(Any, np).searchsorted(law, chance.random(shape) * law[-1])  # its stubs leave the result open
    return cast("NDArray[np.int64]", found)


def whole(document: Document) -> list[Chunk]:
    """One chunk a document."""
    return [Chunk(document.id, document.id, 0, len(document.text), document.text)]


def timed(name: str, work: Callable[[], object]) -> None:
    begin, cpu = time.perf_counter(), time.process_time()
    work()
    print(f"| {name} | {time.perf_counter() - begin:.1f} s | {time.process_time() - cpu:.1f} s |", flush=True)


def latency(name: str, calls: Sequence[Callable[[], object]]) -> None:
    calls[0]()  # opens files and fills caches; what the first query of a process costs has its own line
    times: list[float] = []
    for call in calls:
        begin = time.process_time()
        call()
        times.append((time.process_time() - begin) * 1000)
    print(f"| {name} | {np.percentile(times, 50):.2f} | {np.percentile(times, 95):.2f} |", flush=True)


def build(directory: Directory, world: World, documents: int, update: int) -> None:
    print("| step | wall | CPU |\n|---|---|---|")
    held = directory.status().documents
    if held < documents:
        timed(f"add {documents - held:,}", lambda: directory.add(world.documents(held, documents - held), whole))
    extra = list(world.documents(documents, update))
    timed(f"add {update:,} more", lambda: directory.add(extra, whole))
    one = next(world.documents(documents + update, 1))
    timed("add 1 more", lambda: directory.add([one], whole))
    timed(f"delete {update + 1:,}", lambda: directory.delete([document.id for document in [*extra, one]]))
    status = directory.status()
    sizes = ", ".join(f"{part} {size / 1e6:,.0f} MB" for part, size in status.bytes.items())
    print(f"\n{status.documents:,} documents; {sizes}\n")


def question_of(text: str, chance: np.random.Generator) -> str:
    """Six words of a text, or the beginning of one without words."""
    words = text.split()
    return " ".join(map(str, chance.choice(words, 6, replace=False))) if len(words) > 6 else text[:12]


def ask(directory: Directory, world: World, documents: int) -> None:
    chance = np.random.default_rng(3)
    texts, vectors = world.block(0)
    some = chance.choice(min(documents, BLOCK), QUERIES, replace=False)
    questions = [query_terms(question_of(texts[int(i)], chance)) for i in some]
    noise = 0.02 * chance.standard_normal((QUERIES, world.dimensions))
    near = vectors[some] + noise
    near = (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)
    print("| query | p50 ms CPU | p95 ms CPU |\n|---|---|---|")
    for limit in (100, 1000):
        latency(f"bm25, top {limit}", [lambda q=q, n=limit: directory.bm25(q, n) for q in questions])
    for limit in (100, 1000):
        latency(f"nearest, top {limit}", [lambda v=v, n=limit: directory.nearest(v, n) for v in near[:100]])
    for where in ("shard = 7", "even", "shard < 5 AND even"):
        latency(f"bm25, top 100, {where}", [lambda q=q, w=where: directory.bm25(q, 100, w) for q in questions])
        latency(f"nearest, top 100, {where}", [lambda v=v, w=where: directory.nearest(v, 100, w) for v in near[:100]])
    rows = directory.nearest(near[0], 100)[0]
    latency("bm25_of 100", [lambda q=q: directory.bm25_of(q, rows) for q in questions])
    latency("cosine_of 100", [lambda v=v: directory.cosine_of(v, rows) for v in near])
    latency("chunks of 100", [lambda: directory.chunks(rows) for _ in range(50)])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--documents", type=int, default=1_000_000)
    options.add_argument("--update", type=int, default=10_000, help="documents added, then deleted again")
    options.add_argument("--dimensions", type=int, default=384)
    options.add_argument("--directory", type=Path, help="where the index is built, and kept")
    given = options.parse_args()
    world = World(given.dimensions)
    with tempfile.TemporaryDirectory() as scratch:
        path = given.directory or Path(scratch) / "index"
        with Directory.open(path, world) as directory:
            build(directory, world, given.documents, given.update)
        begin = time.perf_counter()
        with Directory.open(path, world, read_only=True) as directory:
            directory.bm25(["a"], 1)
            print(f"open and first query: {(time.perf_counter() - begin) * 1000:.0f} ms\n")
            ask(directory, world, given.documents)
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
