import importlib
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.errors import UsageError
from shortlist.evaluate import Measure, judge, mean, parse_measure

ir_measures: Any = importlib.import_module("ir_measures")  # untyped; in the development environment only

NAMES = [
    "nDCG",
    "nDCG@3",
    "nDCG@10",
    "R@1",
    "R@5",
    "R(rel=2)@5",
    "P@1",
    "P@5",
    "P(rel=3)@5",
    "RR",
    "RR@3",
    "RR(rel=2)@10",
    "AP",
    "AP@3",
    "AP(rel=2)@10",
    "Success@1",
    "Success@5",
    "Success(rel=2)@3",
    "Judged@3",
    "Judged@10",
]
MEASURES = [parse_measure(name) for name in NAMES]
DOCUMENTS = [f"文{i}" for i in range(14)]
grades = st.dictionaries(st.sampled_from(DOCUMENTS), st.integers(-1, 4), min_size=1)
no_negative = st.dictionaries(st.sampled_from(DOCUMENTS), st.integers(0, 4), min_size=1)  # trec_eval may hang on them
orders = st.lists(st.sampled_from(DOCUMENTS), unique=True)
few = settings(deadline=None, max_examples=60)


@few
@given(
    qrels=st.dictionaries(st.sampled_from("abcd"), no_negative, min_size=1),
    run=st.dictionaries(st.sampled_from("abcde"), orders, min_size=1),
)
def test_every_value_is_that_of_ir_measures(qrels: dict[str, dict[str, int]], run: dict[str, list[str]]) -> None:
    scored = {query: {d: float(len(order) - i) for i, d in enumerate(order)} for query, order in run.items() if order}
    if not scored:
        return
    asked = {name: ir_measures.parse_measure(name) for name in NAMES}
    theirs = {(str(m.measure), m.query_id): m.value for m in ir_measures.iter_calc(asked.values(), qrels, scored)}
    for name, measure in zip(NAMES, MEASURES, strict=True):
        for query, value in judge(run, qrels, measure).items():
            expected = theirs.get((str(asked[name]), query), 0.0)
            assert value == pytest.approx(expected, abs=1e-12), (name, query)


def test_ties_are_judged_in_the_order_given_where_trec_eval_takes_the_higher_id() -> None:
    qrels, ndcg = {"q": {"a": 1}}, parse_measure("RR")
    tied = {"q": {"a": 1.0, "b": 1.0}}
    assert judge({"q": ["a", "b"]}, qrels, ndcg) == {"q": 1.0}
    assert judge({"q": ["b", "a"]}, qrels, ndcg) == {"q": 0.5}
    assert ir_measures.calc_aggregate([ir_measures.RR], qrels, tied)[ir_measures.RR] == 0.5


@few
@given(ranking=orders, grades=grades)
def test_a_grade_below_zero_is_as_good_as_zero(ranking: list[str], grades: dict[str, int]) -> None:
    raised = {document: max(0, grade) for document, grade in grades.items()}
    for measure in MEASURES:
        assert measure.value(ranking, grades) == measure.value(ranking, raised)


@few
@given(grades=grades)
def test_the_ideal_order_has_ndcg_one(grades: dict[str, int]) -> None:
    ideal = sorted(grades, key=lambda document: -grades[document])
    for cutoff in (None, 1, 3, 10):
        expected = 1.0 if max(grades.values()) > 0 else 0.0
        assert Measure("nDCG", cutoff).value(ideal, grades) == expected


@few
@given(ranking=st.lists(st.sampled_from(DOCUMENTS)), grades=grades)
def test_values_are_in_range_and_a_repeated_document_counts_once(ranking: list[str], grades: dict[str, int]) -> None:
    for measure in MEASURES:
        value = measure.value(ranking, grades)
        assert 0 <= value <= 1
        assert value == measure.value(list(dict.fromkeys(ranking)), grades)


@few
@given(ranking=orders.filter(lambda order: len(order) > 1), grades=grades, data=st.data())
def test_moving_a_better_document_up_never_lowers_a_value(
    ranking: list[str], grades: dict[str, int], data: st.DataObject
) -> None:
    i = data.draw(st.integers(0, len(ranking) - 2))
    j = data.draw(st.integers(i + 1, len(ranking) - 1))
    worse, better = sorted((ranking[i], ranking[j]), key=lambda document: grades.get(document, 0))
    before, after = list(ranking), list(ranking)
    before[i], before[j] = worse, better
    after[i], after[j] = better, worse
    for measure in MEASURES:
        if measure.name != "Judged":
            assert measure.value(after, grades) >= measure.value(before, grades) - 1e-12, measure


@few
@given(ranking=orders, grades=grades, cutoff=st.integers(1, 12))
def test_recall_and_success_never_fall_with_the_cutoff(ranking: list[str], grades: dict[str, int], cutoff: int) -> None:
    for name in ("R", "Success", "RR", "AP"):
        assert Measure(name, cutoff).value(ranking, grades) <= Measure(name, cutoff + 1).value(ranking, grades) + 1e-12


@pytest.mark.parametrize("name", NAMES)
def test_the_notation_is_that_of_ir_measures_and_reads_back(name: str) -> None:
    measure = parse_measure(name)
    assert str(measure) == name
    assert ir_measures.parse_measure(str(measure)) == ir_measures.parse_measure(name)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ndcg@10", "nDCG@10"),
        ("MRR@10", "RR@10"),
        ("MAP", "AP"),
        ("recall@100", "R@100"),
        (" AP( rel = 2 ) ", "AP(rel=2)"),
    ],
)
def test_other_names_and_cases_are_understood(written: str, meant: str) -> None:
    assert str(parse_measure(written)) == meant


@pytest.mark.parametrize(
    "text", ["", "nDCG10", "ERR@20", "R", "P", "Success", "Judged", "nDCG@0", "nDCG@-1", "AP(rel=0)"]
)
def test_an_unknown_measure_names_some_that_are_known(text: str) -> None:
    with pytest.raises(UsageError, match="@10"):
        parse_measure(text)


def test_rel_is_refused_where_it_means_nothing() -> None:
    with pytest.raises(UsageError, match="does not take rel"):
        parse_measure("nDCG(rel=2)@10")


def test_queries_without_results_count_zero_and_unjudged_queries_do_not_count() -> None:
    values = judge({"a": ["x"], "unjudged": ["x"]}, {"a": {"x": 1}, "b": {"x": 1}}, parse_measure("RR"))
    assert values == {"a": 1.0, "b": 0.0}
    assert mean(values) == 0.5
    assert mean({}) == 0


def test_ndcg_has_linear_gain() -> None:
    value = parse_measure("nDCG@2").value(["one", "three"], {"one": 1, "three": 3})
    assert value == pytest.approx((1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3)))
