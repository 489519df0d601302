"""Archives with documents in them: opened within bounds, told apart by what they hold."""

from __future__ import annotations

import zipfile
from collections.abc import Generator
from contextlib import contextmanager

from shortlist.read.port import ReadOptions, Source

MARK = b"PK\x03\x04"
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of old office files, and of encrypted new ones
ENCRYPTED_BIT = 1
MEMBERS = 65536


@contextmanager
def opened(source: Source, options: ReadOptions) -> Generator[zipfile.ZipFile]:
    """The archive of a source.

    Raises:
        ReadError: it is not one, or is cut (reason "damaged"); it wants a password ("encrypted"); it would unpack to
            more than `max_unpacked_bytes` ("too-large").
    """
    if source.head().startswith(COMPOUND):
        raise source.error("encrypted", "is protected by a password, or in a format from before 2007")
    with source.seekable() as stream:
        try:
            archive = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise source.error("damaged", f"cannot be unpacked ({error})") from error
        with archive:
            _check(source, options, archive)
            yield archive


def _check(source: Source, options: ReadOptions, archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if any(member.flag_bits & ENCRYPTED_BIT for member in members):
        raise source.error("encrypted", "is protected by a password")
    # Python reads no more of a member than it declares, so that the sum binds what comes out.
    if sum(member.file_size for member in members) > options.max_unpacked_bytes or len(members) > MEMBERS:
        limit = f"{options.max_unpacked_bytes:,} bytes"
        raise source.error("too-large", f"unpacks to more than {limit}. Raise max_unpacked_bytes to read it")


def holds(source: Source, member: str) -> bool:
    """Whether a source is an archive with a member whose name begins so."""
    try:
        with source.seekable() as stream, zipfile.ZipFile(stream) as archive:
            return any(name.startswith(member) for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
