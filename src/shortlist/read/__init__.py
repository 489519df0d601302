"""Files → documents."""

from shortlist.read.formats import FORMATS
from shortlist.read.place import place_of
from shortlist.read.port import Format, ReadOptions, Skipped, Source
from shortlist.read.reading import Reading, ReadSummary, list_files, read_bytes, read_paths

__all__ = [
    "FORMATS",
    "Format",
    "ReadOptions",
    "ReadSummary",
    "Reading",
    "Skipped",
    "Source",
    "list_files",
    "place_of",
    "read_bytes",
    "read_paths",
]
