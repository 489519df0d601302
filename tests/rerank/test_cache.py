"""Laws of the score cache: the same number to the last bit, whoever asks, and no harm whatever becomes of its file."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.golden.small_models import PASSAGES, QUERY, config, save_model

from shortlist.models.cross_encoder import CrossEncoderModel, load_cross_encoder
from shortlist.rerank import Rerank
from shortlist.rerank.cache import FILE, CachedModel, ScoreCache, _machine, score_cache  # pyright: ignore[reportPrivateUsage]

IDS = st.lists(st.integers(0, 9), max_size=4).map(tuple)


class Counting:
    """Scores made of the ids, and how many it was asked for."""

    def __init__(self, revision: str = "r") -> None:
        self.revision = revision
        self.asked = 0

    def score_ids(self, query_ids: Sequence[int], passages_ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        self.asked += len(passages_ids)
        values = [hash((self.revision, *query_ids, -1, *ids)) % 9973 / 7 for ids in passages_ids]
        return np.array(values, np.float32)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> CrossEncoderModel:
    return load_cross_encoder(save_model(tmp_path_factory.mktemp("models") / "bert", config("bert")))


@given(calls=st.lists(st.tuples(IDS, st.lists(IDS, max_size=5), st.sampled_from(["r", "r-bf16"])), max_size=6))
def test_a_hit_is_the_same_number_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory, calls: list[tuple[Sequence[int], list[Sequence[int]], str]]
) -> None:
    scores = ScoreCache(tmp_path_factory.mktemp("cache") / "scores.sqlite")
    models = {revision: Counting(revision) for revision in ("r", "r-bf16")}
    for query, passages, revision in calls:
        plain = Counting(revision).score_ids(query, passages)
        assert CachedModel(models[revision], scores).score_ids(query, passages).tobytes() == plain.tobytes()
    different = {(revision, query, ids) for query, passages, revision in calls for ids in passages}
    assert sum(each.asked for each in models.values()) == len(different)
    assert scores.notes() == []


def test_scores_survive_a_restart_and_the_stage_gives_the_same(model: CrossEncoderModel, tmp_path: Path) -> None:
    passages = [*PASSAGES, "rotate the key " * 40]
    plain = Rerank(model)(QUERY, passages)
    assert Rerank(model, cache=tmp_path / "c")(QUERY, passages).candidates == plain.candidates
    program = (
        "import sys; from pathlib import Path; from shortlist.rerank.cache import FILE, CachedModel, ScoreCache\n"
        "from shortlist.models.cross_encoder import load_cross_encoder\n"
        "model = load_cross_encoder(sys.argv[1]); ids = [model.tokenizer.ids(each) for each in sys.argv[3:]]\n"
        "print(CachedModel(model, ScoreCache(Path(sys.argv[2]) / FILE)).known(ids[0], ids[1:]))"
    )
    command = [sys.executable, "-c", program, model.source, str(tmp_path / "c"), QUERY, PASSAGES[0], "never seen"]
    known = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert known == "[True, False]\n"


def test_two_processes_at_once(tmp_path: Path) -> None:
    program = (
        "import sys; import numpy as np; from pathlib import Path; from shortlist.rerank.cache import *\n"
        "class Model:\n"
        "    revision = 'r'\n"
        "    def score_ids(self, query, passages): return np.array([sum(p) + query[0] for p in passages], np.float32)\n"
        "cached = CachedModel(Model(), ScoreCache(Path(sys.argv[1])))\n"
        "for query in range(60):\n"
        "    got = cached.score_ids([query], [[i, query] for i in range(20)]).tolist()\n"
        "    assert got == [float(i + 2 * query) for i in range(20)], got\n"
        "assert cached.notes() == [], cached.notes()"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "c")]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [each.communicate(timeout=120)[1] for each in running] == ["", ""]
    counted = sqlite3.connect(tmp_path / "c").execute("SELECT count(*) FROM scores").fetchone()
    assert counted == (1200,)


def test_threads_share_it(tmp_path: Path) -> None:
    scores = ScoreCache(tmp_path / "c")

    def ask(number: int) -> bytes:
        return CachedModel(Counting(), scores).score_ids([1], [[i] for i in range(number % 7)]).tobytes()

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, range(100))) == [
            Counting().score_ids([1], [[i] for i in range(number % 7)]).tobytes() for number in range(100)
        ]


@pytest.mark.parametrize("damage", ["noise", "cut", "empty", "entry"])
def test_a_damaged_file_is_no_error(model: CrossEncoderModel, tmp_path: Path, damage: str) -> None:
    file = tmp_path / FILE
    plain = Rerank(model)(QUERY, PASSAGES).candidates
    first = ScoreCache(file)
    CachedModel(Counting(), first).score_ids([1], [[i] for i in range(2000)])
    first._close()  # pyright: ignore[reportPrivateUsage]  # as when its process ends
    with sqlite3.connect(file) as connection:
        if damage == "entry":
            connection.execute("UPDATE scores SET entry = x'0000000000000000'")
    connection.close()
    for end in ("-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)
    whole = file.read_bytes()
    if damage == "noise":
        file.write_bytes(bytes(range(256)) * 100)
    elif damage == "cut":
        file.write_bytes(whole[: len(whole) // 3])
    elif damage == "empty":
        file.write_bytes(b"")
    for _ in range(2):
        second = ScoreCache(file)
        scores = CachedModel(Counting(), second).score_ids([1], [[i] for i in range(2000)])
        assert scores.tobytes() == Counting().score_ids([1], [[i] for i in range(2000)]).tobytes()
        notes = second.notes()
        assert [note.code for note in notes] in ([], ["score-cache-damaged"], ["score-cache-damaged"] * 2), notes
    assert Rerank(model, cache=tmp_path)(QUERY, PASSAGES).candidates == plain


def test_noise_in_its_place_is_said_and_made_anew(model: CrossEncoderModel, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database " * 1000)
    ranking = Rerank(model, cache=tmp_path)(QUERY, PASSAGES)
    assert ranking.status == "full"
    assert {note.code for note in ranking.notes} == {"score-cache-damaged"}
    assert Rerank(model, cache=tmp_path)(QUERY, PASSAGES).notes == ()


def test_a_place_that_cannot_be_written_is_said(model: CrossEncoderModel, tmp_path: Path) -> None:
    mine = tmp_path / "passages.jsonl"
    mine.write_text("a file of the user's")
    ranking = Rerank(model, cache=mine)(QUERY, PASSAGES)
    assert mine.read_text() == "a file of the user's"
    assert ranking.candidates == Rerank(model)(QUERY, PASSAGES).candidates
    assert {note.code for note in ranking.notes} == {"score-cache-unused"}


def test_it_stays_within_its_size_and_keeps_what_was_used_last(tmp_path: Path) -> None:
    scores = ScoreCache(tmp_path / "c", max_bytes=300_000)
    model = Counting()
    cached = CachedModel(model, scores)
    for query in range(40):
        cached.score_ids([query], [[i] for i in range(500)])
        with sqlite3.connect(tmp_path / "c") as connection:  # an hour passes
            connection.execute("UPDATE scores SET used = used - 3601")
        connection.close()
        cached.score_ids([0], [[i] for i in range(500)])  # asked for again and again
    assert (tmp_path / "c").stat().st_size < 500_000
    assert model.asked == 40 * 500  # what is asked for again and again was never dropped
    assert not any(cached.known([1], [[i] for i in range(500)]))


def test_one_object_a_file_and_a_child_opens_its_own(tmp_path: Path) -> None:
    scores = score_cache(tmp_path / "c")
    assert scores is score_cache(str(tmp_path / "c"))
    assert score_cache(False) is None
    assert scores is not None
    cached = CachedModel(Counting(), scores)
    cached.score_ids([1], [[2]])
    parents = scores._connection  # pyright: ignore[reportPrivateUsage]  SQLite's must not be used in a child
    child = os.fork() if hasattr(os, "fork") else 0
    if hasattr(os, "fork") and child == 0:
        known = cached.known([1], [[2]]) == [True]
        os._exit(0 if known and scores._connection is not parents else 1)  # pyright: ignore[reportPrivateUsage]
    assert not child or os.waitpid(child, 0)[1] == 0


def test_a_score_of_another_machine_is_none_of_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cached = CachedModel(Counting(), ScoreCache(tmp_path / "c"))
    cached.score_ids([1], [[2]])
    monkeypatch.setattr("shortlist.rerank.cache.processor_flags", lambda: {"another"})
    _machine.cache_clear()
    assert cached.known([1], [[2]]) == [False]
    monkeypatch.undo()
    _machine.cache_clear()
    assert cached.known([1], [[2]]) == [True]


def test_the_user_s_own_cache_follows_the_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHORTLIST_CACHE", str(tmp_path / "mine"))
    scores = score_cache(True)
    assert scores is not None
    assert scores.path == tmp_path / "mine" / "scores.sqlite"
