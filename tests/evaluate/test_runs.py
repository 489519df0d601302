from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.errors import ReadError, UsageError
from shortlist.evaluate import Run, read_run, write_run

words = st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=6)


def written(folder: Path, text: str) -> Path:
    path = folder / "run.txt"
    path.write_text(text, encoding="utf-8")
    return path


@settings(deadline=None, max_examples=40)
@given(
    orders=st.dictionaries(words, st.lists(words, unique=True, min_size=1), min_size=1),
    suffix=st.sampled_from(["trec", "trec.gz"]),
)
def test_what_is_written_reads_back(
    orders: dict[str, list[str]], suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("runs") / f"run.{suffix}"
    write_run(Run("ours", orders), path)
    back = read_run(path)
    assert back.name == "ours"
    assert {query: list(order) for query, order in back.orders.items()} == orders
    assert back.notes == ()


@pytest.mark.parametrize(
    "text",
    [
        "q Q0 b 1 2.5 tag\nq Q0 a 2 1.5 tag\n",
        "q Q0 a 2 1.5 tag\nq Q0 b 1 2.5 tag\n",
        "q\tb\t2.5\nq\ta\t1.5\n",
        "query-id\tcorpus-id\tscore\nq\ta\t1.5\nq\tb\t2.5\n",
        "q b 1\nq a 2\n",
        "query doc rank\nq b 1\nq a 2\n",
    ],
)
def test_each_format_gives_the_same_order(tmp_path: Path, text: str) -> None:
    assert read_run(written(tmp_path, text)).orders == {"q": ("b", "a")}


def test_scores_stand_beside_the_order(tmp_path: Path) -> None:
    run = read_run(written(tmp_path, "q Q0 a 2 1.5 bm25\nq Q0 b 1 2.5 bm25\n"))
    assert (run.name, run.scores) == ("bm25", {"q": (2.5, 1.5)})


def test_whole_scores_that_do_not_count_from_one_are_no_ranks(tmp_path: Path) -> None:
    assert read_run(written(tmp_path, "q a 1\nq b 3\n")).orders == {"q": ("b", "a")}


def test_equal_scores_stand_by_rank_then_as_the_file_has_them(tmp_path: Path) -> None:
    assert read_run(written(tmp_path, "q Q0 a 2 1 t\nq Q0 b 1 1 t\nq Q0 c 2 1 t\n")).orders == {"q": ("b", "a", "c")}


def test_a_document_named_twice_keeps_its_better_place_and_is_noted(tmp_path: Path) -> None:
    run = read_run(written(tmp_path, "q a 1.5\nq b 2.5\nq a 3.5\n"))
    assert run.orders == {"q": ("a", "b")}
    assert [(note.code, dict(note.data)) for note in run.notes] == [("run-duplicates", {"repeated": 1})]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "holds no results"),
        ("q Q0 a 1 2.5 tag\nq Q0 b 2 1.5\n", "line 2 has 5 columns"),
        ("q a\n", "line 1 has 2 columns"),
        ("q Q0 a 1 2.5 tag\nq b 1.5\n", "line 2 has 3 columns"),
        ("q Q0 a 1 high tag\n", "line 1 has the score 'high'"),
        ("q a 1.5\nq b nan\n", "line 2 has the score 'nan'"),
    ],
)
def test_a_bad_line_is_told_with_its_number(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ReadError, match=problem):
        read_run(written(tmp_path, text))


def test_an_id_with_a_blank_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="white space"):
        write_run(Run("ours", {"q": ("two words",)}), tmp_path / "run.trec")
