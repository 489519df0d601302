from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.index.caches.arrays import Damaged, Stamp, intact, read_arrays, write_arrays
from shortlist.index.caches.manifest import read_manifest, write_manifest
from shortlist.index.caches.segments import Part, best, order_of_ids
from shortlist.index.vectors.matrix import Matrix


@settings(deadline=None, max_examples=30)
@given(
    shapes=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5)), max_size=4),
    dtype=st.sampled_from(["uint8", "int32", "int64", "float32", "float64"]),
)
def test_arrays_come_back_as_they_were(shapes: list[tuple[int, int]], dtype: str) -> None:
    arrays = {f"a{i}": np.arange(a * b).reshape(a, b).astype(dtype) for i, (a, b) in enumerate(shapes)}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.segment"
        stamp = write_arrays(path, arrays)
        found = read_arrays(path, stamp)
        assert found.keys() == arrays.keys()
        for name, array in arrays.items():
            assert found[name].dtype == array.dtype
            assert np.array_equal(found[name], array)
        assert intact(path, stamp)


def test_a_file_that_was_copied_is_believed_and_one_that_was_changed_is_not(tmp_path: Path) -> None:
    path, copy = tmp_path / "a", tmp_path / "b"
    stamp = write_arrays(path, {"n": np.arange(100)})
    copy.write_bytes(path.read_bytes())
    assert read_arrays(copy, stamp)["n"].tolist() == list(range(100))
    copy.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(Damaged, match="was changed"):
        read_arrays(copy, stamp)
    assert not intact(copy, stamp)
    with pytest.raises(Damaged, match="bytes, not"):
        read_arrays(path, Stamp(stamp.bytes + 1, stamp.crc32, stamp.modified_ns))
    with pytest.raises(Damaged, match="cannot be read"):
        read_arrays(tmp_path / "c", stamp)
    assert not intact(tmp_path / "c", stamp)


def test_a_manifest_knows_its_own_words(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    assert read_manifest(path) is None
    write_manifest(path, {"a": [1, "文"]})
    assert read_manifest(path) == {"a": [1, "文"]}
    path.write_text(path.read_text().replace("1", "2"))
    with pytest.raises(Damaged):
        read_manifest(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Damaged):
        read_manifest(path)


@given(
    scores=st.lists(st.integers(0, 4), max_size=30),
    limit=st.integers(0, 40),
    seed=st.randoms(use_true_random=False),
)
def test_the_best_are_the_first_of_a_full_sort(scores: list[int], limit: int, seed: object) -> None:
    ids = [f"c{(i * 7) % 31}" for i in range(len(scores))]
    found = best(np.array(scores, np.float32), order_of_ids(ids), limit)
    expected = sorted(range(len(scores)), key=lambda i: (-scores[i], ids[i]))[:limit]
    assert found.tolist() == expected


@given(
    rows=st.lists(st.integers(1, 40), unique=True, max_size=20).map(sorted),
    gone=st.lists(st.tuples(st.integers(0, 41), st.integers(0, 6)), max_size=4),
    asked=st.lists(st.integers(0, 45), max_size=10),
)
def test_a_part_knows_who_is_left(rows: list[int], gone: list[tuple[int, int]], asked: list[int]) -> None:
    held = np.array(rows, np.int64)
    part = Part(Matrix(held, np.zeros(len(rows), np.int32), np.zeros((len(rows), 1), np.float32)), None, 1)
    deleted = {row for first, more in gone for row in range(first, first + more + 1)}
    if gone:
        part = part.without(np.array([(first, first + more) for first, more in gone], np.int64))
    left = [row for row in rows if row not in deleted]
    assert part.count == len(left)
    which, places = part.places(np.array(asked, np.int64))
    assert [asked[i] for i in which] == [row for row in asked if row in left]
    assert held[places].tolist() == [asked[i] for i in which]
    chosen = np.array(sorted(set(asked)), np.int64)
    assert held[part.mask(chosen)].tolist() == [row for row in left if row in asked]
