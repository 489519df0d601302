"""Settings: arguments over environment over `shortlist.toml` over defaults, and pipelines written down as such."""

from shortlist.config.file import find_file, read_file
from shortlist.config.known import Method, Retrieve
from shortlist.config.pipelines import pack_of, ranking_of, save_pipeline
from shortlist.config.settings import Setting, Settings, load_settings

__all__ = [
    "Method",
    "Retrieve",
    "Setting",
    "Settings",
    "find_file",
    "load_settings",
    "pack_of",
    "ranking_of",
    "read_file",
    "save_pipeline",
]
