"""Units → lists."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.train.lists import TrainingList, load_lists, make_lists, save_lists
from shortlist.train.units import Unit

TOPICS = ("signing key rotation", "coffee beans roast", "密钥轮换", "mountain weather snow", "train station platform")


def units(count: int) -> list[Unit]:
    return [Unit(f"{TOPICS[i % 5]} number {i}", f"q{i}", f"q{i}", "en") for i in range(count)]


@settings(max_examples=6)
@given(count=st.integers(16, 48), passages=st.integers(4, 16), queries=st.integers(1, 20), seed=st.integers(0, 9))
def test_no_unit_comes_twice_and_no_query_stands_without_its_passage(
    count: int, passages: int, queries: int, seed: int
) -> None:
    lists = make_lists(units(count), passages=passages, queries=queries, seed=seed)
    assert len(lists) == count // passages
    for each in lists:
        assert len(each.passages) == passages
        assert len(each.asked) == len(each.judged) == min(queries, passages)
        assert {f"q{text.split()[-1]}" for text in each.passages} >= set(each.asked)
    assert max(Counter(text for each in lists for text in each.passages).values()) == 1


def test_long_passages_are_several_joined(tmp_path: Path) -> None:
    lists = make_lists(units(240), passages=8, queries=4, longest=3, seed=1)
    joined = [each for each in lists if len(each.passages) < 8]
    assert 0 < len(joined) < len(lists) // 3
    assert all(text.count("number") in (2, 3) for each in joined for text in each.passages)


def test_neighbours_stand_together() -> None:
    [first, *_] = make_lists(units(96), passages=12, queries=4, seed=1)
    topics = Counter(text.rsplit(" ", 2)[0] for text in first.passages)
    assert max(topics.values()) >= 6


def test_the_same_seed_makes_the_same_lists_and_saving_changes_nothing(tmp_path: Path) -> None:
    made = make_lists(units(64), passages=8, queries=4, longest=3, seed=3)
    assert made == make_lists(units(64), passages=8, queries=4, longest=3, seed=3)
    assert made != make_lists(units(64), passages=8, queries=4, longest=3, seed=4)
    odd = TrainingList(("问？\u2028",), ("q",), ("line\nline", "\x85"), "zh")
    save_lists([*made, odd], tmp_path / "lists.jsonl")
    assert load_lists(tmp_path / "lists.jsonl") == [*made, odd]
