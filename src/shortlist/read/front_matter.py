"""Front matter: what a page says of itself, in YAML between `---` or in TOML between `+++`, before its text begins."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence

from shortlist.read.fields import flat
from shortlist.read.values import parsed
from shortlist.records import MetadataValue

LONGEST = 1 << 16  # characters
BLOCK = re.compile(
    r"\ufeff?(?:---[ \t]*\r?\n(?P<yaml>.*?\r?\n|)(?:---|\.\.\.)|"
    r"\+\+\+[ \t]*\r?\n(?P<toml>.*?\r?\n|)\+\+\+)[ \t]*(?:\r?\n|\Z)",
    re.DOTALL,
)
ENTRY = re.compile(r"(?P<name>[^\s:#\-\[{][^:]*?|\"[^\"]+\"|'[^']+')[ \t]*:(?:[ \t]+(?P<value>.*))?")
COMMENT = re.compile(r"(?:^|[ \t]+)#.*")
BLOCK_SCALAR = re.compile(r"[|>][-+0-9]*")


def front_matter(text: str) -> tuple[dict[str, MetadataValue], int]:
    """What stands in a block at the top of a text, and where the text goes on.

    Plain values are typed as in a table; a list becomes one string, "a, b"; an entry of an entry gets a dotted name.
    Lines between two rules that are no such entries are no front matter: then there is none, and the text begins at 0.
    """
    block = BLOCK.match(text[:LONGEST])
    if block is None:
        return {}, 0
    fields = _toml(block["toml"]) if block["yaml"] is None else _yaml(block["yaml"].splitlines())
    return ({}, 0) if fields is None else (fields, block.end())


def _toml(text: str) -> dict[str, MetadataValue] | None:
    try:
        return flat(tomllib.loads(text))
    except tomllib.TOMLDecodeError:
        return None


def _yaml(lines: Sequence[str]) -> dict[str, MetadataValue] | None:
    """The entries of the YAML that people write at the top of a page; None where the lines are something else."""
    fields: dict[str, MetadataValue] = {}
    below: list[str] = []  # lines that belong to the entry before them
    name = ""
    for line in (*lines, ""):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0] in " \t" or line.startswith("- "):
            below.append(line.strip())
        elif entry := ENTRY.fullmatch(line.rstrip()):
            fields |= _inner(name, below)
            name, below = _unquoted(entry["name"]), []
            value = entry["value"] or ""
            if not BLOCK_SCALAR.fullmatch(value) and (plain := _plain(value)) != "":
                fields[name] = plain
        else:
            return None
    if below and not name:
        return None
    return fields | _inner(name, below)


def _inner(name: str, lines: Sequence[str]) -> dict[str, MetadataValue]:
    """What the lines below an entry say: a list, entries of its own, or a text over several lines."""
    if not lines:
        return {}
    if all(line.startswith("- ") for line in lines):
        return {name: ", ".join(str(_plain(line[2:])) for line in lines)}
    entries = [ENTRY.fullmatch(line) for line in lines]
    if all(entry and entry["value"] for entry in entries):
        return {f"{name}.{entry['name']}": _plain(entry["value"]) for entry in entries if entry}
    return {name: " ".join(lines)}


def _plain(value: str) -> MetadataValue:
    value = value.strip()
    if value[:1] not in ("'", '"'):
        value = COMMENT.sub("", value).strip()
    if value.startswith("[") and value.endswith("]"):
        return ", ".join(_unquoted(item.strip()) for item in value[1:-1].split(",") if item.strip())
    return parsed(value) if value == _unquoted(value) else _unquoted(value)


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value
