"""A text longer than its model → overlapping windows of its tokens, so that nothing is cut."""

from __future__ import annotations

from itertools import pairwise


def cut_windows(tokens: int, room: int, overlap: int) -> list[tuple[int, int]]:
    """Where each window starts and ends (excluded), in tokens.

    Args:
        tokens: length of the text.
        room: the most a window may hold, at least 1.
        overlap: the least that neighbours share, below `room`.

    Returns:
        Ascending windows of nearly equal length that cover every token; one window where the text fits.
    """
    if tokens <= room:
        return [(0, tokens)]
    step = room - overlap
    count = -(-(tokens - overlap) // step)
    # Even windows: a last one of a few tokens would be read without context.
    size = -(-(tokens + (count - 1) * overlap) // count)
    starts = [round(i * (tokens - size) / (count - 1)) for i in range(count)]
    return [(start, start + size) for start in starts]


def owned(windows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The tokens that each window speaks for: all tokens, none twice, what two share parted in the middle."""
    seams = [(left[1] + right[0]) // 2 for left, right in pairwise(windows)]
    return list(zip([windows[0][0], *seams], [*seams, windows[-1][1]], strict=True))
