"""Large segments in lists: the nearest chunks nearly exactly, many times faster.

Inverted lists of 1-bit RaBitQ codes (Gao & Long, SIGMOD 2024, as in faiss) find candidates; their cosines are then
computed from the vectors as always, so that a chunk's score never depends on how it was found. A segment never
changes, and so neither do its lists: they are made once for it and need no updates.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import numpy as np

from shortlist.errors import need
from shortlist.index.caches.arrays import Damaged, Stamp, read_arrays, write_arrays
from shortlist.index.caches.manifest import read_manifest, write_manifest
from shortlist.index.caches.segments import Part
from shortlist.index.vectors.matrix import Matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

MANIFEST = "lists.json"
LARGE = 200_000  # chunks of a segment from which on it has lists: below, an exact scan takes under 25 ms on one core
SAMPLES = 64  # vectors a list that the centres are found from
ROUNDS = 10  # of k-means
BLOCK = 65_536  # vectors turned at a time
PROBED = 64  # lists that are looked into
RESCORED = 400  # candidates whose cosine is computed, for up to a quarter as many wanted; docs/decisions/005
MOST = 1600  # beyond so many candidates an exact scan is as fast


@dataclass(frozen=True)
class Lists:
    """The lists of one segment."""

    index: Any  # faiss.IndexIVFRaBitQFastScan; its ids are places in the segment
    rotation: NDArray[np.float32]  # codes of a bit want vectors turned at random, (dimensions, dimensions)

    def near(self, vector: NDArray[np.float32], limit: int, wanted: NDArray[np.bool_] | None) -> NDArray[np.intp]:
        """Places of the candidates for the `limit` nearest chunks, among those `wanted`.

        As many for every limit up to a hundred, so that the first 10 of 20 are the first 10.
        """
        faiss = _faiss()
        count = RESCORED
        while count < 4 * limit:
            count *= 4
        share = 1.0 if wanted is None else max(np.count_nonzero(wanted) / len(wanted), 1e-9)
        settings = faiss.IVFRaBitQSearchParameters()
        settings.nprobe = min(int(PROBED / share), self.index.nlist)
        if wanted is not None:
            bits = np.packbits(wanted, bitorder="little")
            settings.sel = faiss.IDSelectorBitmap(bits)
        turned = np.ascontiguousarray((vector @ self.rotation)[None], np.float32)
        threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)  # of this thread: for one query, waiting for others costs more than it saves
        try:
            _, found = self.index.search(turned, min(count, self.index.ntotal), params=settings)
        finally:
            faiss.omp_set_num_threads(threads)
        places = cast("NDArray[np.intp]", found[0])
        return np.sort(places[places >= 0])


class Shelf:
    """The lists of the segments in `vectors/`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: dict[str, Lists | None] = {}
        self._changed_ns = 0  # when the file that names the lists was written, as far as `_open` knows

    def of(self, part: Part[Matrix]) -> Lists | None:
        """The lists of a segment; None if it has none, or faiss is not installed."""
        if part.file is None or len(part.segment.rows) < LARGE:
            return None
        changed_ns = self._written_ns()
        if changed_ns != self._changed_ns:
            self._open, self._changed_ns = {}, changed_ns
        held = self._open
        if part.file not in held:
            held[part.file] = self._read(part.file)
        return held[part.file]

    def update(self, parts: Sequence[Part[Matrix]]) -> None:
        """Make the lists that are missing, and remove those of segments that are gone. Only for the one writer."""
        large = [part for part in parts if part.file is not None and len(part.segment.rows) >= LARGE]
        held = {file: entry for file, entry in self._entries().items() if file in {part.file for part in large}}
        for part in large:
            if cast("str", part.file) not in held and has_faiss():
                held[cast("str", part.file)] = self._write(make_lists(part.segment.vectors))
        if large or (self.folder / MANIFEST).exists():
            write_manifest(self.folder / MANIFEST, {"lists": held})
        names = {entry["file"] for entry in held.values()}
        for path in self.folder.glob("*.lists"):
            if path.name not in names:
                with suppress(OSError):  # Windows does not remove a file that is mapped: the next time tries again
                    path.unlink()

    def _written_ns(self) -> int:
        try:
            return (self.folder / MANIFEST).stat().st_mtime_ns
        except OSError:
            return 0

    def _read(self, file: str) -> Lists | None:
        entry = self._entries().get(file)
        if entry is None or not has_faiss():
            return None
        try:
            arrays = read_arrays(self.folder / entry["file"], Stamp(**entry["stamp"]))
        except Damaged:
            return None  # a scan of all vectors finds no less
        return Lists(_faiss().deserialize_index(arrays["index"]), arrays["rotation"])

    def _write(self, lists: Lists) -> dict[str, Any]:
        file = f"{uuid4().hex}.lists"
        arrays = {"rotation": lists.rotation, "index": _faiss().serialize_index(lists.index)}
        return {"file": file, "stamp": asdict(write_arrays(self.folder / file, arrays))}

    def _entries(self) -> dict[str, dict[str, Any]]:
        try:
            return (read_manifest(self.folder / MANIFEST) or {"lists": {}})["lists"]
        except (Damaged, KeyError, TypeError, ValueError):
            return {}


def make_lists(vectors: NDArray[np.float32]) -> Lists:
    """The lists of a segment's vectors, shape (chunks, dimensions); the same each time."""
    faiss = _faiss()
    count, dimensions = vectors.shape
    chance = np.random.default_rng(1)
    rotation = np.linalg.qr(chance.standard_normal((dimensions, dimensions)))[0].astype(np.float32)
    lists = 1 << max(int(np.log2(2 * np.sqrt(count))), 4)  # two square roots, down to a power of two
    # L2 on unit vectors orders as the cosine does, and is what RaBitQ is made for.
    index = faiss.IndexIVFRaBitQFastScan(faiss.IndexFlatL2(dimensions), dimensions, lists, faiss.METRIC_L2)
    index.cp.niter = ROUNDS
    sample = np.sort(chance.choice(count, min(SAMPLES * lists, count), replace=False))
    index.train(np.ascontiguousarray(vectors[sample] @ rotation))
    for start in range(0, count, BLOCK):  # by add alone: faiss's add_core breaks these codes without a word
        index.add(np.ascontiguousarray(vectors[start : start + BLOCK] @ rotation))
    return Lists(index, rotation)


def has_faiss() -> bool:
    """Whether the extra `large` is installed."""
    return find_spec("faiss") is not None


def _faiss() -> Any:
    return need("faiss", extra="large")
