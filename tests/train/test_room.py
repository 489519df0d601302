"""Files that are there whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shortlist.errors import NoRoomToTrain
from shortlist.train.room import ask_for_room, write_whole

# A limit on the size of files is how a process without rights of its own meets a disk that takes no more.
FULL = """
import resource, signal, sys
from pathlib import Path
from shortlist.errors import NoRoomToTrain
from shortlist.train.room import write_whole
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_whole(Path(sys.argv[1]), b"x" * 5000)
except NoRoomToTrain as error:
    print(error.message)
"""


def test_a_full_disk_is_an_error_before_the_work(tmp_path: Path) -> None:
    ask_for_room(tmp_path, 1)
    with pytest.raises(NoRoomToTrain, match="MB are free"):
        ask_for_room(tmp_path, 1 << 60)


@pytest.mark.skipif(sys.platform == "win32", reason="limits on the size of files are POSIX's")
def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "checkpoint.pt"
    write_whole(file, b"the old one")
    said = subprocess.run([sys.executable, "-c", FULL, file], capture_output=True, text=True, check=True).stdout
    assert "could not be written" in said
    assert "goes on from the last checkpoint" in said
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"checkpoint.pt": b"the old one"}
