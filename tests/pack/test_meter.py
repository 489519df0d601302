"""Laws of counting: what is found too long is too long, and most of what cannot fit is not read."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from shortlist.models import load_tokenizer
from shortlist.pack import Pack
from shortlist.pack.meter import Meter
from shortlist.records import Candidate, Chunk, Ranking

WORDS = [
    "the",
    "signing",
    "key",
    "rotated",
    "internationalisation",
    "签名",
    "密钥每九十天",
    "轮换。",
    "🔑",
    "3.14",
    "\n",
    "(see",
    "p.12)",
]
texts = st.lists(st.sampled_from(WORDS), max_size=200).map(" ".join)


class Counting:
    """The packaged tokenizer, and how many characters it was given."""

    def __init__(self) -> None:
        self.tokenizer = load_tokenizer()
        self.characters = 0

    def count(self, text: str) -> int:
        self.characters += len(text)
        return self.tokenizer.count(text)


@settings(max_examples=60, deadline=None)
@given(st.lists(texts, max_size=6), st.integers(0, 300))
def test_a_text_exceeds_a_limit_if_it_has_more_tokens(given_texts: list[str], limit: int) -> None:
    tokenizer = load_tokenizer()
    meter = Meter(tokenizer)
    for text in given_texts:
        assert meter.exceeds(text, limit) == (tokenizer.count(text) > limit)
        assert meter.count(text) == tokenizer.count(text)


def test_of_what_cannot_fit_only_the_beginning_is_counted() -> None:
    pieces = [
        f"{n} " + "The signing key is rotated every ninety days by nobody's hand. " * (20 - n % 16) for n in range(100)
    ]
    candidates = [Candidate(Chunk(str(n), str(n), 0, len(text), text), n + 1) for n, text in enumerate(pieces)]
    tokenizer = Counting()
    context = Pack(1000, tokenizer)(Ranking("keys?", tuple(candidates)))
    assert 0 < context.tokens <= 1000
    whole_once = sum(map(len, pieces))
    assert tokenizer.characters < whole_once / 3


def test_a_text_is_counted_once() -> None:
    tokenizer = Counting()
    meter = Meter(tokenizer)
    assert meter.count("签名密钥") == meter.count("签名密钥") > 0
    assert tokenizer.characters == 4
    assert meter.count("") == 0
