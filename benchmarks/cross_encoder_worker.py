"""One arm's process of the cross-encoder benchmark: loads the model once, then scores whenever it is asked.

    python cross_encoder_worker.py ours | sentence-transformers  MODEL_DIR  PAIRS.json  CORES

Runs in our environment or in the peers'. Reads one line a pass (the batch size; ignored by ours) and answers with one
line of JSON: seconds, logits.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

Score: TypeAlias = Callable[[str, Sequence[str], int], Sequence[float]]


def main() -> None:
    arm, model, pairs, cores = sys.argv[1:]
    # The last cores of the machine: the first one serves the system.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-int(cores) :])
    score = {"ours": ours, "sentence-transformers": sentence_transformers}[arm](model, int(cores))
    given = json.loads(Path(pairs).read_text(encoding="utf-8"))
    for line in sys.stdin:
        start = time.perf_counter()
        logits = score(given["query"], given["passages"], int(line))
        answer = {"seconds": time.perf_counter() - start, "logits": [float(logit) for logit in logits]}
        print(json.dumps(answer), flush=True)


def ours(model: str, _cores: int) -> Score:
    from shortlist import load_cross_encoder

    loaded = load_cross_encoder(model)
    return lambda query, passages, _batch: loaded.score(query, passages).tolist()


def sentence_transformers(model: str, cores: int) -> Score:
    torch: Any = importlib.import_module("torch")
    library: Any = importlib.import_module("sentence_transformers")
    torch.set_num_threads(cores)
    loaded = library.CrossEncoder(model, device="cpu")

    def score(query: str, passages: Sequence[str], batch: int) -> Sequence[float]:
        pairs = [(query, passage) for passage in passages]
        return loaded.predict(pairs, batch_size=batch, activation_fn=torch.nn.Identity(), show_progress_bar=False)

    return score


if __name__ == "__main__":
    main()
