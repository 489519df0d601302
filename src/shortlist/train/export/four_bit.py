"""Matrices in 4 bits a weight, in groups of 32 with a scale each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shortlist.errors import UnknownArchitecture

GROUP = 32


@dataclass(frozen=True, slots=True, eq=False)
class FourBit:
    """A 4-bit matrix: codes uint8 [rows, groups, 32] in 0..15, scales float16 [rows, groups]; 8 stands for zero."""

    codes: NDArray[np.uint8]
    scales: NDArray[np.float16]

    @classmethod
    def rounded(cls, weights: NDArray[np.float32]) -> FourBit:
        """The nearest codes, each group scaled so that the number farthest from zero gets a code at the end.

        What is on such a grid with a code 0 in the group comes back unchanged. The rounding is that of llama.cpp's
        `Q4_0`.

        Raises:
            UnknownArchitecture: the rows are no multiple of 32 long.
        """
        if weights.shape[1] % GROUP:
            raise UnknownArchitecture(
                f"The embeddings are {weights.shape[1]} wide; in 4 bits they stand in groups of {GROUP}. "
                f"Start from a model whose hidden size is a multiple of {GROUP}.",
                width=weights.shape[1],
            )
        groups = weights.reshape(len(weights), -1, GROUP)
        farthest = np.take_along_axis(groups, np.abs(groups).argmax(axis=2, keepdims=True), axis=2)[:, :, 0]
        scales = (farthest / -8).astype(np.float16)
        steps = np.where(scales == 0, np.float16(1), scales).astype(np.float32)
        codes = np.clip(np.rint(groups / steps[:, :, None]) + 8, 0, 15).astype(np.uint8)
        return cls(codes, scales)

    @classmethod
    def unpacked(cls, packed: NDArray[np.uint8], scales: NDArray[np.float16]) -> FourBit:
        """From what `packed` gives, [rows, groups, 16]."""
        codes = np.empty((*packed.shape[:2], GROUP), np.uint8)
        codes[:, :, 0::2], codes[:, :, 1::2] = packed & np.uint8(15), packed >> np.uint8(4)
        return cls(codes, scales)

    def rows(self, keep: NDArray[np.int64]) -> FourBit:
        """The matrix of these rows alone."""
        return FourBit(self.codes[keep], self.scales[keep])

    def floats(self) -> NDArray[np.float32]:
        """The weights, float32 [rows, groups * 32]."""
        weights = (self.codes.astype(np.float32) - 8) * self.scales.astype(np.float32)[:, :, None]
        return weights.reshape(len(weights), -1)

    def packed(self) -> NDArray[np.uint8]:
        """The codes two a byte as ONNX wants them: neighbours share a byte, the first in its low four bits."""
        return self.codes[:, :, 0::2] | (self.codes[:, :, 1::2] << np.uint8(4))
