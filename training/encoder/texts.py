"""The shipped encoder's training text: which part of which source, and nothing that a test set holds.

    python -m training.encoder.texts PAIRS_DIR TEXT_DIR DATA_DIR lists/

PAIRS_DIR holds training pairs, TEXT_DIR what training.encoder.sources made, DATA_DIR the test sets, which are read for
nothing but to leave their text out. Writes lists/en.jsonl, lists/zh.jsonl and the same with "-held-out".
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from training.encoder.short import shortened

from shortlist.train.lists import make_lists, save_lists
from shortlist.train.units import Unit, distinct, fingerprint, read_units

# Source → units drawn. Only licences that a shipped model may learn from: CC BY, MIT, Apache, BSD, public domain.
PAIRS = {
    "medquad.en": 6000,
    "medical-forum.en": 6000,
    "docs-headings.en": 7000,
    "textbook.en": 4700,
    "tldr-commands.en": 3000,
    "pubmedqa.en": 1000,
    "medical-dialogue.zh": 6500,
    "csl-title-abstract.zh": 3700,
    "local-regulations.zh": 4000,
    "docs-headings.zh": 9000,
    "tldr-commands.zh": 2000,
}
# Of docs-headings.zh, by line: the others are under CC BY-SA.
PERMISSIVE = {"docs-headings.zh": (range(3740, 6050), range(7850, 10650), range(11000, 16300))}
HELD_FOR_TEST = {"tldr-crosslingual.zh-en": 600}  # its last lines are the held-out part
OTHERS_EACH = 1000  # of a file of TEXT_DIR
OTHERS = {
    "wordnet": 8000,
    "wordnet-names": 8000,
    "factbook": 10000,
    "debian-en": 4000,
    "python-doc": 2500,
    "dict-jargon": 2500,
    "parallel-debian": 2500,
}
SHORT = 0.4  # of the passages become one to three sentences
SHINGLE = {"en": 12, "zh": 18}  # words, characters
TOO_NEAR = 0.2  # share of a text's shingles that stand in a test set
LIST = {"en": (48, 32), "zh": (28, 16)}  # passages, queries
HELD_OUT = 6  # lists of each language
SEED = 11


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("pairs", "texts", "data", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument(
        "--short", type=float, default=SHORT, help="share of passages cut to sentences (default: %(default)s)"
    )
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    units = list(distinct(with_short(drawn(asked.pairs, asked.texts), asked.short)))
    print(f"{len(units):,} different units drawn")
    known = TestText(asked.data)
    clean = [unit for unit in units if not known.holds(unit)]
    print(f"{known.exact} hold a test set's query or document, {known.near} are nearly one; {len(clean):,} are left")
    for language, (passages, queries) in LIST.items():
        mine = [unit for unit in clean if unit.language == language]
        lists = make_lists(mine, passages=passages, queries=queries, longest=3, seed=SEED)
        save_lists(lists[:HELD_OUT], asked.out / f"{language}-held-out.jsonl")
        save_lists(lists[HELD_OUT:], asked.out / f"{language}.jsonl")
        print(f"{language}: {len(mine):,} units in {len(lists):,} lists")


def drawn(pairs: Path, texts: Path) -> Iterator[Unit]:
    """The units of each source, drawn with a seed."""
    for name, count in PAIRS.items():
        units = list(read_units([pairs / f"{name}.jsonl.gz"]))
        if name in PERMISSIVE:
            units = [units[i] for lines in PERMISSIVE[name] for i in lines if i < len(units)]
        yield from sample(units, count)
    for name, last in HELD_FOR_TEST.items():
        yield from (crossed(unit) for unit in list(read_units([pairs / f"{name}.jsonl.gz"]))[:-last])
    for file in sorted(texts.glob("*.jsonl.gz")):
        name = file.name.removesuffix(".jsonl.gz")
        yield from sample(list(read_units([file])), OTHERS.get(name, OTHERS_EACH))


def with_short(units: Iterable[Unit], share: float) -> Iterator[Unit]:
    """The units, a share of them over sentences of their passages."""
    draw = random.Random(SEED)
    for unit in units:
        yield shortened(unit, draw) if draw.random() < share else unit


def sample(units: list[Unit], count: int) -> list[Unit]:
    """At most `count` of them, different passages."""
    different = list({unit.passage: unit for unit in units if len(unit.passage) >= 20}.values())
    return random.Random(SEED).sample(different, min(count, len(different)))


def crossed(unit: Unit) -> Unit:
    """A Chinese question over an English passage: the teachers read the passage's own words as the question."""
    return Unit(unit.passage, unit.asked, unit.passage, unit.language)


class TestText:
    """The text of the test sets: queries of every split but those for training, and all documents."""

    def __init__(self, data: Path) -> None:
        self.exact = self.near = 0
        self._whole: set[str] = set()
        self._shingles: set[int] = set()
        for file in sorted(data.glob("*/corpus.jsonl.gz")):
            for text in documents(file):
                self._whole.add(fingerprint(text))
                self._shingles.update(shingles(text))
            with gzip.open(file.parent / "queries.jsonl.gz", "rt", encoding="utf-8") as lines:
                self._whole.update(fingerprint(json.loads(line)["text"]) for line in lines)

    def holds(self, unit: Unit) -> bool:
        """Whether its passage or query is one of theirs, or nearly one; counts what it finds."""
        if not self._whole.isdisjoint(map(fingerprint, (unit.passage, unit.asked, unit.judged))):
            self.exact += 1
            return True
        mine = list(shingles(unit.passage))
        if mine and sum(shingle in self._shingles for shingle in mine) > TOO_NEAR * len(mine):
            self.near += 1
            return True
        return False


def documents(file: Path) -> Iterator[str]:
    """Title and text of each document, apart and together."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            fields = json.loads(line)
            yield fields["text"]
            if fields.get("title"):
                yield f"{fields['title']} {fields['text']}"


def shingles(text: str) -> Iterator[int]:
    """Every run of words, or of Chinese characters, of the length that two texts share by copying alone."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    size = SHINGLE["en"]
    for i in range(len(words) - size + 1):
        yield hash(tuple(words[i : i + size]))
    characters = "".join(re.findall("[\u4e00-\u9fff]", text))
    size = SHINGLE["zh"]
    for i in range(len(characters) - size + 1):
        yield hash(characters[i : i + size])


if __name__ == "__main__":
    main()
