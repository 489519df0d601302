"""docs/commands.md holds the `--help` of every command, as the command prints it. `make golden` writes it anew."""

import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from shortlist.cli.group import COMMANDS, shortlist

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
INTRODUCTION = """\
# The command, page by page

This page is written by `make golden` from the commands themselves; a test fails where it is stale.
The JSON that `--json` prints is described in [json.md](json.md).

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but some file could not be read (only with `index --strict`), 130
stopped by Ctrl-C. Results go to standard output, all else to standard error. `NO_COLOR` is honoured.
"""


def test_the_page_of_commands_shows_their_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "96")
    page = commands_page()
    if os.environ.get("GOLDEN") == "write":
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page, "docs/commands.md is stale. Type: make golden"


def commands_page() -> str:
    sections = [f"## shortlist {name}\n\n```\n{help_of(*name.split())}```\n" for name in every_command()]
    return "\n".join((f"{INTRODUCTION}\n```\n{help_of()}```\n", *sections))


def every_command() -> list[str]:
    """Each command of the table, and after a group those of the group: "models", "models fetch" …"""
    loaded = [(name, shortlist.get_command(click.Context(shortlist), name)) for name in COMMANDS]
    return [
        full
        for name, command in loaded
        for full in (name, *(f"{name} {each}" for each in getattr(command, "commands", {})))
    ]


def help_of(*command: str) -> str:
    result = CliRunner().invoke(shortlist, [*command, "--help"], prog_name="shortlist", terminal_width=96)
    assert result.exit_code == 0, result.output
    return click.unstyle(result.output)
