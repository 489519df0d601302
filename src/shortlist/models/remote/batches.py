"""Passages → windows and requests that a service takes whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shortlist.errors import QueryTooLong
from shortlist.models.remote.service import Service
from shortlist.models.windows import cut_windows

# Its tokenizer is not here. A third of the UTF-8 bytes is more tokens than any usual one makes of a text: one for a Han
# character, one for three Latin letters.
BYTES_A_TOKEN = 3


def windows_of(service: Service, query: str, passage: str) -> list[str]:
    """The passage, or overlapping windows of one that is longer than the service is sure to read.

    Raises:
        QueryTooLong: the query takes more than half of what the service reads, which it would cut without a word.
    """
    room = service.request_bytes // 2
    if service.reads is not None:
        room = service.reads * BYTES_A_TOKEN - weight(query)
        if 2 * weight(query) > service.reads * BYTES_A_TOKEN:
            raise QueryTooLong(
                f"The query has about {weight(query) // BYTES_A_TOKEN} tokens; {service.name} reads {service.reads} of "
                f"query and passage together and cuts the rest. Ask in at most {service.reads // 2} tokens.",
                max_tokens=service.reads,
            )
    if weight(passage) <= room:
        return [passage]
    size = max(len(passage) * room // weight(passage), 1)
    while True:  # some stretch may hold more bytes a character than the whole
        windows = [passage[start:end] for start, end in cut_windows(len(passage), size, overlap=size // 4)]
        if size == 1 or all(weight(window) <= room for window in windows):
            return windows
        size = max(size * 3 // 4, 1)


def halves(window: str) -> list[str]:
    """Two windows for one, which share a fifth of it."""
    size = len(window) - len(window) * 2 // 5
    return [window[:size], window[-size:]]


def batches(service: Service, query: str, windows: Sequence[str]) -> Iterator[list[str]]:
    """Requests: windows in the order given, as many in each as the service takes."""
    batch: list[str] = []
    filled = 0
    for window in windows:
        size = weight(window) + weight(query)
        if batch and (len(batch) == service.documents or filled + size > service.request_bytes):
            yield batch
            batch, filled = [], 0
        batch.append(window)
        filled += size
    if batch:
        yield batch


def weight(text: str) -> int:
    """Bytes in UTF-8."""
    return len(text.encode("utf-8", "replace"))
