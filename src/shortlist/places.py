"""Where things are kept for a user on this platform: what can be made again, and what was fitted."""

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


def calibrations_directory() -> Path:
    """SHORTLIST_CALIBRATIONS where it is set, else `shortlist/calibrations` among the user's data on this platform."""
    if chosen := os.environ.get("SHORTLIST_CALIBRATIONS"):
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "shortlist" / "calibrations"
