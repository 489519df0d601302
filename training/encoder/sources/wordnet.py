"""WordNet: what each word means, in a sentence or with its kind; asked for by the word, or by a question about it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

from training.encoder.sources.passages import Passage
from training.encoder.sources.synsets import PERSON, PLACE, Synset, read_synsets

SEED = 11
TAXON = re.compile(r"(?:genus|(?:sub|super)?family|(?:sub)?order|(?:sub)?class|phylum) ")
QUESTIONS = 0.5  # of the nouns
WITH_KIND = 0.5
MOST_PARTS = 12
FIELD = re.compile(
    r"\((?!(?:of|used|plural|usually|often|sometimes|formerly|trademark|followed|an?|the)\b)([\w ]+)\) "
)  # (heraldry)
UNCOUNTED = {f"{file:02}" for file in (7, 9, 10, 12, 16, 19, 21, 22, 24, 26, 27)}  # attributes, feelings, substances …


def wordnet(package: Path) -> Iterator[Passage]:
    """The meanings: half of the nouns asked for by a question, all else by the word; then what things are made of."""
    synsets = read_synsets(package)
    draw = random.Random(SEED)
    for synset in synsets.values():
        yield meaning(synset, synsets, draw)
        if len(synset.parts) > 1 and not synset.is_one:
            yield parts(synset, synsets)


def names(package: Path) -> Iterator[Passage]:
    """People, places, events and works, each asked for by questions alone: once as a sentence, once with its kind."""
    synsets = read_synsets(package)
    draw = random.Random(SEED)
    for synset in synsets.values():
        if synset.is_one:
            questions = _questions_of_one(synset, synset.words[0])
            said = sentence(synset)
            yield Passage(draw.choice(questions), said)
            yield Passage(draw.choice(questions), f"{said} {sentence(synsets[synset.kinds[0]])}")


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
        gloss = f"the {gloss}" if gloss[0].isdigit() else _with_article(gloss)  # the 20th President
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
    marked = FIELD.match(gloss)
    if marked is None:
        return "", gloss
    return f"In {marked[1]}, ", gloss[marked.end() :]


def _is(synset: Synset) -> str:
    return "was" if synset.is_one and re.search(r"\(.*\d{3,4}-\d{2,4}\)|\(died|\b1\d{3}\b", synset.gloss) else "is"


def _named(synset: Synset) -> str:
    """The word as a sentence names it: with an article where it can be counted."""
    word = synset.words[0]
    uncounted = synset.is_one or word[0].isupper() or synset.topic in UNCOUNTED or bool(TAXON.match(word))
    return word if uncounted else _with_article(word)


def _with_article(name: str) -> str:
    return f"an {name}" if re.match(r"[aeio]|u[^aeiou][^aeiou]", name, re.IGNORECASE) else f"a {name}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
