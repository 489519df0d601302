"""Token vectors → a few bytes a token, and MaxSim over them, exact to the last bit.

A token vector is projected on the directions in which the model's token vectors differ most, and kept in 4 bits a
direction. Query vectors keep 8 bits. A product of two such vectors is a sum of small whole numbers, which float32
holds exactly whatever the order of summation: so a pair's MaxSim is the same to the last bit in any company.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVELS = 7  # of a passage's numbers: -7 … 7, in 4 bits
QUERY_LEVELS = 127
ONE_THREAD = 1 << 18  # multiplications that OpenBLAS does in the thread that asks: its GEMM_MULTITHREAD_THRESHOLD
STEPS = 1 << 20  # cosines are summed as whole numbers of this fraction
BLOCK = 2048  # tokens of passages that are unpacked at once: half a megabyte, which stays near the processor


def _unpacked() -> NDArray[np.int64]:
    """By byte, the two float32 numbers that it stands for, held as one number of eight bytes."""
    byte = np.arange(256, dtype=np.uint8)
    return (np.stack([byte & 15, byte >> 4], axis=1).astype(np.float32) - 8).view(np.int64).reshape(-1)


UNPACKED = _unpacked()


@dataclass(frozen=True, slots=True, eq=False)
class QueryTokens:
    """A query's token vectors as whole numbers."""

    codes: NDArray[np.float32]  # shape (tokens, dimensions), whole numbers
    lengths: NDArray[np.float32]  # Euclidean, of each row


def projected(vectors: NDArray[np.float32], projection: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """Token vectors, shape (tokens, hidden), at unit length in the kept directions: (tokens, kept)."""
    units = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return units if projection is None else _product(units, projection)


def _product(rows: NDArray[np.float32], matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """`rows @ matrix`, a few rows at a time.

    OpenBLAS hands a larger product to threads of its own, which then wait for the next one with their cores at full
    speed: while an index was built, a third of the processor time went there.
    """
    product = np.empty((len(rows), matrix.shape[1]), np.float32)
    step = max(ONE_THREAD // matrix.size, 1)
    for start in range(0, len(rows), step):
        np.matmul(rows[start : start + step], matrix, out=product[start : start + step])
    return product


def pack(vectors: NDArray[np.float32], projection: NDArray[np.float32] | None) -> bytes:
    """A passage's token vectors, shape (tokens, hidden), in half a byte a kept direction (an even number of them)."""
    codes = _whole(projected(vectors, projection), LEVELS).astype(np.int8) + 8
    pairs = codes.astype(np.uint8).reshape(len(codes), codes.shape[1] // 2, 2)
    return (pairs[:, :, 0] | (pairs[:, :, 1] << 4)).tobytes()


def query_tokens(vectors: NDArray[np.float32], projection: NDArray[np.float32] | None) -> QueryTokens:
    """A query's token vectors, shape (tokens, hidden), ready for `maxsim`."""
    codes = _whole(projected(vectors, projection), QUERY_LEVELS)
    return QueryTokens(codes, _lengths(codes))


def maxsim(query: QueryTokens, packed: Sequence[bytes]) -> NDArray[np.float64]:
    """Mean over the query's tokens of the cosine of the passage's most similar token.

    Khattab and Zaharia, SIGIR 2020 (ColBERT), as a mean instead of a sum.

    Args:
        query: of the same encoder and projection as the passages.
        packed: what `pack` gave for each passage.

    Returns:
        Shape (passages,), in [-1, 1]; 0 where the query or the passage has no token.
    """
    result = np.zeros(len(packed))
    filled = [place for place, passage in enumerate(packed) if passage]
    if not filled or not len(query.codes):
        return result
    size = BLOCK * query.codes.shape[1] // 2  # bytes: a longer passage is compared in pieces
    pieces = [packed[place][i : i + size] for place in filled for i in range(0, len(packed[place]), size)]
    best = _best(query, pieces)
    if len(pieces) > len(filled):
        firsts = np.cumsum([0, *(-(-len(packed[place]) // size) for place in filled[:-1])])
        best = np.maximum.reduceat(best, firsts, axis=0)
    best /= query.lengths
    # Whole numbers again, so that the sum does not depend on how many passages are summed at once.
    steps = np.rint(best.astype(np.float64) * STEPS).astype(np.int64)
    result[filled] = steps.sum(axis=1) / (STEPS * len(query.codes))
    return result


def _best(query: QueryTokens, packed: Sequence[bytes]) -> NDArray[np.float32]:
    """For each passage and each token of the query the product with the most similar token, over that one's length.

    Each passage has at least one token and at most BLOCK. Returns shape (passages, tokens of the query).
    """
    dimensions = query.codes.shape[1]
    best = np.empty((len(packed), len(query.codes)), np.float32)
    starts = np.cumsum([0, *(len(passage) * 2 // dimensions for passage in packed)], dtype=np.int64)
    for first, last in _blocks(starts):
        rows = b"".join(packed[first:last])
        codes = UNPACKED.take(np.frombuffer(rows, np.uint8), mode="clip").view(np.float32).reshape(-1, dimensions)
        products = codes @ query.codes.T  # exact: |sum| <= 7 * 127 * dimensions < 2**24
        products /= _lengths(codes)[:, None]
        np.maximum.reduceat(products, starts[first:last] - starts[first], axis=0, out=best[first:last])
    return best


def _blocks(starts: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Neighbouring passages (from, to) of BLOCK tokens or little more together, given where each starts and the end."""
    first = 0
    while first < len(starts) - 1:
        last = max(int(np.searchsorted(starts, int(starts[first]) + BLOCK)), first + 1)
        last = min(last, len(starts) - 1)
        yield first, last
        first = last


def _whole(vectors: NDArray[np.float32], levels: int) -> NDArray[np.float32]:
    """Each row scaled so that its largest number is `levels`, and rounded."""
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True, initial=0.0), 1e-9)
    return np.rint(vectors * (levels / largest)).astype(np.float32)


def _lengths(codes: NDArray[np.float32]) -> NDArray[np.float32]:
    # einsum makes no array of squares; the sums are whole numbers, exact in any order.
    return np.maximum(np.sqrt(np.einsum("ij,ij->i", codes, codes)), 1).astype(np.float32)
