"""The index: one directory on disk. Its records are the truth; its term and vector caches follow them."""

from shortlist.index.directory import Directory
from shortlist.index.report import AddReport
from shortlist.index.status import Status

__all__ = ["AddReport", "Directory", "Status"]
