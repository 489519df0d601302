import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.golden.small_models import config, save_model

from shortlist.errors import UnknownArchitecture
from shortlist.models.catalogue import known_models
from shortlist.models.encoder import load_encoder
from shortlist.models.facts import foreign_facts

COMMIT = "0123456789abcdef0123456789abcdef01234567"
BGE, E5 = "BAAI/bge-small-en-v1.5", "intfloat/multilingual-e5-small"


def facts(directory: Path, name: str) -> Any:
    return foreign_facts(directory, name=name, revision="r", dimensions=32, max_tokens=600)


def state(directory: Path, pooling: object = None, prompts: object = None) -> Path:
    (directory / "1_Pooling").mkdir(exist_ok=True)
    if pooling is not None:
        (directory / "1_Pooling" / "config.json").write_text(json.dumps(pooling), encoding="utf-8")
    if prompts is not None:
        told = json.dumps({"prompts": prompts})
        (directory / "config_sentence_transformers.json").write_text(told, encoding="utf-8")
    return directory


@pytest.mark.parametrize("name", [name for name, model in known_models().items() if model.kind == "encoder"])
def test_the_catalogue_speaks_where_a_model_s_own_files_do_not(tmp_path: Path, name: str) -> None:
    known, found = known_models()[name], facts(tmp_path, name)
    assert found.pooling == (known.pooling or "mean")
    assert {kind: prefix for kind, prefix in found.prefixes.items() if prefix} == known.prefixes
    assert found.max_tokens == min(600, known.max_tokens)
    assert found.licence == known.licence


@pytest.mark.parametrize("prompts", [{}, {"query": "", "document": ""}])
def test_prompts_that_are_empty_say_nothing(tmp_path: Path, prompts: object) -> None:
    assert facts(state(tmp_path, prompts=prompts), E5).prefixes == {"query": "query: ", "passage": "passage: "}


def test_a_model_s_own_files_win(tmp_path: Path) -> None:
    state(tmp_path, {"pooling_mode_mean_tokens": True}, {"query": "Q: ", "document": "D: "})
    found = facts(tmp_path, BGE)
    assert found.pooling == "mean"
    assert found.prefixes == {"query": "Q: ", "passage": "D: "}


def test_nobody_speaks(tmp_path: Path) -> None:
    found = facts(tmp_path, "house/unknown")
    assert (found.pooling, found.prefixes, found.max_tokens) == ("mean", {"query": "", "passage": ""}, 600)


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}, "mean"),
        ({"embedding_dimension": 32, "pooling_mode": "cls", "include_prompt": True}, "cls"),  # since version 6
        ({"embedding_dimension": 32, "pooling_mode": "mean"}, "mean"),
    ],
)
def test_both_ways_in_which_pooling_was_written_are_read(tmp_path: Path, pooling: object, expected: str) -> None:
    assert facts(state(tmp_path, pooling), "house/unknown").pooling == expected


@pytest.mark.parametrize(
    "pooling",
    [
        {"pooling_mode_lasttoken": True},
        {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True},
        {"pooling_mode": "lasttoken"},
        {"pooling_mode": ["cls", "mean"]},
    ],
)
def test_a_pooling_that_nothing_here_does_is_refused(tmp_path: Path, pooling: object) -> None:
    with pytest.raises(UnknownArchitecture, match="pools by"):
        facts(state(tmp_path, pooling), "house/unknown")


def test_a_model_in_the_hub_s_cache_is_known_by_its_name(tmp_path: Path) -> None:
    directory = tmp_path / "models--BAAI--bge-small-en-v1.5" / "snapshots" / COMMIT
    encoder = load_encoder(str(save_model(directory, config("bert", head=False))))
    assert encoder.name == BGE
    prefix = known_models()[BGE].prefixes["query"]
    bare = load_encoder(str(save_model(tmp_path / "bare", config("bert", head=False))))
    assert np.array_equal(encoder.encode(["the key"], "passage"), cls_of(bare, "the key"))
    assert np.array_equal(encoder.encode(["the key"], "query"), cls_of(bare, f"{prefix}the key"))


def cls_of(encoder: Any, text: str) -> Any:
    ids = encoder.tokenizer.single(encoder.tokenizer.ids(text))
    first = encoder._graph.run(ids, [0] * len(ids))[0, 0]
    return (first / np.linalg.norm(first.astype(np.float64))).astype(np.float32)[None]
