"""What an evaluation finds of a reranker makes it step aside on that index, until it is measured again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shortlist.evaluate import Dataset, evaluate
from shortlist.evaluate.finding import forget_finding, keep_finding
from shortlist.library import Index
from shortlist.rerank import Rerank


class Sorted:
    """Judges by the first character: later in the alphabet is better, or the other way round."""

    def __init__(self, sign: int) -> None:
        self.sign = sign

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        wanted = {"rotate": ("Rotating", "签名密钥"), "when": ("Backups",), "签名": ("签名密钥", "Rotating")}
        good = next(titles for word, titles in wanted.items() if query.startswith(word))
        return np.array([self.sign * passage.startswith(good) for passage in passages], np.float32)


def test_a_reranker_that_hurts_steps_aside_on_this_index_until_it_is_measured_again(
    handbook: Dataset, tmp_path: Path
) -> None:
    query = handbook.queries["q1"]
    with Index.open(tmp_path / "index") as index:
        index.add(handbook.documents)
        longlist = index.retrieve(10)
        path = index.directory.path
        for sign, status in ((-1, "skipped"), (1, "full")):
            model = Sorted(sign)
            forget_finding(path, model)
            pipelines = {"hybrid": longlist, "hybrid+rerank": longlist >> Rerank(model)}
            assert (longlist >> Rerank(model))(query).status == "full"
            keep_finding(path, model, evaluate(pipelines, handbook, ["nDCG@10"]))
            assert (longlist >> Rerank(model))(query).status == status
            assert Rerank(model)(query, ["Lunch", "Backups"]).status == "full"  # elsewhere nothing was measured
