import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.golden.small_models import config, save_model

from shortlist.errors import UsageError
from shortlist.models.check import compare_precisions, read_samples
from shortlist.models.cross_encoder import load_cross_encoder

PASSAGES = [f"the {'old ' * (n % 3)}key {n} is rotated 轮换 {'x' * n}" for n in range(14)]
SAMPLES = {"how is the key rotated": PASSAGES, "如何轮换密钥": PASSAGES[:3], "one": PASSAGES[:1]}


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("compared") / "reranker", config("bert"))


def test_exact_is_itself_and_the_others_are_near_it(model: Path) -> None:
    exact, *faster = compare_precisions(model, SAMPLES)
    assert (exact.precision, exact.kendall, exact.largest_difference, exact.top10_overlap) == ("exact", 1.0, 0.0, 1.0)
    assert {report.precision for report in faster} <= {"bf16", "int8"}
    assert faster
    for report in faster:
        assert report.ms_per_pair > 0
        assert report.kendall is not None
        assert report.top10_overlap is not None
        assert report.kendall > 0.8
        assert report.largest_difference < 0.5
        assert report.top10_overlap >= 0.8
    assert sum(report.chosen for report in [exact, *faster]) == 1


def test_the_figures_are_those_of_the_scores(model: Path) -> None:
    exact, faster = (load_cross_encoder(model, precision) for precision in ("exact", "int8"))
    differences = [
        abs(exact.score(query, passages) - faster.score(query, passages)).max() for query, passages in SAMPLES.items()
    ]
    report = next(report for report in compare_precisions(model, SAMPLES) if report.precision == "int8")
    assert report.largest_difference == pytest.approx(max(differences))


def test_what_too_few_passages_cannot_say_is_left_open(model: Path) -> None:
    for report in compare_precisions(model, {"one": PASSAGES[:1], "none": []}):
        assert (report.kendall, report.top10_overlap) == (None, None)


def test_an_encoder_has_one_precision(tmp_path: Path) -> None:
    [report] = compare_precisions(save_model(tmp_path / "encoder", config("bert", head=False)), SAMPLES)
    assert (report.precision, report.chosen, report.kendall) == ("exact", True, 1.0)


@pytest.mark.parametrize("samples", [{}, {"query": []}])
def test_nothing_to_score_is_an_error(model: Path, samples: dict[str, list[str]]) -> None:
    with pytest.raises(UsageError, match="no pairs"):
        compare_precisions(model, samples)


QUERIES = st.text(min_size=1).filter(str.strip)


@given(pairs=st.lists(st.tuples(QUERIES, st.lists(st.text(), min_size=1, max_size=3)), max_size=6))
def test_pairs_and_lists_say_the_same(pairs: list[tuple[str, list[str]]]) -> None:
    lists = [json.dumps({"query": query, "passages": passages}) for query, passages in pairs]
    singles = [json.dumps({"query": query, "text": text}) for query, passages in pairs for text in passages]
    held = read_samples(lists)
    assert held == read_samples([*singles, "", "  "])
    assert sum(map(len, held.values())) == sum(len(passages) for _, passages in pairs)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "{",
            "[]",
            "1",
            {"query": "q"},
            {"text": "t"},
            {"query": "", "text": "t"},
            {"query": "q", "passages": "text"},
        ),
        *({"query": "q", "passages": []}, {"query": "q", "passages": [1]}, {"query": 1, "text": "t"}),
    ],
)
def test_a_line_that_is_none_is_named(value: Any) -> None:
    line = value if isinstance(value, str) else json.dumps(value)
    with pytest.raises(UsageError, match="Line 2"):
        read_samples(['{"query": "q", "text": "t"}', line])
