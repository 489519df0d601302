"""The command line: parse, call the library, show. One file a command, imported when it is used."""

from shortlist.cli.group import main

__all__ = ["main"]
