"""Lists to learn from: some queries over some passages, near ones together, so that each list has hard candidates.

Passages are put in order by a tree: at each node they are halved along the direction in which they differ most (of
random projections of their weighted terms), until a leaf holds a few neighbours. A list is a handful of such leaves
from different places: each passage has its near ones, and far ones beside them.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shortlist.text.terms import terms
from shortlist.train.units import Unit

SKETCH = 96  # numbers a passage is sorted by
LEAF = 6  # neighbours that stay together


@dataclass(frozen=True, slots=True)
class TrainingList:
    """Queries and passages that are compared all with all."""

    asked: tuple[str, ...]
    judged: tuple[str, ...]
    passages: tuple[str, ...]
    language: str

    @property
    def key(self) -> str:
        """Names what was computed of it."""
        return hashlib.blake2b(json.dumps(asdict(self)).encode(), digest_size=10).hexdigest()


def make_lists(
    units: Sequence[Unit], *, passages: int, queries: int, longest: int = 1, seed: int = 0
) -> list[TrainingList]:
    """Every unit in one list.

    Args:
        units: of one language.
        passages: of a list.
        queries: of a list; drawn from its units.
        longest: in one list of eight each passage is up to so many of the units' passages joined, and the list shorter.
        seed: of every draw.
    """
    draw = random.Random(seed)
    leaves = _leaves(sketches([unit.passage for unit in units], seed), LEAF)
    draw.shuffle(leaves)
    order = [units[i] for leaf in leaves for i in leaf]
    made: list[TrainingList] = []
    for start in range(0, len(order) - passages + 1, passages):
        block = order[start : start + passages]
        joined = draw.randint(2, longest) if longest > 1 and draw.random() < 1 / 8 else 1
        made.append(_list(block, queries, joined, draw))
    draw.shuffle(made)
    return made


def _list(block: list[Unit], queries: int, joined: int, draw: random.Random) -> TrainingList:
    stride = len(block) // joined  # neighbours are apart after a stride, so a joined passage is about several things
    texts = [" ".join(unit.passage for unit in block[i::stride][:joined]) for i in range(stride)]
    drawn = draw.sample(block, min(queries, len(block)))
    return TrainingList(
        tuple(unit.asked for unit in drawn),
        tuple(unit.judged for unit in drawn),
        tuple(dict.fromkeys(texts)),
        block[0].language,
    )


def sketches(passages: Sequence[str], seed: int) -> NDArray[np.float32]:
    """Random projections of each passage's weighted terms, unit length, float32 [passages, SKETCH]."""
    counts = [Counter(terms(passage)) for passage in passages]
    spread = Counter(term for count in counts for term in count)
    rng = np.random.default_rng(seed)
    directions: dict[str, NDArray[np.float32]] = {}
    rows = np.zeros((len(passages), SKETCH), np.float32)
    for row, count in zip(rows, counts, strict=True):
        for term, times in count.items():
            if 1 < spread[term] < len(passages) / 4:
                if term not in directions:
                    directions[term] = rng.standard_normal(SKETCH, np.float32)
                row += np.float32((1 + np.log(times)) * np.log(len(passages) / spread[term])) * directions[term]
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def _leaves(rows: NDArray[np.float32], size: int) -> list[list[int]]:
    """Row numbers, halved along the first principal direction until at most `size` are together."""
    pending = [np.arange(len(rows))]
    leaves: list[list[int]] = []
    while pending:
        members = pending.pop()
        if len(members) <= size:
            leaves.append(members.tolist())
            continue
        centred = rows[members] - rows[members].mean(axis=0)
        _, directions = np.linalg.eigh(centred.T @ centred)
        order = members[np.argsort(centred @ directions[:, -1], kind="stable")]
        half = len(order) // 2
        pending += [order[:half], order[half:]]
    return leaves


def save_lists(lists: Sequence[TrainingList], file: Path) -> None:
    """JSON Lines, a list a line."""
    file.write_text("".join(json.dumps(asdict(each), ensure_ascii=False) + "\n" for each in lists), encoding="utf-8")


def load_lists(file: Path) -> list[TrainingList]:
    """What `save_lists` wrote."""
    loaded: list[TrainingList] = []
    for line in filter(None, file.read_text(encoding="utf-8").split("\n")):  # a text may hold other line ends
        fields = json.loads(line)
        texts = {name: tuple(fields[name]) for name in ("asked", "judged", "passages")}
        loaded.append(TrainingList(**texts, language=fields["language"]))
    return loaded
