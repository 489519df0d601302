"""Where the command line keeps what it can make again."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_directory() -> Path:
    """SHORTLIST_CACHE where it is set, else `shortlist` in the user's cache directory of this platform."""
    if chosen := os.environ.get("SHORTLIST_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "shortlist" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "shortlist"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shortlist"
