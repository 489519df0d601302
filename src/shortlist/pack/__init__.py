"""The last stage: what fits the prompt, with its sources."""

from shortlist.pack.stage import Pack

__all__ = ["Pack"]
