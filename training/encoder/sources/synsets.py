"""WordNet's data files, as wndb(5WN) describes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FILES = ("data.noun", "data.verb", "data.adj", "data.adv")
KIND, KIND_OF_ONE, PART = ("@", "@i", "%p")  # pointers: hypernym, instance hypernym, part meronym
PERSON, PLACE = "18", "15"  # files that WordNet's authors kept nouns in


@dataclass(frozen=True, slots=True)
class Synset:
    """Words of one meaning, what it is, and the keys of what it points to."""

    words: tuple[str, ...]
    topic: str
    pos: str
    gloss: str
    examples: tuple[str, ...]
    kinds: tuple[str, ...]
    parts: tuple[str, ...]
    is_one: bool  # a person, a place, a work: no kind of thing


def read_synsets(package: Path) -> dict[str, Synset]:
    """All of them, by part of speech and offset."""
    found: dict[str, Synset] = {}
    for name in FILES:
        for line in next(package.rglob(name)).read_text("utf-8").splitlines():
            if not line.startswith("  "):
                synset, key = _synset(line)
                found[key] = synset
    return found


def _synset(line: str) -> tuple[Synset, str]:
    """One line of a data file, as wndb(5WN) says."""
    head, _, gloss = line.partition(" | ")
    fields = head.split(" ")
    count = int(fields[3], 16)
    words = tuple(re.sub(r"\(\w+\)$", "", word).replace("_", " ") for word in fields[4 : 4 + 2 * count : 2])
    at = 5 + 2 * count
    pointers = [fields[i : i + 3] for i in range(at, at + 4 * int(fields[at - 1]), 4)]
    to = {symbol: tuple(p[2] + p[1] for p in pointers if p[0] == symbol) for symbol in (KIND, KIND_OF_ONE, PART)}
    definition, *_ = re.split(r';\s*(?=["`])', gloss.strip())
    examples = tuple(re.findall(r'"([^"]{12,})"', gloss))
    pos = "a" if fields[2] == "s" else fields[2]
    is_one = bool(to[KIND_OF_ONE])
    if is_one and fields[1] == PERSON:
        words = tuple(sorted(words, key=len, reverse=True))  # the full name before the last name
    synset = Synset(words, fields[1], pos, definition, examples, to[KIND] + to[KIND_OF_ONE], to[PART], is_one)
    return synset, pos + fields[0]
