import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from training.encoder.short import SIZE, shortened
from training.encoder.sources.passages import words

from shortlist.text.sentences import sentence_spans
from shortlist.train.units import Unit

SENTENCES = st.sampled_from(
    [
        "The council met on Monday and agreed to repair the old bridge before winter.",
        "Nobody objected!",
        "理事会每年至少召开两次会议，由理事长召集和主持，必要时可以增加。",
        "桥修好了。",
        "word " * 60 + "end.",
    ]
)
PASSAGES = st.lists(SENTENCES, min_size=1, max_size=8).map(" ".join)


@given(PASSAGES, st.integers(0, 9))
def test_a_short_passage_is_whole_sentences_of_the_long_one(passage: str, seed: int) -> None:
    unit = Unit(passage, "When?", "When?", "en")
    short = shortened(unit, random.Random(seed))
    assert replace(short, passage=passage) == unit
    if short.passage != passage:
        start = passage.index(short.passage)
        spans = [passage[a:b] for a, b in sentence_spans(passage)]
        assert passage[start : start + len(short.passage)] == short.passage
        assert short.passage.strip() == short.passage != ""
        assert SIZE[0] <= words(short.passage) <= SIZE[1]
        assert sum(sentence in short.passage for sentence in spans) >= 1
        assert any(short.passage.startswith(s) for s in spans)
        assert any(short.passage.endswith(s) for s in spans)


def test_a_long_passage_is_cut_in_either_language() -> None:
    english = "The council met on Monday and agreed to repair the old bridge before winter. " * 6
    chinese = "理事会每年至少召开两次会议，由理事长召集和主持，必要时可以增加。" * 6
    for passage in (english.strip(), chinese):
        short = shortened(Unit(passage, "q", "q", "en"), random.Random(3)).passage
        assert len(short) < len(passage) / 2


def test_a_question_in_another_language_keeps_its_whole_passage() -> None:
    unit = Unit("The council met on Monday and agreed to repair the old bridge. " * 4, "何时", "When", "en")
    assert shortened(unit, random.Random(1)) == unit
