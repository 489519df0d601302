"""Laws of windows and requests: nothing is left out, everything fits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.errors import QueryTooLong
from shortlist.models.remote.batches import BYTES_A_TOKEN, batches, halves, weight, windows_of
from shortlist.models.remote.services import SERVICES

SMALL = replace(SERVICES["cohere"], documents=5, request_bytes=400, reads=60)
TEXTS = st.text(max_size=400) | st.text("文a🍜 ", max_size=400)


@given(st.lists(TEXTS, max_size=30), st.text(max_size=20))
def test_requests_hold_every_window_in_order_and_no_more_than_the_service_takes(texts: list[str], query: str) -> None:
    requests = list(batches(SMALL, query, texts))
    assert [text for request in requests for text in request] == texts
    for request in requests:
        assert len(request) <= SMALL.documents
        assert len(request) == 1 or sum(weight(text) + weight(query) for text in request) <= SMALL.request_bytes


@given(TEXTS, st.text(max_size=15))
def test_windows_hold_every_character_and_fit(passage: str, query: str) -> None:
    windows = windows_of(SMALL, query, passage)
    assert all(weight(window) + weight(query) <= 60 * BYTES_A_TOKEN for window in windows)
    found = 0
    for window in windows:  # each begins no later than the one before it ended
        start = passage.find(window, max(found - len(window), 0))
        assert 0 <= start <= found
        found = max(found, start + len(window))
    assert found == len(passage)


@given(st.text(min_size=2))
def test_halves_are_shorter_and_hold_every_character(window: str) -> None:
    first, second = halves(window)
    assert window.startswith(first)
    assert window.endswith(second)
    assert max(len(first), len(second)) < len(window) or len(window) == 2
    assert len(first) + len(second) >= len(window)


def test_a_query_of_more_than_half_of_what_is_read_is_an_error() -> None:
    with pytest.raises(QueryTooLong, match="reads 60"):
        windows_of(SMALL, "w" * 100, "a")
