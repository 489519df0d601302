from pathlib import Path

import pytest

from shortlist.errors import ReadError
from shortlist.evaluate import read_qrels


def written(folder: Path, text: str) -> Path:
    path = folder / "judgments.tsv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\n",
        "q1\td1\t2\nq1\td2\t0\n",
        "q1 0 d1 2\nq1 0 d2 0\n",
        "q1\tQ0\td1\t2\n\nq1\tQ0\td2\t0\n",
        "\ufeffq1 d1 2.0\r\nq1 d2 0\r\n",
        "q1 0 d1 2\nq1 0 d2 0\nq1 0 d1 2\n",
    ],
)
def test_the_two_formats_give_the_same_judgments(tmp_path: Path, text: str) -> None:
    assert read_qrels(written(tmp_path, text)) == {"q1": {"d1": 2, "d2": 0}}


def test_ids_between_tabs_may_hold_blanks(tmp_path: Path) -> None:
    assert read_qrels(written(tmp_path, "what is it\ta page\t1\n")) == {"what is it": {"a page": 1}}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "holds no judgments"),
        ("query-id\tcorpus-id\tscore\n", "holds no judgments"),
        ("q1 d1 1\nq1 d2\n", "line 2 has 2 columns"),
        ("q1 d1 1\nq1 d2 much\n", "line 2 has the grade 'much'"),
        ("q1 0 d1 good\n", "line 1 has the grade 'good'"),
        ("q1 d1 1.5\nq1 d2 1.5\n", "line 2 has the grade '1.5'"),
        ("q1 d1 nan\nq1 d1 inf\n", "line 2 has the grade 'inf'"),
        ("q1 d1 1\nq1 d1 0\n", "line 2 judges d1 for query q1 again: 0, before 1"),
    ],
)
def test_a_bad_line_is_told_with_its_number(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ReadError, match=problem):
        read_qrels(written(tmp_path, text))
