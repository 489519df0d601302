from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shortlist.models.windows import cut_windows, owned

SIZES = st.tuples(st.integers(0, 3000), st.integers(1, 500)).flatmap(
    lambda sizes: st.tuples(st.just(sizes[0]), st.just(sizes[1]), st.integers(0, sizes[1] - 1))
)


@given(SIZES)
def test_windows_cover_every_token_and_none_is_too_long(sizes: tuple[int, int, int]) -> None:
    tokens, room, overlap = sizes
    windows = cut_windows(tokens, room, overlap)
    assert all(0 <= end - start <= room for start, end in windows)
    assert {i for start, end in windows for i in range(start, end)} == set(range(tokens))


@given(SIZES)
def test_neighbours_share_at_least_the_overlap(sizes: tuple[int, int, int]) -> None:
    tokens, room, overlap = sizes
    windows = cut_windows(tokens, room, overlap)
    assert all(left[1] - right[0] >= overlap for left, right in pairwise(windows))


@given(SIZES)
def test_each_token_is_owned_once_by_a_window_that_holds_it(sizes: tuple[int, int, int]) -> None:
    windows = cut_windows(*sizes)
    parts = owned(windows)
    assert [i for start, end in parts for i in range(start, end)] == list(range(sizes[0]))
    assert all(outer[0] <= inner[0] <= inner[1] <= outer[1] for outer, inner in zip(windows, parts, strict=True))


def test_windows_are_even() -> None:
    assert cut_windows(1100, 500, 100) == [(0, 434), (333, 767), (666, 1100)]


def test_what_fits_is_one_window() -> None:
    assert cut_windows(500, 500, 100) == [(0, 500)]
    assert cut_windows(0, 500, 100) == [(0, 0)]
