from pathlib import Path

import pytest
from tests.golden.small_models import config, save_model

from shortlist.errors import ModelNotFound
from shortlist.models import describe
from shortlist.models.catalogue import known_models
from shortlist.models.hub import HubName
from shortlist.models.listing import list_models

COMMIT = "0123456789abcdef0123456789abcdef01234567"
BGE = "BAAI/bge-reranker-base"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def put(cache: Path, name: str, *, head: bool = True, **changes: object) -> Path:
    """A small model where the hub's cache would keep it, at one commit of its main branch."""
    folder = cache / f"models--{name.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(COMMIT, encoding="ascii")
    return save_model(folder / "snapshots" / COMMIT, config("bert", head=head) | changes)


def test_all_models_are_listed_once_each_where_it_is(cache: Path) -> None:
    put(cache, BGE)
    put(cache, "house/own")
    listed = list_models()
    assert len({model.name for model in listed}) == len(listed)
    assert {model.name: model.state for model in listed if model.state != "known"} == {
        "default": "packaged",
        BGE: "fetched",
        "house/own": "fetched",
    }
    assert {model.name for model in listed} == {"default", "house/own", *known_models()}
    assert [model.state for model in listed] == sorted(
        (model.state for model in listed), key=("packaged", "fetched", "known").index
    )


def test_a_fetched_model_has_the_facts_of_both(cache: Path) -> None:
    directory = put(cache, BGE)
    [model] = [model for model in list_models() if model.name == BGE]
    assert (model.commit, model.path, model.max_tokens, model.licence) == (COMMIT, str(directory), 512, "MIT")
    assert model.bytes == sum(file.stat().st_size for file in directory.iterdir())


@pytest.mark.parametrize(
    ("head", "changes", "seen"),
    [
        (True, {}, ("cross-encoder", "onnx")),
        (False, {}, ("encoder", "onnx")),
        (False, {"model_type": "odd"}, ("encoder", "")),
        (False, {"model_type": "odd", "architectures": ["OddForCausalLM"]}, ("cross-encoder", "torch")),
    ],
)
def test_an_unknown_one_that_was_fetched_is_what_it_looks_like(
    cache: Path, head: bool, changes: dict[str, object], seen: tuple[str, str]
) -> None:
    put(cache, "house/own", head=head, **changes)
    pin = HubName("house/own").pin
    pin.parent.mkdir()
    pin.write_text(COMMIT, encoding="ascii")
    [model] = [model for model in list_models() if model.name == "house/own"]
    assert (model.kind, model.runtime) == seen
    assert (model.licence, model.commercial, model.max_tokens) == ("", None, None)


def test_other_tools_models_of_other_kinds_are_not_listed(cache: Path) -> None:
    put(cache, "house/chat", model_type="llama", architectures=["LlamaForCausalLM"])
    assert "house/chat" not in {model.name for model in list_models()}


def test_what_came_in_part_is_not_listed_as_here(cache: Path) -> None:
    (put(cache, BGE) / "tokenizer.json").unlink()
    assert [model.state for model in list_models() if model.name == BGE] == ["known"]


def test_a_model_of_the_catalogue_is_described_before_it_is_fetched(cache: Path) -> None:
    info = describe("intfloat/multilingual-e5-small")
    assert (info.path, info.bytes, info.revision, info.dimensions) == ("", None, "", 384)
    assert info.prefixes == {"query": "query: ", "passage": "passage: "}


def test_a_fetched_model_is_described_as_it_is_and_as_the_catalogue_knows_it(cache: Path) -> None:
    directory = put(cache, BGE)
    info = describe(BGE)
    assert (info.name, info.path, info.commit, info.max_tokens) == (BGE, str(directory), COMMIT, 64)
    assert (info.licence, info.activation, info.commercial) == ("MIT", "sigmoid", True)
    assert info.revision


def test_a_directory_of_one_s_own_is_described_by_itself(tmp_path: Path) -> None:
    info = describe(save_model(tmp_path / "mine", config("bert", head=False)))
    assert (info.name, info.kind, info.licence, info.commercial, info.checks) == ("mine", "encoder", "", None, 0)
    assert info.pooling == "mean"


def test_an_unknown_name_is_an_error(cache: Path) -> None:
    with pytest.raises(ModelNotFound, match="models fetch house/unknown"):
        describe("house/unknown")
