"""Streams that can be looked into before they are read, and that count what is read from them."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER_BYTES = 1 << 16
IDS_REMEMBERED = 1 << 20  # about 80 MB; rows of the same id beyond these are one document to whoever indexes them


@dataclass(slots=True)
class Tally:
    """What the sources of one call share: the bytes read so far, and the ids that rows brought with them."""

    read: int = 0  # bytes
    ids: set[bytes] = field(default_factory=set[bytes])

    def first(self, row_id: str) -> bool:
        """Whether no row has had this id yet, as far as is remembered: the first IDS_REMEMBERED of them."""
        digest = blake2b(row_id.encode("utf-8", "replace"), digest_size=8).digest()
        if digest in self.ids:
            return False
        if len(self.ids) < IDS_REMEMBERED:
            self.ids.add(digest)
        return True


def ahead(stream: BinaryIO, size: int) -> bytes:
    """The next bytes of a stream, as many of `size` as are at hand, which stay there to be read."""
    peek = getattr(stream, "peek", None)  # of a buffered stream; others give none
    return cast(bytes, peek(size))[:size] if peek is not None else b""


class _Counted(io.RawIOBase):
    """A stream that adds what is read from it to a tally."""

    def __init__(self, stream: BinaryIO, tally: Tally, *, owned: bool = True) -> None:
        self._stream = stream
        self._tally = tally
        self._owned = owned

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readinto(self, buffer: WriteableBuffer) -> int:
        content = self._stream.read(memoryview(buffer).nbytes)
        memoryview(buffer)[: len(content)] = content
        self._tally.read += len(content)
        return len(content)

    def close(self) -> None:
        if self._owned:
            self._stream.close()
        super().close()


def buffered(stream: BinaryIO, tally: Tally, *, owned: bool = True) -> BinaryIO:
    """A stream that can be looked into and counts what is read from it; one not owned is left open."""
    return io.BufferedReader(_Counted(stream, tally, owned=owned), BUFFER_BYTES)
