"""A model directory in our format: built beside its place, checked, then put there whole."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shortlist.errors import NoRoomToTrain, ShortlistError, UsageError
from shortlist.models.encoder import PROJECTION, load_encoder
from shortlist.models.facts import FORMAT, EncoderFacts
from shortlist.models.runtimes.session import Session, run_each
from shortlist.models.tokenizer import ModelTokenizer
from shortlist.train.export.graph import build_graph
from shortlist.train.export.late import fit_scales
from shortlist.train.export.parity import Parity, check_parity
from shortlist.train.export.smoothing import find_smoothing
from shortlist.train.export.weights import EncoderWeights

CALIBRATED, CHECKED = 48, 48  # texts
LONGEST = 512  # tokens of a text to calibrate or check with
MODEL, TOKENIZER, CONFIG, CARD = "model.onnx", "tokenizer.json", "config.json", "README.md"

Reference = Callable[[Sequence[int]], NDArray[np.float32]]  # token ids, special ones included → unit vector
Card = Callable[[Parity, Mapping[str, object]], str]  # parity and the facts of config.json → README.md


@dataclass(frozen=True, slots=True, eq=False)
class Export:
    """What is to be written."""

    weights: EncoderWeights
    tokenizer: ModelTokenizer
    projection: NDArray[np.float32]
    facts: EncoderFacts  # revision and the scales of late interaction are found here
    reference: Reference  # the learnt model in float32
    calibrate: Sequence[str]  # texts
    held_out: Sequence[tuple[Sequence[str], Sequence[str]]]  # queries and passages that nothing was learnt from
    card: Card


def write_export(export: Export, out: Path) -> Parity:
    """Write the model directory `out`.

    Raises:
        ParityFailed: the exported model is not the learnt one; `out` is not written.
        NoRoomToTrain: the disk is full; `out` is not written.
        UsageError: `out` is there already.
    """
    with built_beside(out) as place:
        _write_numbers(export, place)
        parity = _checked(export, place)
        late = fit_scales(load_encoder(str(place)), export.held_out)
        scales = replace(
            export.facts.late,
            cosine=(late["cosine"][0], late["cosine"][1]),
            maxsim=(late["maxsim"][0], late["maxsim"][1]),
        )
        config = _write_config(replace(export.facts, late=scales), place)
        (place / CARD).write_text(export.card(parity, config), encoding="utf-8")
    return parity


@contextmanager
def built_beside(out: Path) -> Generator[Path]:
    """A new directory beside `out` that becomes `out` if all goes well, and vanishes if not."""
    if out.exists():
        raise UsageError(f"{out} is there already. Give another --out, or move it away first.", path=str(out))
    place = out.with_name(f".{out.name}.unfinished")
    shutil.rmtree(place, ignore_errors=True)  # of a run that was killed
    try:
        place.mkdir()
        yield place
        place.rename(out)
    except ShortlistError:
        raise
    except OSError as problem:
        raise NoRoomToTrain(
            f"The model {out} could not be written: {problem.strerror}. Make room and type the same command again: it "
            "goes on from the last checkpoint.",
            path=str(out),
        ) from problem
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _write_numbers(export: Export, place: Path) -> None:
    shutil.copyfile(export.tokenizer.source, place / TOKENIZER)
    texts = [_ids(export, text, "passage") for text in export.calibrate[:CALIBRATED]]
    graph = build_graph(export.weights, find_smoothing(export.weights, texts), name=export.facts.name)
    (place / MODEL).write_bytes(graph.SerializeToString(deterministic=True))
    np.save(place / PROJECTION, export.projection)
    _write_config(export.facts, place)


def _write_config(facts: EncoderFacts, place: Path) -> dict[str, object]:
    """config.json; its revision is of all that the model's numbers depend on."""
    numbers = b"".join((place / name).read_bytes() for name in (MODEL, TOKENIZER, PROJECTION))
    config: dict[str, object] = {
        "format": FORMAT,
        "name": facts.name,
        "origin": facts.origin,
        "licence": facts.licence,
        "languages": list(facts.languages),
        "pooling": facts.pooling,
        "prefixes": dict(facts.prefixes),
        "unknown_limit": facts.unknown_limit,
        "late": {
            "cosine": list(facts.late.cosine),
            "maxsim": list(facts.late.maxsim),
            "weight": facts.late.weight,
            "blend": facts.late.blend,
        },
        "revision": hashlib.sha256(numbers).hexdigest()[:12],
        "dimensions": facts.dimensions,
        "max_tokens": facts.max_tokens,
    }
    (place / CONFIG).write_text(json.dumps(config, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return config


def _checked(export: Export, place: Path) -> Parity:
    session = Session(place / MODEL)
    texts = [(text, "query") for queries, _ in export.held_out for text in queries]
    texts += [(text, "passage") for _, passages in export.held_out for text in passages]
    drawn = texts[:: max(len(texts) // CHECKED, 1)]

    def vectors(of: tuple[str, str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        ids = _ids(export, *of)
        [states] = session.run({"input_ids": np.array([ids], np.int64)}, ["token_vectors"])
        pooled = states[0][0] if export.facts.pooling == "cls" else states[0].mean(axis=0)
        return export.reference(ids), pooled / np.linalg.norm(pooled)

    pairs = list(run_each(vectors, drawn))
    learnt, exported = (np.array([pair[i] for pair in pairs]) for i in (0, 1))
    return check_parity([text for text, _ in drawn], learnt, exported)


def _ids(export: Export, text: str, kind: str) -> list[int]:
    """The text's tokens as the model reads them, cut at what it can read."""
    tokenizer = export.tokenizer
    longest = min(LONGEST, export.facts.max_tokens) - tokenizer.single_specials
    return tokenizer.single(tokenizer.ids(export.facts.prefixes.get(kind, "") + text)[:longest])
