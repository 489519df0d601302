"""`shortlist train encoder` on small models. Run by `make test-torch`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.train.samples import save_base, save_teacher, write_text

from shortlist.cli.group import shortlist
from shortlist.errors import TrainingProblem, UnknownArchitecture, UsageError
from shortlist.library import Index
from shortlist.models.encoder import load_encoder
from shortlist.records import Document
from shortlist.train import Recipe, Trained
from shortlist.train.encoder import train_encoder
from shortlist.train.loop import Look

STEPS = 8


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("train")
    write_text(place / "text.jsonl")
    save_base(place / "base")
    save_teacher(place / "english", chinese=False)
    return place


@pytest.fixture(scope="module")
def made(place: Path) -> Trained:
    """A run that nothing interrupted."""
    return train_encoder(recipe(place, place / "made" / "model"))


def recipe(place: Path, out: Path, steps: int = STEPS, **changes: Any) -> Recipe:
    settings: dict[str, Any] = {"base": str(place / "base"), "rate": 1e-3, "steps": steps}
    settings["teachers"] = ((str(place / "english"), 2.0),)
    return Recipe((str(place / "text.jsonl"),), out, **(settings | changes))


def files(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in directory.iterdir()}


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(shortlist, ["train", "encoder", *map(str, arguments)])


def test_it_comes_nearer_to_its_teachers_and_the_index_takes_it(made: Trained, tmp_path: Path) -> None:
    mean = {when: sum(map(sum, judged.values())) for when, judged in (("before", made.before), ("after", made.after))}
    assert mean["after"] < mean["before"]
    assert made.parity.least > 0.995
    encoder = load_encoder(str(made.path))
    assert encoder.facts.late.maxsim[1] > 0
    with Index.open(tmp_path / "index", encoder=str(made.path)) as index:
        index.add(Document("a", "the old key"), Document("b", "如何轮换密钥"))
        assert index.search("轮换密钥")[0].chunk.doc_id == "b"


def test_a_teacher_is_heard_in_the_languages_that_it_can_spell(made: Trained) -> None:
    assert made.heard == {"english": ("en",)}
    card = (made.path / "README.md").read_text(encoding="utf-8")
    assert "| teacher | english | not stated | en | 2 |" in card
    assert "| base | base | not stated | en, zh | 1 |" in card


def test_a_killed_run_ends_as_if_nothing_had_happened(made: Trained, place: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    teacher = f"--teacher={place / 'english'}=2"
    typed = [
        place / "text.jsonl",
        teacher,
        f"--base={place / 'base'}",
        "--rate=1e-3",
        f"--steps={STEPS}",
        f"--out={out}",
    ]
    command = [sys.executable, "-c", "from shortlist.cli.group import main; main()", "train", "encoder"]
    with subprocess.Popen([*command, *map(str, typed)], stderr=subprocess.DEVNULL) as running:
        wait_for(tmp_path / "model.training" / "checkpoint.pt")
        os.kill(running.pid, signal.SIGKILL)
    assert not out.exists()
    steps: list[int] = []
    train_encoder(recipe(place, out), lambda look: steps.append(look.step))
    assert steps[0] > 1  # it went on
    assert files(out) == files(made.path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["model", "model.training"]


def wait_for(file: Path) -> None:
    while not file.exists():
        time.sleep(0.02)


def test_neither_two_at_once_nor_another_recipe_go_on(place: Path, tmp_path: Path) -> None:
    def stop(look: Look) -> None:
        if look.step == 1:
            raise KeyboardInterrupt

    def meet(look: Look) -> None:
        with pytest.raises(TrainingProblem, match=f"Process {os.getpid()} is training"):
            train_encoder(recipe(place, tmp_path / "model"))
        stop(look)

    with pytest.raises(KeyboardInterrupt):
        train_encoder(recipe(place, tmp_path / "model"), meet)
    with pytest.raises(UsageError, match="unfinished training with other rate, teachers"):
        train_encoder(recipe(place, tmp_path / "model", rate=1e-4, teachers=()))


def test_scores_from_a_file_teach(place: Path, tmp_path: Path) -> None:
    texts = [json.loads(line)["positive"] for line in (place / "text.jsonl").read_text().splitlines()[::2]]
    scored = [{"query": f"key {i % 8}", "passage": text, "score": -i} for i, text in enumerate(texts)]
    file = tmp_path / "scores.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in scored), encoding="utf-8")
    trained = train_encoder(recipe(place, tmp_path / "model", 2, teachers=(), scores=str(file)))
    assert trained.heard == {"scores": ("en-scored",)}
    assert trained.parity.least > 0.995


def test_it_ends_when_nothing_is_gained(place: Path, tmp_path: Path) -> None:
    trained = train_encoder(recipe(place, tmp_path / "model", 40, teachers=(), rate=0.3))
    assert trained.steps < 40
    assert trained.best_step < trained.steps


def test_weights_that_run_away_are_an_error(place: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingProblem, match="lower --rate"):
        train_encoder(recipe(place, tmp_path / "model", 30, teachers=(), rate=1e30))
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(("family", "hidden"), [("distilbert", 32), ("modernbert", 32), ("bert", 64)])
def test_a_teacher_of_another_architecture_or_width_teaches(
    place: Path, tmp_path: Path, family: str, hidden: int
) -> None:
    teacher = save_teacher(tmp_path / family, family, hidden=hidden)
    trained = train_encoder(recipe(place, tmp_path / "model", 1, teachers=((str(teacher), 1.0),)))
    assert trained.heard == {family: ("en", "zh")}


def test_what_cannot_teach_or_learn_says_so(place: Path, tmp_path: Path) -> None:
    broken = save_teacher(tmp_path / "broken")
    (broken / "config.json").write_text('{"model_type": "perceptron"}', encoding="utf-8")
    with pytest.raises(UnknownArchitecture, match="perceptron"):
        train_encoder(recipe(place, tmp_path / "a", 1, teachers=((str(broken), 1.0),)))
    chinese = write_text(tmp_path / "zh.jsonl", languages="zh")
    result = run(chinese, "--teacher", place / "english", "--base", place / "base", "--out", tmp_path / "b")
    assert isinstance(result.exception, UsageError)
    assert "can spell no language of the text (zh)" in result.exception.message
    with pytest.raises(UnknownArchitecture, match='of type "bert"'):
        train_encoder(recipe(place, tmp_path / "c", 1, base=str(place / "english")))
    few = write_text(tmp_path / "few.jsonl", 20)
    result = run(few, "--base", place / "base", "--out", tmp_path / "d")
    assert isinstance(result.exception, UsageError)
    assert "at least 64 of one language" in result.exception.message


def test_the_command_tells_what_came_of_it(place: Path, tmp_path: Path) -> None:
    typed = [place / "text.jsonl", "--base", place / "base", "--steps", "2", "--licence", "CC0-1.0"]
    result = run(*typed, "--out", tmp_path / "model", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["path"] == str(tmp_path / "model")
    assert (told["steps"], told["teachers"], sorted(told["after"])) == (2, {}, ["en", "zh"])
    assert told["parity"]["least"] > 0.995
    assert "step 2 of 2" in result.stderr
    assert load_encoder(str(tmp_path / "model")).facts.licence == "CC0-1.0"
    again = run(*typed, "--out", tmp_path / "model")
    assert isinstance(again.exception, UsageError)
    assert "is there already" in again.exception.message
