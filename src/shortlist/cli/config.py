"""`shortlist config`."""

from __future__ import annotations

import click

from shortlist.cli import options


@click.command(
    epilog="""\b
Examples:
  shortlist config
  SHORTLIST_PACK_BUDGET=2000 shortlist config
  shortlist config --json
"""
)
@options.json_option
def command(as_json: bool) -> None:
    """Say which settings are in force, and where each came from.

    An argument of a command comes first, then SHORTLIST_* in the environment (SHORTLIST_PACK_BUDGET for
    pipeline.pack.budget), then `shortlist.toml` in this folder or the nearest above it, then the default.
    SHORTLIST_CONFIG names another file.
    """
    from shortlist.cli.show import settings_table, show_json, show_table
    from shortlist.config import find_file, load_settings

    file = find_file()
    settings = load_settings().settings.values()
    if as_json:
        show_json(
            {
                "file": None if file is None else str(file),
                "settings": [{"name": s.name, "value": s.value, "origin": s.origin} for s in settings],
            }
        )
    else:
        show_table(settings_table(settings))
