import random
from pathlib import Path

import pytest
from training.encoder.sources.synsets import Synset, read_synsets
from training.encoder.sources.wordnet import names, parts, question, sentence, wordnet

# As wndb(5WN) has it: offset, file of nouns, part of speech, words in hexadecimal, pointers, gloss.
NOUNS = """\
  1 This software and database is being provided to you
00000001 06 n 01 car 0 002 %p 00000002 n 0000 %p 00000003 n 0000 | a motor vehicle; "he needs a car to get to work"
00000002 06 n 02 wheel 0 disc_wheel 0 000 | a simple machine that turns
00000003 06 n 01 accelerator 0 001 @ 00000004 n 0000 | a pedal that controls the throttle valve
00000004 06 n 01 pedal 0 000 | a lever that is worked with the foot
00000005 18 n 02 Lovelace 0 Ada_Lovelace 0 001 @i 00000006 n 0000 | English mathematician who wrote programs (1815-1852)
00000006 18 n 01 mathematician 0 000 | a person skilled in mathematics
00000007 06 n 01 charge 0 000 | (heraldry) a design on a shield
"""


@pytest.fixture
def synsets(tmp_path: Path) -> dict[str, Synset]:
    (tmp_path / "data.noun").write_text(NOUNS)
    (tmp_path / "data.verb").write_text(
        '00000001 29 v 01 nap 2 000 01 + 02 00 | take a siesta; "She naps everyday after lunch"\n'
    )
    (tmp_path / "data.adj").write_text("00000001 00 s 01 steep(a) 0 000 | having a sharp inclination\n")
    (tmp_path / "data.adv").write_text("")
    return read_synsets(tmp_path)


def test_words_glosses_and_examples_are_read(synsets: dict[str, Synset]) -> None:
    car = synsets["n00000001"]
    assert (car.words, car.gloss, car.examples) == (
        ("car",),
        "a motor vehicle",
        ("he needs a car to get to work",),
    )
    assert synsets["n00000002"].words == ("wheel", "disc wheel")
    assert synsets["a00000001"].words == ("steep",)


def test_a_meaning_is_a_sentence(synsets: dict[str, Synset]) -> None:
    assert sentence(synsets["n00000002"]) == "A wheel (also disc wheel) is a simple machine that turns."
    assert sentence(synsets["n00000003"]) == "An accelerator is a pedal that controls the throttle valve."
    assert sentence(synsets["n00000007"]) == "In heraldry, a charge is a design on a shield."
    assert sentence(synsets["v00000001"]) == "Nap: take a siesta."
    assert sentence(synsets["n00000005"]) == (
        "Ada Lovelace (also Lovelace) was an English mathematician who wrote programs (1815-1852)."
    )


def test_a_person_is_asked_for_by_name_and_by_deed(synsets: dict[str, Synset]) -> None:
    asked = {question(synsets["n00000005"], random.Random(seed)) for seed in range(60)}
    assert asked == {
        "Who was Ada Lovelace?",
        "what is Ada Lovelace known for",
        "When was Ada Lovelace born?",
        "Who wrote programs?",
    }


def test_parts_are_listed(synsets: dict[str, Synset]) -> None:
    said = parts(synsets["n00000001"], synsets)
    assert said.query == "What are the parts of a car?"
    assert said.text.startswith("The parts of a car include wheel and accelerator. A car is a motor vehicle")


def test_every_meaning_gives_a_passage_and_the_same_ones_again(tmp_path: Path, synsets: dict[str, Synset]) -> None:
    passages = list(wordnet(tmp_path))
    assert len(passages) == len(synsets) + 1  # and the parts of a car
    assert passages == list(wordnet(tmp_path))
    assert all(passage.query and passage.text.endswith(".") for passage in passages)


def test_a_name_is_asked_for_by_questions_alone(tmp_path: Path, synsets: dict[str, Synset]) -> None:
    plain, with_kind = names(tmp_path)
    assert plain.text == sentence(synsets["n00000005"])
    assert with_kind.text == f"{plain.text} A mathematician is a person skilled in mathematics."
    assert all("Ada Lovelace" in passage.query or passage.query == "Who wrote programs?" for passage in names(tmp_path))
