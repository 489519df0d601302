"""Streams that can be looked into before they are read, and that count what is read from them."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
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
    """A stream, opened when it is first read, that adds what is read from it to a tally."""

    def __init__(self, opener: Callable[[], BinaryIO], tally: Tally, *, owned: bool = True) -> None:
        self._opener = opener
        self._opened: BinaryIO | None = None
        self._tally = tally
        self._owned = owned

    @property
    def _stream(self) -> BinaryIO:
        if self._opened is None:
            self._opened = self._opener()
        return self._opened

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return 0 if self._opened is None else self._opened.tell()

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        # A buffered pipe gives by read1 what there is, where read waits until it is as much as was asked for.
        read = cast("Callable[[int], bytes]", getattr(self._stream, "read1", self._stream.read))
        content = read(view.nbytes)
        view[: len(content)] = content
        self._tally.read += len(content)
        return len(content)

    def close(self) -> None:
        if self._owned and self._opened is not None:
            self._opened.close()
        super().close()


def counted_file(path: Path, tally: Tally) -> BinaryIO:
    """A file or named pipe that can be looked into, counts what is read, and is opened when that begins."""
    return io.BufferedReader(_Counted(lambda: path.open("rb", buffering=0), tally), BUFFER_BYTES)


def counted_stream(stream: BinaryIO, tally: Tally) -> BinaryIO:
    """A stream of somebody else's, which can be looked into, counts what is read, and is left open."""
    return io.BufferedReader(_Counted(lambda: stream, tally, owned=False), BUFFER_BYTES)
