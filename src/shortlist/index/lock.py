"""One writer at a time: a lock of the operating system on a file, gone with the process that held it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from shortlist.errors import IndexBusy

FILE = "write.lock"
PAUSE_S = 0.05
LOCKED_BYTE = 1 << 30  # far behind the text: Windows forbids others to read what is locked


@contextmanager
def writer_lock(directory: Path, wait_s: float) -> Generator[None]:
    """Hold the index's lock for writing.

    Args:
        directory: of the index.
        wait_s: how long to wait for another writer; 0 asks once.

    Raises:
        IndexBusy: it is still held after `wait_s`; the message names the process.
        PermissionError: the directory cannot be written.
    """
    descriptor = os.open(directory / FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        until = time.monotonic() + wait_s
        while not _try_lock(descriptor):
            if time.monotonic() >= until:
                raise _busy(directory, descriptor, wait_s)
            time.sleep(PAUSE_S)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0) if hasattr(os, "pwrite") else None
        try:
            yield
        finally:
            _unlock(descriptor)
    finally:
        os.close(descriptor)


def _busy(directory: Path, descriptor: int, wait_s: float) -> IndexBusy:
    os.lseek(descriptor, 0, os.SEEK_SET)
    held_by = os.read(descriptor, 20).decode("ascii", "replace").strip()
    who = f"process {held_by}" if held_by else "another process"
    return IndexBusy(
        f"The index {directory} is being written by {who}; waited {wait_s:g} s. Try again when it is done, "
        "or wait longer: wait_s=60",
        path=str(directory),
        pid=int(held_by) if held_by.isdecimal() else None,
    )


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
