"""The index: one directory on disk. Its records are the truth; its term and vector caches follow them."""

from shortlist.index.directory import Directory
from shortlist.index.report import AddReport

__all__ = ["AddReport", "Directory"]
