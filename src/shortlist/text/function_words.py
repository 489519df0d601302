"""Words that say nothing about what is asked: a question leaves them out, a text keeps them.

The lists are closed classes (articles, pronouns, prepositions, conjunctions, auxiliaries, particles, question words),
not what is frequent in some corpus.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def function_words() -> frozenset[str]:
    """English: in lower case, without apostrophes."""
    return _listed("english_function_words.txt")


@cache
def function_characters() -> frozenset[str]:
    """Chinese, in simplified characters. A pair of two of them, such as 什么 or 我们, is a function word too."""
    return _listed("chinese_function_characters.txt")


def _listed(name: str) -> frozenset[str]:
    return frozenset(files("shortlist.text").joinpath(name).read_text("utf-8").split())
