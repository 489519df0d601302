"""The constants of late interaction: a projection of token vectors, and the scales of cosine and MaxSim.

    python -m training.default_encoder.late PAIRS_DIR src/shortlist/models/default

PAIRS_DIR holds training pairs, `<name>.<language>.jsonl.gz` with "query" and "positive" a line. Some of each source
are encoded; the projection is their token vectors' first principal directions, and the scales are the mean and the
deviation within a list of candidates (the nearest passages of the same source), averaged over the lists. No test set
is read. Writes projection.npy, the part "late" of config.json and shortlist_check.json. With --learnt the model's own
projection stays.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
from pathlib import Path

import numpy as np

from shortlist.models.check import record_check
from shortlist.models.encoder import PROJECTION, Encoder, load_encoder
from shortlist.models.graphs import open_graph
from shortlist.models.stored_check import FILE as CHECK
from shortlist.train.export.late import fit_scales, principal

SOURCES = (
    "answer-sentence.en medquad.en medical-forum.en pubmedqa.en textbook.en docs-headings.en stackexchange-faq.en "
    "bank-dureader.zh medical-qa.zh medical-dialogue.zh cmrc2018-uer.zh csl-title-abstract.zh docs-headings.zh"
)
PASSAGES = 150  # of each source
QUERIES = 40
# Chosen on development splits: training/LOG.md.
WEIGHT = 1.0  # of cosine beside MaxSim
BLEND = 0.25  # of BM25 beside their sum, in a list
TOLERANCE = 0.1  # of a cosine: whole-number products round otherwise on other processors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--learnt", action="store_true", help="keep the model's own projection: it was learnt")
    asked = parser.parse_args()
    (asked.model / CHECK).unlink(missing_ok=True)  # what is stored is of the model that was there before
    encoder = load_encoder(str(asked.model))
    texts = [sample(asked.pairs / f"{name}.jsonl.gz") for name in SOURCES.split()]
    if asked.learnt:
        projection = np.load(asked.model / PROJECTION)
    else:
        projection = principal([encoder.late_vectors(text, "passage") for passages, _ in texts for text in passages])
    graph = open_graph(asked.model, "token_vectors")
    projected = Encoder(encoder.source, encoder.facts, encoder.tokenizer, graph, projection)
    fitted = fit_scales(projected, [(queries, passages) for passages, queries in texts])
    np.save(asked.model / PROJECTION, projection)
    numbers = [(asked.model / name).read_bytes() for name in ("model.onnx", "tokenizer.json", PROJECTION)]
    file = asked.model / "config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    config["late"] = {**fitted, "weight": WEIGHT, "blend": BLEND}
    config["revision"] = hashlib.sha256(b"".join(numbers)).hexdigest()[:12]  # of all that its numbers depend on
    file.write_text(json.dumps(config, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    record_check(asked.model, tolerance=TOLERANCE)
    print(json.dumps(config["late"]))


def sample(file: Path) -> tuple[list[str], list[str]]:
    """Passages and queries of one source, drawn with a seed."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        pairs = [json.loads(line) for line in lines]
    drawn = random.Random(13).sample(pairs, min(PASSAGES, len(pairs)))
    return list(dict.fromkeys(pair["positive"] for pair in drawn)), [pair["query"] for pair in drawn[:QUERIES]]


if __name__ == "__main__":
    main()
