"""`shortlist models` and what it can be told to do with them."""

from shortlist.cli.models.group import command

__all__ = ["command"]
