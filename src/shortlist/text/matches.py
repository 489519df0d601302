"""Which parts of a passage carry the words of the question."""

from __future__ import annotations

from shortlist.text.function_words import function_characters
from shortlist.text.terms import IS_HAN, query_terms, term_spans


def matched_spans(query: str, text: str) -> list[tuple[int, int]]:
    """The code-point spans of `text` whose terms occur in `query`, for lighting them.

    They are what BM25 matches (stems, folded forms, parts of compounds, pairs of Han characters), but for one thing: a
    Han character that the question holds inside a longer word is lit as part of a pair, never alone.

    Returns:
        Spans in ascending order; those that touch or overlap are one.
    """
    wanted = _lit(query)
    merged: list[tuple[int, int]] = []
    for start, end in sorted((start, end) for term, start, end in term_spans(text) if term in wanted):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _lit(query: str) -> set[str]:
    wanted = set(query_terms(query))
    function = function_characters()
    words = [term for term in wanted if len(term) == 2 and IS_HAN(term) and function.isdisjoint(term)]
    return wanted.difference(*words)
