from collections.abc import Mapping

import pytest

from shortlist.models.catalogue import KnownModel, known_model, known_models
from shortlist.models.graphs.architectures import ARCHITECTURES
from shortlist.models.hub import hub_name

MODELS = list(known_models().values())
ASKED_FOR = (
    "bge-reranker-base bge-reranker-large bge-reranker-v2-m3 bge-reranker-v2-gemma mxbai-rerank-xsmall-v1 "
    "mxbai-rerank-base-v1 mxbai-rerank-large-v1 gte-reranker-modernbert-base gte-multilingual-reranker-base "
    "jina-reranker-v1-turbo-en jina-reranker-v1-tiny-en jina-reranker-v2-base-multilingual ms-marco-MiniLM-L6-v2 "
    "ms-marco-MiniLM-L12-v2 ms-marco-TinyBERT-L2-v2 Qwen3-Reranker-0.6B Qwen3-Reranker-4B Qwen3-Reranker-8B "
    "multilingual-e5-small multilingual-e5-base multilingual-e5-large bge-small-en-v1.5 bge-base-en-v1.5 "
    "bge-large-en-v1.5 bge-small-zh-v1.5 bge-base-zh-v1.5 bge-large-zh-v1.5 bge-m3 gte-small gte-base gte-large "
    "gte-modernbert-base all-MiniLM-L6-v2 all-mpnet-base-v2 Qwen3-Embedding-0.6B"
)


def test_the_well_known_are_known() -> None:
    assert set(ASKED_FOR.split()) <= {model.name.partition("/")[2] for model in MODELS}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_entry_is_complete_and_makes_sense(model: KnownModel) -> None:
    assert str(hub_name(model.name)) == model.name
    assert model.architecture
    assert 100 < model.max_tokens <= 32768
    assert model.languages
    assert all(language == "multilingual" or len(language) == 2 for language in model.languages)
    assert model.licence
    assert 1e6 < model.parameters < 1e10
    assert (model.dimensions is None) == (model.kind == "cross-encoder")
    assert bool(model.activation) == (model.kind == "cross-encoder")
    assert not (model.kind == "cross-encoder" and (model.pooling or model.prefixes))
    assert model.prefixes.keys() <= {"query", "passage"}
    assert all(prefix and not prefix.startswith(" ") for prefix in model.prefixes.values())
    assert bool(model.prompt) == (model.runtime == "torch")


@pytest.mark.parametrize("model", [model for model in MODELS if model.runtime != "onnx"], ids=lambda model: model.name)
def test_what_runs_elsewhere_or_nowhere_is_of_an_architecture_not_built_here(model: KnownModel) -> None:
    assert model.architecture not in ARCHITECTURES
    assert model.runtime or model.note, "a model that cannot be used says why"


@pytest.mark.parametrize("model", [model for model in MODELS if model.runtime == "onnx"], ids=lambda model: model.name)
def test_what_is_not_built_here_runs_from_its_onnx_file_and_says_so(model: KnownModel) -> None:
    assert model.architecture in ARCHITECTURES or "ONNX" in model.note


def test_licences_that_forbid_commercial_use_say_so() -> None:
    assert [model.name for model in MODELS if not model.commercial] == ["jinaai/jina-reranker-v2-base-multilingual"]
    assert all("commercial" in model.note for model in MODELS if not model.commercial)


def test_a_revision_is_the_same_model() -> None:
    assert known_model("BAAI/bge-m3@main") is known_model("BAAI/bge-m3")
    assert known_model("house/unknown") is None
    assert isinstance(known_models(), Mapping)
