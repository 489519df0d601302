"""What the teachers say of a list, computed once and kept on disk."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from shortlist.text.terms import terms
from shortlist.train.lists import TrainingList
from shortlist.train.tower import Tower, maxsim, unit

B, K1 = 0.75, 1.2
LONGEST = 384  # tokens a teacher reads


@dataclass(frozen=True)
class Teacher:
    """A tower and the languages that it may judge."""

    name: str
    tower: Tower
    languages: frozenset[str]


class Targets:
    """A directory of judgments, one file a list; `of` computes what is not there yet.

    Several processes may fill the same directory: a file appears whole or not at all.
    """

    def __init__(self, directory: Path, teachers: Sequence[Teacher], rarity: Mapping[str, float]) -> None:
        self.directory = directory
        self.teachers = teachers
        self.rarity = rarity
        directory.mkdir(parents=True, exist_ok=True)

    def of(self, each: TrainingList) -> dict[str, NDArray[np.float32]]:
        """Each part of the judgment, float32 [queries, passages]: "<teacher>.cosine", "<teacher>.maxsim" and "bm25"."""
        file = self.directory / f"{each.key}.npz"
        if not file.exists():
            self._write(file, self._judge(each))
        with np.load(file) as stored:
            return {name: stored[name].astype(np.float32) for name in stored.files}

    def has(self, each: TrainingList) -> bool:
        """Whether its judgment is there."""
        return (self.directory / f"{each.key}.npz").exists()

    def _judge(self, each: TrainingList) -> dict[str, NDArray[np.float32]]:
        parts = {"bm25": bm25(each.judged, each.passages, self.rarity)}
        for teacher in self.teachers:
            if each.language in teacher.languages:
                with torch.inference_mode():
                    queries = unit(teacher.tower.encode(each.judged, "query", LONGEST))
                    passages = unit(teacher.tower.encode(each.passages, "passage", LONGEST))
                    parts[f"{teacher.name}.cosine"] = (queries.vectors @ passages.vectors.T).numpy()
                    parts[f"{teacher.name}.maxsim"] = maxsim(queries, passages).numpy()
        return parts

    def _write(self, file: Path, parts: Mapping[str, NDArray[np.float32]]) -> None:
        halves: dict[str, NDArray[np.float16]] = {name: part.astype(np.float16) for name, part in parts.items()}
        unfinished = file.with_suffix(f".{os.getpid()}.tmp")
        with unfinished.open("wb") as out:
            np.savez(out, **halves)  # pyright: ignore[reportArgumentType]  # numpy's stub takes allow_pickle for a part
        unfinished.replace(file)


def rarity_of(lists: Sequence[TrainingList]) -> dict[str, float]:
    """The weight of each term by its rarity over all passages: ln(1 + (N - n + .5) / (n + .5))."""
    spread: dict[str, int] = {}
    total = 0
    for each in lists:
        for passage in each.passages:
            total += 1
            for term in set(terms(passage)):
                spread[term] = spread.get(term, 0) + 1
    return {term: float(np.log(1 + (total - n + 0.5) / (n + 0.5))) for term, n in spread.items()}


def bm25(queries: Sequence[str], passages: Sequence[str], rarity: Mapping[str, float]) -> NDArray[np.float32]:
    """BM25 (Robertson and Zaragoza, 2009) with lengths relative to the list's mean, [queries, passages]."""
    counted = [terms(passage) for passage in passages]
    mean = max(np.mean([len(each) for each in counted]), 1)
    scores = np.zeros((len(queries), len(passages)), np.float32)
    asked = [set(terms(query)) for query in queries]
    for j, found in enumerate(counted):
        norm = K1 * (1 - B + B * len(found) / mean)
        times: dict[str, int] = {}
        for term in found:
            times[term] = times.get(term, 0) + 1
        for i, wanted in enumerate(asked):
            for term in wanted & times.keys():
                scores[i, j] += rarity.get(term, 0.0) * times[term] * (K1 + 1) / (times[term] + norm)
    return scores
