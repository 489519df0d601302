"""Documents for the laws: Chinese, English, mixed, empty and odd."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from shortlist.records import Document, Metadata

WORDS = [
    "key",
    "keys",
    "signing",
    "rotate",
    "the",
    "of",
    "v2.1",
    "签名",
    "密钥轮换",
    "文档",
    "怎么",
    "cafe",
    "😀",
    "a",
    "\ud800",
    "\x00",
]
SENTENCES = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
TEXTS = st.lists(SENTENCES, max_size=5).map(". ".join)
FIELDS: st.SearchStrategy[Metadata] = st.fixed_dictionaries(
    {},
    optional={
        "year": st.integers(2018, 2026),
        "score": st.floats(-2, 2, width=16),
        "lang": st.sampled_from(["zh", "en", "ZH", "it's"]),
        "draft": st.booleans(),
        "day": st.dates(date(2024, 1, 1), date(2024, 1, 9)),
    },
)


@st.composite
def corpora(draw: st.DrawFn, *, smallest: int = 0, largest: int = 12) -> list[Document]:
    """Documents with ids of their own."""
    return [
        Document(
            id=f"d{i}",
            text=draw(TEXTS),
            title=draw(st.sampled_from(["", "Keys", "密钥"])),
            source=draw(st.sampled_from(["docs/a.md", "docs/b/c.md", "notes/d.txt"])),
            metadata=draw(FIELDS),
        )
        for i in draw(st.permutations(range(draw(st.integers(smallest, largest)))))
    ]


queries = st.lists(st.sampled_from([*WORDS, "unknown"]), min_size=1, max_size=5).map(" ".join)
