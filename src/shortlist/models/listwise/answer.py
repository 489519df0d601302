"""A chat model's answer → a permutation: read strictly, repaired where it can be, never believed beyond the list."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

CHAIN = re.compile(r"\[\s*\d+\s*\](?:\s*>\s*\[\s*\d+\s*\])+")  # [2] > [1]
BRACKETED = re.compile(r"\[\s*(\d+)\s*\]")
BARE = re.compile(r"[\d\s,;>、\[\]]+")  # 2, 1, 3
NUMBER = re.compile(r"\d+")
LONGEST = 20_000  # characters that are looked at, from the end: the order of 1,000 passages has 8,000


@dataclass(frozen=True, slots=True)
class Order:
    """The places that an answer gives, and what had to be repaired to make a permutation of it."""

    permutation: tuple[int, ...]  # positions in the list that was asked about, from 0, each exactly once
    named: int  # of them, how many the answer names
    repeated: int = 0  # identifiers that it names again: only the first place counts
    unknown: int = 0  # identifiers of no passage: ignored
    missing: int = 0  # passages that it does not name: put behind the others, in the order they had

    @property
    def repaired(self) -> bool:
        """Whether it did not name each passage exactly once, and nothing else."""
        return bool(self.repeated or self.unknown or self.missing)


def read_order(answer: str, count: int) -> Order:
    """The order in an answer about `count` passages, numbered from 1.

    The longest chain "[2] > [1]" counts, the last of equals; without one, all bracketed numbers in their order; without
    those, bare numbers if the answer holds nothing else.

    Law: the permutation holds each of 0 … count - 1 exactly once, whatever the answer is.
    """
    # Characters of full width, 【2】 included, are how a Chinese answer writes the same.
    text = unicodedata.normalize("NFKC", answer[-LONGEST:]).replace("【", "[").replace("】", "]")
    text = text.rpartition("</think>")[2].partition("<think>")[0].strip().strip("`").strip()  # reasoning comes first
    found = _numbers(text)
    known = {str(i + 1): i for i in range(count)}  # by text: a number of a million digits is no number to compute with
    named: dict[int, None] = {}
    repeated = unknown = 0
    for number in found:
        place = known.get(number.lstrip("0"))
        if place is None:
            unknown += 1
        elif place in named:
            repeated += 1
        else:
            named[place] = None
    rest = [i for i in range(count) if i not in named]
    return Order((*named, *rest), len(named), repeated, unknown, len(rest))


def _numbers(text: str) -> list[str]:
    chains = [match.group() for match in CHAIN.finditer(text)]
    if chains:
        longest = max(reversed(chains), key=lambda chain: chain.count(">"))
        return NUMBER.findall(longest)
    bracketed: list[str] = BRACKETED.findall(text)
    return bracketed or (NUMBER.findall(text) if BARE.fullmatch(text) else [])
