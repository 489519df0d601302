"""What the teachers say of a list, computed once and kept on disk."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from shortlist.train.bm25 import bm25
from shortlist.train.lists import TrainingList
from shortlist.train.room import write_whole
from shortlist.train.tower import Tower, maxsim, unit

LONGEST = 384  # tokens a teacher reads


class Judge(Protocol):
    """Who can say how well each passage of a list answers each query."""

    @property
    def languages(self) -> frozenset[str]:
        """Of the lists that it may judge."""
        ...

    def parts(self, each: TrainingList) -> dict[str, NDArray[np.float32]]:
        """Its judgments by name, float32 [queries, passages]; no number where it has none."""
        ...


@dataclass(frozen=True)
class Teacher:
    """A tower and the languages that it may judge."""

    name: str
    tower: Tower
    languages: frozenset[str]

    def parts(self, each: TrainingList) -> dict[str, NDArray[np.float32]]:
        """Cosine and MaxSim."""
        with torch.inference_mode():
            queries = unit(self.tower.encode(each.judged, "query", LONGEST))
            passages = unit(self.tower.encode(each.passages, "passage", LONGEST))
            return {
                f"{self.name}.cosine": (queries.vectors @ passages.vectors.T).numpy(),
                f"{self.name}.maxsim": maxsim(queries, passages).numpy(),
            }


class Targets:
    """A directory of judgments, one file a list; `of` computes what is not there yet.

    Several processes may fill the same directory: a file appears whole or not at all.
    """

    def __init__(self, directory: Path, teachers: Sequence[Judge], rarity: Mapping[str, float]) -> None:
        self.directory = directory
        self.teachers = teachers
        self.rarity = rarity
        directory.mkdir(parents=True, exist_ok=True)

    def of(self, each: TrainingList) -> dict[str, NDArray[np.float32]]:
        """Each part of the judgment, float32 [queries, passages]: "bm25", "<teacher>.cosine" ….

        Raises:
            NoRoomToTrain: the disk is full.
        """
        file = self.directory / f"{each.key}.npz"
        if not file.exists():
            self._write(file, self._judge(each))
        with np.load(file) as stored:
            return {name: stored[name].astype(np.float32) for name in stored.files}

    def _judge(self, each: TrainingList) -> dict[str, NDArray[np.float32]]:
        parts = {"bm25": bm25(each.judged, each.passages, self.rarity)}
        for teacher in self.teachers:
            if each.language in teacher.languages:
                parts |= teacher.parts(each)
        return parts

    def _write(self, file: Path, parts: Mapping[str, NDArray[np.float32]]) -> None:
        halves: dict[str, NDArray[np.float16]] = {name: part.astype(np.float16) for name, part in parts.items()}
        held = io.BytesIO()
        np.savez(held, **halves)  # pyright: ignore[reportArgumentType]  # numpy's stub takes allow_pickle for a part
        write_whole(file, held.getbuffer(), unfinished=file.with_suffix(f".{os.getpid()}.tmp"))
