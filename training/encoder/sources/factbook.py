"""The World Factbook: every field of every country, asked for by a question where there is one, else by its name."""

from __future__ import annotations

import json
import random
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from selectolax.lexbor import LexborHTMLParser
from training.encoder.sources.passages import Passage, Section, cut, one_line

Field = dict[str, "str | Field"]

FACT = (4, 120)  # words
SEED = 11
QUESTIONS = 0.7  # of what has one; the rest by the names of country and field
QUESTIONS_OF = tomllib.loads((Path(__file__).parent / "factbook.toml").read_text("utf-8"))


def factbook(package: Path) -> Iterator[Passage]:
    """The fields, country after country: those that have questions are asked for by one more often than not."""
    draw = random.Random(SEED)
    for file in sorted(package.rglob("data/*/*.json")):
        profile = cast("dict[str, dict[str, Field]]", json.loads(file.read_text("utf-8")))
        country = country_of(profile)
        for fields in profile.values() if country else ():
            for name, held in fields.items():
                yield from _facts(country, name, held, draw)


def country_of(profile: dict[str, dict[str, Field]]) -> str:
    """The short name, or the long one; empty where there is none."""
    names = profile.get("Government", {}).get("Country name", {})
    for form in ("conventional short form", "conventional long form"):
        if (name := plain(names.get(form))) and name.lower() != "none":
            return name
    return ""


def plain(marked: str | Field | None) -> str:
    """The text of a field or of its part, without its markup; empty where it holds none."""
    if isinstance(marked, dict):
        return plain(marked.get("text"))
    if marked is None:
        return ""
    page = LexborHTMLParser(re.sub(r"<(?:br|/p|/li)\b[^>]*>", "; ", marked))
    text = one_line(page.body.text()) if page.body else ""
    return re.sub(r"(?:[;.]\s*)*;\s*$|^[;\s]+", "", re.sub(r"([.;:,])(?:\s*;)+", r"\1", text))


def _facts(country: str, name: str, held: Field, draw: random.Random) -> Iterator[Passage]:
    """One field: each part that has a question, and the whole under its name where that says more."""
    texts = {part: text for part, value in held.items() if (text := plain(value))}
    for part, text in texts.items():
        label = name if part == "text" else f"{name} / {part}"
        if label in QUESTIONS_OF:
            yield from _asked(country, label, text, draw)
    if name not in QUESTIONS_OF or len(texts) > 1:
        said = (text if part in ("text", "note") else f"{_shorter(part, name)}: {text}" for part, text in texts.items())
        heading = draw.choice([f"{country} {name}", f"{name} of {country}"])
        yield from cut(Section(heading, (f"{country}, {name}: {'. '.join(said)}.",)), FACT)


def _shorter(part: str, name: str) -> str:
    """A part's name without that of its field: "Exports 2023" of Exports."""
    return part.removeprefix(name).strip() or part


def _asked(country: str, label: str, text: str, draw: random.Random) -> Iterator[Passage]:
    entry = QUESTIONS_OF[label]
    said = entry.get("answer", "{f}").format(c=country, f=text)
    by_name = f"{country}: {label.replace(' / ', ', ')}"
    asked = draw.choice(entry["asked"]).format(c=country) if draw.random() < QUESTIONS else by_name
    yield from cut(Section(asked, (said,)), FACT)
