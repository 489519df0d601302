"""`shortlist` itself: the table of commands, and what an error looks like."""

from __future__ import annotations

import importlib
import os
import sys
from typing import NoReturn, cast

import click

from shortlist.errors import ShortlistError, UsageError

# name → one line for `shortlist --help`; shortlist.cli.<name> holds the command.
COMMANDS = {
    "index": "Read files and folders into an index.",
    "search": "Print the passages that answer a question, best first.",
    "context": "Pack the passages that fit a prompt's token budget.",
    "rerank": "Order passages of your own by how well they answer.",
    "evaluate": "Measure pipelines on a test set, side by side.",
    "calibrate": "Fit a reranker's relevance on pairs that people judged.",
    "train": "Make better models from your own text.",
    "models": "List, fetch, show and check models.",
    "status": "Say what an index holds.",
    "config": "Say which settings are in force, and where each came from.",
    "demo": "See two-stage retrieval at work on Python's own documentation.",
    "completion": "Print the script that turns on tab completion.",
}

EPILOG = """\b
Examples:
  shortlist index handbook/
  shortlist search "How do I rotate the signing key?"
  shortlist context "签名密钥怎么轮换?" --budget 2000
"""


class LazyGroup(click.Group):
    """Lists its commands without importing them, so that `--help` and a completion answer at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command itself, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"shortlist.cli.{cmd_name}")
        return cast(click.Command, module.command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name; an unknown one gets the nearest known."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            ctx.fail(f"There is no command {args[0]}.{hint} The commands are: {', '.join(COMMANDS)}.")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table, with no command imported."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="shortlist")
def shortlist() -> None:
    """Two-stage retrieval in English and Chinese: a fast longlist, a careful second look, and exactly what fits
    the prompt, with its sources. No server, no key, no network.
    """


def main() -> NoReturn:
    """Run the command line.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done with parts skipped (only with `--strict`), 130 stopped by
    Ctrl-C.
    """
    try:
        shortlist(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ShortlistError as error:
        click.echo(f"Error: {error.message}", err=True)
        sys.exit(2 if isinstance(error, UsageError) else 1)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped. What was written so far is kept.", err=True)
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output has seen enough, such as `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)
