"""WordNet: what each word means, in a sentence or with its kind; asked for by the word, or by a question about it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.encoder.sources.passages import Passage

FILES = ("data.noun", "data.verb", "data.adj", "data.adv")
KIND, KIND_OF_ONE, PART = ("@", "@i", "%p")  # WordNet's pointers: hypernym, instance hypernym, part meronym
PERSON, PLACE = "18", "15"  # WordNet's files of nouns
SEED = 11
TAXA = ("genus ", "family ", "order ", "class ", "phylum ", "suborder ", "subfamily ", "superfamily ", "subclass ")
QUESTIONS = 0.5  # of the nouns
WITH_KIND = 0.5
MOST_PARTS = 12
NO_FIELD = {
    "of",
    "used",
    "plural",
    "usually",
    "often",
    "sometimes",
    "formerly",
    "trademark",
    "followed",
    "a",
    "an",
    "the",
}
UNCOUNTED = {"07", "09", "10", "12", "16", "19", "21", "22", "24", "26", "27"}  # attributes, feelings, substances …


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


def wordnet(package: Path) -> Iterator[Passage]:
    """The meanings: half of the nouns asked for by a question, all else by the word; then what things are made of."""
    synsets = read_synsets(package)
    draw = random.Random(SEED)
    for synset in synsets.values():
        yield meaning(synset, synsets, draw)
        if len(synset.parts) > 1 and not synset.is_one:
            yield parts(synset, synsets)


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


def meaning(synset: Synset, synsets: dict[str, Synset], draw: random.Random) -> Passage:
    """What it means: a sentence, and in half of them what its kind is."""
    said = [sentence(synset)]
    if synset.kinds and draw.random() < WITH_KIND:
        said.append(sentence(synsets[synset.kinds[0]]))
    said += [f"For example: {example.rstrip('.')}." for example in synset.examples[:2]]
    asked = synset.pos == "n" and draw.random() < QUESTIONS
    return Passage(question(synset, draw) if asked else synset.words[0], " ".join(said))


def sentence(synset: Synset) -> str:
    """What a word means, with its other names: a noun as a sentence, others as a dictionary says it."""
    word, *others = synset.words
    also = f" (also {', '.join(others[:3])})" if others else ""
    field, gloss = _field(synset.gloss)
    if synset.pos != "n":
        return _capital(f"{word}{also}: {synset.gloss}.")
    if synset.is_one and synset.topic == PERSON and not re.match(r"(?:an?|the|any|one) ", gloss):
        gloss = _with_article(gloss)
    return _capital(f"{field}{_named(synset)}{also} {_is(synset)} {gloss}.")


def question(synset: Synset, draw: random.Random) -> str:
    """One that the meaning answers."""
    word = synset.words[0]
    if synset.is_one:
        return draw.choice(_questions_of_one(synset, word))
    thing = _named(synset)
    return draw.choice(
        [f"What is {thing}?", f"what is {thing}", f"What does {word} mean?", f"what is the meaning of {word}"]
    )


def _questions_of_one(synset: Synset, word: str) -> list[str]:
    """About a person, a place, an event, a work."""
    verb = "was" if _is(synset) == "was" else "is"
    dated = re.search(r"\b\d{4}\b", synset.gloss)
    if synset.topic == PERSON:
        deeds = re.findall(r"\bwho ([a-z]+(?:ed|te|nt|ght|ook|ade|ame|un|on) [^;(]{8,70}?)\s*(?:;|\(|$)", synset.gloss)
        return [f"Who {verb} {word}?", f"what is {word} known for", *(f"Who {deed}?" for deed in deeds * 2)] + (
            [f"When was {word} born?"] if dated else []
        )
    if synset.topic == PLACE:
        capital = [f"What is the {name}?" for name in synset.words if name.startswith("capital of")]
        return capital or [f"Where is {word}?", f"What is {word}?", f"where is {word} located"]
    return [f"What {verb} {word}?", f"When {verb} {word}?"] if dated else [f"What {verb} {word}?"]


def parts(synset: Synset, synsets: dict[str, Synset]) -> Passage:
    """What it is made of."""
    *first, last = [synsets[key].words[0] for key in synset.parts[:MOST_PARTS]]
    thing = _named(synset)
    text = f"The parts of {thing} include {', '.join(first)} and {last}. {sentence(synset)}"
    return Passage(f"What are the parts of {thing}?", text)


def _field(gloss: str) -> tuple[str, str]:
    """ "(heraldry) a charge …" → "In heraldry, " and the rest."""
    marked = re.match(r"\(([\w ]+)\) ", gloss)
    if marked is None or marked[1].split()[0] in NO_FIELD:
        return "", gloss
    return f"In {marked[1]}, ", gloss[marked.end() :]


def _is(synset: Synset) -> str:
    return "was" if synset.is_one and re.search(r"\(.*\d{3,4}-\d{2,4}\)|\(died|\b1\d{3}\b", synset.gloss) else "is"


def _named(synset: Synset) -> str:
    """The word as a sentence names it: with an article where it can be counted."""
    word = synset.words[0]
    uncounted = synset.is_one or word[0].isupper() or synset.topic in UNCOUNTED or word.startswith(TAXA)
    return word if uncounted else _with_article(word)


def _with_article(name: str) -> str:
    return f"an {name}" if re.match(r"[aeio]|u[^aeiou][^aeiou]", name, re.IGNORECASE) else f"a {name}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
