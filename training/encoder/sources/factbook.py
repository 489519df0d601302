"""The World Factbook: every field of every country, asked for by a question where there is one, else by its name."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from selectolax.lexbor import LexborHTMLParser
from training.encoder.sources.passages import Passage, Section, cut, one_line

Field = dict[str, "str | Field"]

FACT = (4, 120)  # words
SEED = 11
QUESTIONS = 0.7  # of what has one; the rest by the names of country and field
# Field, or field / part → questions about {c}, and the sentence that answers them. {f} is what the field holds.
ASKED = {
    "Background": (("What is the history of {c}?", "history of {c}", "How did {c} become what it is today?"), ""),
    "Location": (
        ("Where is {c}?", "where is {c} located", "In which part of the world is {c}?"),
        "{c} is located in {f}.",
    ),
    "Area / total": (("How big is {c}?", "What is the area of {c}?"), "The total area of {c} is {f}."),
    "Area - comparative": (("How large is {c} compared with the United States?",), "In area, {c} is {f}."),
    "Land boundaries / border countries": (
        ("Which countries border {c}?", "what countries share a border with {c}"),
        "The countries that border {c} are {f}.",
    ),
    "Coastline": (("How long is the coastline of {c}?",), "The coastline of {c} is {f} long."),
    "Climate": (("What is the climate of {c}?", "what is the weather like in {c}"), "The climate of {c} is {f}."),
    "Terrain": (("What is the terrain of {c} like?",), "The terrain of {c}: {f}."),
    "Elevation / highest point": (
        ("What is the highest point in {c}?", "what is the highest mountain in {c}"),
        "The highest point of {c} is {f}.",
    ),
    "Elevation / lowest point": (("What is the lowest point in {c}?",), "The lowest point of {c} is {f}."),
    "Natural resources": (("What natural resources does {c} have?",), "The natural resources of {c} are {f}."),
    "Natural hazards": (("What natural disasters occur in {c}?",), "Natural hazards in {c} are {f}."),
    "Population distribution": (("Where do most people live in {c}?",), "Where the people of {c} live: {f}."),
    "Population / total": (
        ("What is the population of {c}?", "How many people live in {c}?"),
        "The population of {c} is {f}.",
    ),
    "Nationality / noun": (("What are people from {c} called?",), "People from {c} are called {f}."),
    "Ethnic groups": (("What ethnic groups live in {c}?",), "The ethnic groups of {c} are {f}."),
    "Languages / Languages": (
        ("What language is spoken in {c}?", "What languages do people speak in {c}?"),
        "The languages of {c} are {f}.",
    ),
    "Religions": (("What is the main religion in {c}?",), "The religions of {c} are {f}."),
    "Median age / total": (("What is the median age in {c}?",), "The median age in {c} is {f}."),
    "Life expectancy at birth / total population": (
        ("What is the life expectancy in {c}?", "how long do people live in {c}"),
        "Life expectancy at birth in {c} is {f}.",
    ),
    "Major urban areas - population": (
        ("What is the largest city in {c}?", "What are the major cities of {c}?"),
        "The largest cities of {c} by population are {f}.",
    ),
    "Environmental issues": (("What environmental problems does {c} have?",), "Environmental issues in {c}: {f}."),
    "Country name / conventional long form": (
        ("What is the official name of {c}?",),
        "The official name of {c} is {f}.",
    ),
    "Country name / etymology": (
        ("Where does the name {c} come from?", "How did {c} get its name?"),
        "The name of {c}: {f}.",
    ),
    "Government type": (("What type of government does {c} have?",), "The government of {c} is a {f}."),
    "Capital / name": (
        ("What is the capital of {c}?", "what city is the capital of {c}", "Name the capital of {c}."),
        "The capital of {c} is {f}.",
    ),
    "Capital / etymology": (
        ("Where does the name of the capital of {c} come from?",),
        "The name of the capital of {c}: {f}.",
    ),
    "Administrative divisions": (("How many provinces does {c} have?",), "{c} is divided into {f}."),
    "Legal system": (("What legal system does {c} use?",), "The legal system of {c} is a {f}."),
    "Suffrage": (("What is the voting age in {c}?",), "Suffrage in {c}: {f}."),
    "Executive branch / chief of state": (
        ("Who is the head of state of {c}?", "who is the president or monarch of {c}"),
        "The chief of state of {c} is {f}.",
    ),
    "Executive branch / head of government": (
        ("Who is the head of government of {c}?",),
        "The head of government of {c} is {f}.",
    ),
    "Legislative branch / legislature name": (
        ("What is the parliament of {c} called?",),
        "The legislature of {c} is called {f}.",
    ),
    "Independence": (("When did {c} become independent?",), "{c} became independent on {f}."),
    "National holiday": (("What is the national holiday of {c}?",), "The national holiday of {c} is {f}."),
    "Flag": (
        ("What does the flag of {c} look like?", "what do the colors of the flag of {c} mean"),
        "The flag of {c}: {f}.",
    ),
    "National symbol(s)": (
        ("What is the national symbol of {c}?", "what is the national animal of {c}"),
        "The national symbol of {c}: {f}.",
    ),
    "National color(s)": (("What are the national colors of {c}?",), "The national colors of {c} are {f}."),
    "National anthem(s) / title": (
        ("What is the national anthem of {c}?",),
        "The national anthem of {c} is {f}.",
    ),
    "Economic overview": (("How is the economy of {c} doing?", "economy of {c}"), "{c} has a {f}."),
    "Agricultural products": (("What crops are grown in {c}?",), "The main agricultural products of {c} are {f}."),
    "Industries": (("What are the main industries of {c}?",), "The industries of {c} are {f}."),
    "Exports - commodities": (("What does {c} export?",), "The main exports of {c} are {f}."),
    "Exports - partners": (("Who does {c} export to?",), "The main export partners of {c} are {f}."),
    "Imports - commodities": (("What does {c} import?",), "The main imports of {c} are {f}."),
    "Exchange rates / Currency": (("What currency is used in {c}?",), "Exchange rate of the currency of {c}: {f}."),
    "Internet country code": (
        ("What is the internet country code of {c}?",),
        "The internet country code of {c} is {f}.",
    ),
    "Airports": (("How many airports does {c} have?",), "The number of airports in {c} is {f}."),
    "Railways / total": (("How long is the railway network of {c}?",), "The railways of {c} are {f} long."),
    "Military and security forces": (("What armed forces does {c} have?",), "The armed forces of {c}: {f}."),
    "Military service age and obligation": (
        ("Is military service compulsory in {c}?",),
        "Military service in {c}: {f}.",
    ),
    "Terrorist group(s)": (("Which terrorist groups are active in {c}?",), "Terrorist groups active in {c}: {f}."),
    "Broadcast media": (("What television and radio stations are there in {c}?",), ""),
}


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
        if label in ASKED:
            yield from _asked(country, label, text, draw)
    if name not in ASKED or len(texts) > 1:
        said = (text if part in ("text", "note") else f"{_shorter(part, name)}: {text}" for part, text in texts.items())
        heading = draw.choice([f"{country} {name}", f"{name} of {country}"])
        yield from cut(Section(heading, (f"{country}, {name}: {'. '.join(said)}.",)), FACT)


def _shorter(part: str, name: str) -> str:
    """A part's name without that of its field: "Exports 2023" of Exports."""
    return part.removeprefix(name).strip() or part


def _asked(country: str, label: str, text: str, draw: random.Random) -> Iterator[Passage]:
    questions, answer = ASKED[label]
    said = answer.format(c=country, f=text) if answer else text
    by_name = f"{country}: {label.replace(' / ', ', ')}"
    asked = draw.choice(questions).format(c=country) if draw.random() < QUESTIONS else by_name
    yield from cut(Section(asked, (said,)), FACT)
