"""Laws of reading an order: a permutation, whatever the model says."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlist.models.listwise.answer import read_order

ANYTHING = (
    st.text()
    | st.text("[]>123 90\n【】，", max_size=60)
    | st.lists(st.integers(-3, 30)).map(lambda numbers: " > ".join(f"[{number}]" for number in numbers))
)


@given(ANYTHING, st.integers(0, 12))
def test_nothing_is_lost_or_invented_whatever_the_answer(answer: str, count: int) -> None:
    order = read_order(answer, count)
    assert sorted(order.permutation) == list(range(count))
    assert order.named + order.missing == count


@given(st.permutations(range(9)))
def test_a_good_answer_is_read_as_it_stands_and_not_repaired(permutation: list[int]) -> None:
    order = read_order(" > ".join(f"[{i + 1}]" for i in permutation), 9)
    assert list(order.permutation) == permutation
    assert not order.repaired


@pytest.mark.parametrize(
    ("answer", "permutation", "repairs"),
    [
        ("[2] > [1] > [3]", [1, 0, 2], (0, 0, 0)),
        ("[2]>[1]>[3]\n", [1, 0, 2], (0, 0, 0)),
        ("```\n[2] > [1] > [3]\n```", [1, 0, 2], (0, 0, 0)),
        ("Here is the order: [2] > [1] > [3]. [1] is good.", [1, 0, 2], (0, 0, 0)),
        ("Of [1], [2] and [3]: [3] > [1] > [2]", [2, 0, 1], (0, 0, 0)),
        ("<think>[1] > [2] > [3] > [1] > [2], or rather</think>[3] > [1] > [2]", [2, 0, 1], (0, 0, 0)),
        ("cut off … or rather</think>[3] > [1] > [2]", [2, 0, 1], (0, 0, 0)),
        ("<think>[3] > [2] > [1], but I never stop", [0, 1, 2], (0, 0, 3)),
        ("【2】＞【1】＞【3】", [1, 0, 2], (0, 0, 0)),
        ("［２］ > ［１］ > ［３］", [1, 0, 2], (0, 0, 0)),
        ("[02] > [01] > [3]", [1, 0, 2], (0, 0, 0)),
        ("[2], [1], [3]", [1, 0, 2], (0, 0, 0)),
        ("2 > 1 > 3", [1, 0, 2], (0, 0, 0)),
        ("[2, 1, 3]", [1, 0, 2], (0, 0, 0)),
        ("2、1、3", [1, 0, 2], (0, 0, 0)),
        ("[3]", [2, 0, 1], (0, 0, 2)),
        ("[3] > [3] > [1]", [2, 0, 1], (1, 0, 1)),
        ("[7] > [3] > [0] > [1]", [2, 0, 1], (0, 2, 1)),
        ("[3] > [1] > [2] > [4] > [5]", [2, 0, 1], (0, 2, 0)),
        ("[3] > [" + "9" * 9000 + "] > [1]", [2, 0, 1], (0, 1, 1)),
        ("[-1] > [2]", [1, 0, 2], (0, 0, 2)),
        ("", [0, 1, 2], (0, 0, 3)),
        ("I cannot rank these.", [0, 1, 2], (0, 0, 3)),
        ("Passage 3 was written in 2019.", [0, 1, 2], (0, 0, 3)),
    ],
)
def test_what_is_read_and_what_is_repaired(answer: str, permutation: list[int], repairs: tuple[int, int, int]) -> None:
    order = read_order(answer, 3)
    assert list(order.permutation) == permutation
    assert (order.repeated, order.unknown, order.missing) == repairs


@pytest.mark.parametrize(
    "answer", ["[" * 5_000_000, "[1] > " * 800_000, "[1" * 2_000_000, "<think>" * 700_000, "[ " * 2_000_000]
)
def test_a_hostile_answer_takes_no_time(answer: str) -> None:
    start = time.process_time()
    read_order(answer, 20)
    assert time.process_time() - start < 1
