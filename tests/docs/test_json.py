"""docs/json.md describes what `--json` prints: each real field has a row, each row is a field, examples have them all.

A row is "| `results[].rank` | int | … |". A field of type map holds names that are data (scores, timings); what is
below it has no rows. A type that ends in "?" says that the field is not always there.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
from tests.docs.test_commands import every_command

PAGE = Path(__file__).parents[2] / "docs" / "json.md"
ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+?) \|", re.MULTILINE)
TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "int": (int,),
    "number": (int, float),
    "bool": (bool,),
    "null": (type(None),),
    "list": (list,),
    "object": (dict,),
    "map": (dict,),
}
NEED_TORCH = {"train encoder"}  # its example cannot run where the tests do
# What other programs were promised first. A field may be added to docs/json.md; none of these may leave it.
PROMISED = {
    "search": "query results[].rank results[].rank_before results[].doc_id results[].chunk_id results[].source "
    "results[].page results[].start results[].end results[].text results[].relevance results[].scores notes timings_ms",
    "context": "query text tokens budget passages[].source passages[].doc_id passages[].page passages[].start "
    "passages[].end passages[].tokens passages[].scores dropped[].chunk_id dropped[].why notes",
    "evaluate": "dataset split queries pipelines[].name pipelines[].measures pipelines[].ms_per_query.p50 "
    "pipelines[].ms_per_query.p95",
    "rerank": "query results[].index results[].score results[].relevance results[].text notes",
}


@dataclass(frozen=True)
class Section:
    """What the page says of one command."""

    name: str
    commands: tuple[str, ...]
    example: Any
    rows: Mapping[str, str]  # path → type


def sections() -> list[Section]:
    parts = re.split(r"^## `([\w ]+)`\n", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [section(name, text) for name, text in zip(parts[1::2], parts[2::2], strict=True)]


def section(name: str, text: str) -> Section:
    examples = re.findall(r"^```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(examples) == 1, f"{name} has {len(examples)} examples"
    commands = re.findall(r"^\$ (.+)$", text, re.MULTILINE)
    return Section(name, tuple(commands), json.loads(examples[0]), dict(ROW.findall(text)))


SECTIONS = sections()


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_the_page_describes_what_the_command_prints(section: Section, desk: Path, shell: Any) -> None:
    shutil.rmtree(desk / "index.shortlist") if section.name == "index" else None
    real = json.loads([shell(command) for command in section.commands][-1].stdout)
    if os.environ.get("GOLDEN") == "write":
        section = replace(section, example=shortened(real))
        write_example(section)
    found = dict(fields(real, section.rows))
    always = {path for path, kind in section.rows.items() if not kind.endswith("?")}
    assert always - found.keys() == set(), "the page has rows for these, the command does not print them"
    assert found.keys() - section.rows.keys() == set(), "the command prints these, the page has no row for them"
    for path, values in found.items():
        assert all(isinstance(value, allowed(section.rows[path])) for value in values), (path, section.rows[path])
    assert dict(fields(section.example, section.rows)).keys() >= always, "the example lacks fields"
    assert dict(fields(section.example, section.rows)).keys() <= section.rows.keys()


def write_example(section: Section) -> None:
    """Put the section's example into the page."""
    page = PAGE.read_text(encoding="utf-8")
    start = page.index(f"## `{section.name}`\n")
    opened = page.index("```json\n", start) + len("```json\n")
    closed = page.index("```", opened)
    example = json.dumps(section.example, ensure_ascii=False, indent=1)
    PAGE.write_text(f"{page[:opened]}{example}\n{page[closed:]}", encoding="utf-8")


def shortened(value: Any) -> Any:
    """The same fields in fewer lines: one item of a list, the beginning of a text, numbers to a thousandth."""
    if isinstance(value, dict):
        return {name: shortened(held) for name, held in cast(dict[str, Any], value).items()}
    if isinstance(value, list):
        return [shortened(item) for item in cast(list[Any], value)[:1]]
    if isinstance(value, str):
        return value if len(value) <= 60 else f"{value[:60]}…"
    return round(value, 3) if isinstance(value, float) else value


@pytest.mark.parametrize("command", sorted(PROMISED))
def test_promised_fields_stay(command: str) -> None:
    [section] = [section for section in SECTIONS if section.name == command]
    assert set(PROMISED[command].split()) <= section.rows.keys()


def test_every_command_that_prints_json_is_described(shell: Any) -> None:
    speaking = {name for name in every_command() if "--json" in shell(f"shortlist {name} --help").stdout}
    assert speaking - NEED_TORCH == {section.name.removesuffix(" FILE") for section in SECTIONS}


def fields(value: Any, rows: Mapping[str, str], path: str = "") -> Iterator[tuple[str, list[Any]]]:
    """Each field of a JSON value by its path, with the values it has in all items of its list."""
    gathered: dict[str, list[Any]] = {}
    for name, held in leaves(value, rows, path):
        gathered.setdefault(name, []).append(held)
    yield from gathered.items()


def leaves(value: Any, rows: Mapping[str, str], path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and not rows.get(path, "").startswith("map"):
        for name, held in cast(dict[str, Any], value).items():
            below = f"{path}.{name}" if path else name
            yield below, held
            yield from leaves(held, rows, below)
    elif isinstance(value, list):
        for item in cast(list[Any], value):
            yield from leaves(item, rows, f"{path}[]")


def allowed(kind: str) -> tuple[type, ...]:
    """Python types of a type column such as "int or null" or "list?"."""
    return tuple(each for name in kind.rstrip("?").split(" or ") for each in TYPES[name.strip()])
