import importlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.golden import small_models
from tests.golden.small_models import PASSAGES, QUERY, Config, config, id_sequences, random_weights, save_model, shapes

from shortlist.errors import ModelDamaged, ModelError, ModelNotFound, UnknownArchitecture
from shortlist.models.cross_encoder import load_cross_encoder
from shortlist.models.encoder import load_encoder
from shortlist.models.graphs import Graph, open_graph
from shortlist.models.tokenizer import ModelTokenizer

CASES = small_models.cases()
GOLDEN: dict[str, Any] = json.loads(Path(small_models.__file__).with_name("transformers.json").read_text("utf-8"))
TOLERANCE = 1e-4


@pytest.fixture(params=sorted(CASES))
def case(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def directory(tmp_path: Path, case: str) -> Path:
    return save_model(tmp_path / "model", CASES[case])


def logit(labels: list[float]) -> float:
    return labels[0] if len(labels) == 1 else labels[1] - labels[0]


def test_logits_of_pairs_are_those_that_transformers_gives_a_padded_batch(directory: Path, case: str) -> None:
    expected = [logit(labels) for labels in GOLDEN[case]["logits"]]
    np.testing.assert_allclose(load_cross_encoder(directory).score(QUERY, PASSAGES), expected, atol=TOLERANCE, rtol=0)


def test_logits_hold_for_an_odd_length_the_longest_text_and_padding_inside(directory: Path, case: str) -> None:
    graph = open_graph(directory, "logits")
    given = [graph.run(ids, types).item() for ids, types in id_sequences(CASES[case])]
    expected = [logit(labels) for labels in GOLDEN[case]["sequence_logits"]]
    np.testing.assert_allclose(given, expected, atol=TOLERANCE, rtol=0)


def test_token_vectors_are_the_last_hidden_states(directory: Path, case: str) -> None:
    tokenizer = ModelTokenizer.load(directory)
    query, passage = tokenizer.ids(QUERY), tokenizer.ids(PASSAGES[1])
    tokens = tokenizer.pair(query, passage)
    assert tokens == GOLDEN[case]["tokens"]
    vectors = open_graph(directory, "token_vectors").run(tokens, tokenizer.pair_types(query, passage))
    assert vectors.shape == (1, len(tokens), 32)
    np.testing.assert_allclose(vectors[0, [0, 5, -1]], GOLDEN[case]["hidden_states"], atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize(
    ("family", "prefix"),
    [
        ("bert", "bert."),
        ("xlm-roberta", "roberta."),
        ("distilbert", "distilbert."),
        ("electra", "electra."),
        ("deberta-v2", "deberta."),
        ("modernbert", "model."),
        ("mpnet", "mpnet."),
    ],
)
def test_an_encoder_saved_alone_gives_the_vectors_it_gives_with_a_head(
    tmp_path: Path, family: str, prefix: str
) -> None:
    weights = random_weights(shapes(config(family)))
    trunk = {name.removeprefix(prefix): values for name, values in weights.items() if name.startswith(prefix)}
    alone = save_model(tmp_path / "alone", config(family, head=False), weights=trunk)
    whole = save_model(tmp_path / "whole", config(family), weights=weights)
    assert same(run(alone), run(whole))
    vectors = load_encoder(str(alone)).encode([QUERY, "rotate the key " * 60], "passage")
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("family", ["bert", "xlm-roberta", "deberta-v2"])
def test_shards_and_old_names_of_norms_give_the_same_vectors(tmp_path: Path, family: str) -> None:
    weights = random_weights(shapes(config(family)))
    whole = save_model(tmp_path / "whole", config(family), weights=weights)
    sharded = save_shards(tmp_path / "sharded", config(family), weights)
    old = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): values
        for name, values in weights.items()
    }
    assert set(old) != set(weights)
    named = save_model(tmp_path / "named", config(family), weights=old)
    assert same(run(sharded), run(whole))
    assert same(run(named), run(whole))


@pytest.mark.parametrize("precision", ["float16", "bfloat16", "float64"])
def test_other_precisions_are_widened_without_loss(tmp_path: Path, precision: str) -> None:
    importlib.import_module("ml_dtypes")  # by which numpy knows bfloat16
    narrow = {name: values.astype(precision) for name, values in random_weights(shapes(CASES["bert"])).items()}
    wide = {name: values.astype(np.float32) for name, values in narrow.items()}
    stored = save_model(tmp_path / precision, CASES["bert"], weights=narrow)
    assert same(run(stored), run(save_model(tmp_path / "wide", CASES["bert"], weights=wide)))


def test_an_onnx_file_gives_what_its_directory_gives(tmp_path: Path) -> None:
    directory = save_model(tmp_path / "model", CASES["bert"])
    export(directory, tmp_path / "onnx-only" / "onnx" / "model.onnx", "logits")
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(directory / name, tmp_path / "onnx-only" / name)
    expected = load_cross_encoder(directory)
    for place in (tmp_path / "onnx-only", tmp_path / "onnx-only" / "onnx" / "model.onnx"):
        model = load_cross_encoder(place)
        assert (model.max_tokens, model.name) == (expected.max_tokens, "onnx-only")
        assert same(model.score(QUERY, PASSAGES), expected.score(QUERY, PASSAGES))


def test_revision_follows_weights_tokenizer_and_settings(tmp_path: Path) -> None:
    original = save_model(tmp_path / "a", CASES["bert"])
    same_files = save_model(tmp_path / "b", CASES["bert"])
    other_weights = save_model(tmp_path / "c", CASES["bert"], seed=1)
    other_length = save_model(tmp_path / "d", CASES["bert"])
    (other_length / "tokenizer_config.json").write_text('{"model_max_length": 48}')
    other_pieces = save_model(tmp_path / "e", CASES["bert"])
    tokenizer = (other_pieces / "tokenizer.json").read_text("utf-8")
    (other_pieces / "tokenizer.json").write_text(tokenizer.replace('"lowercase": true', '"lowercase": false'), "utf-8")
    revisions = [open_graph(d, "logits").revision for d in (original, other_weights, other_length, other_pieces)]
    assert len(set(revisions)) == 4
    assert open_graph(same_files, "logits").revision == revisions[0]


@pytest.mark.parametrize(
    ("family", "positions", "stated", "expected"),
    [
        ("bert", 80, 64, 64),
        ("bert", 80, 10**30, 80),
        ("roberta", 80, 100, 78),
        ("distilbert", 50, None, 50),
        ("xlm-roberta", 514, 10**30, 512),
        ("xlm-roberta", 8194, 8192, 8192),
        ("modernbert", 8192, 8192, 8192),
        ("deberta-v2", 512, 10**30, 512),
    ],
)
def test_max_tokens_is_what_positions_and_tokenizer_allow(
    tmp_path: Path, family: str, positions: int, stated: int | None, expected: int
) -> None:
    directory = save_model(tmp_path, config(family, max_position_embeddings=positions))
    (directory / "tokenizer_config.json").write_text(json.dumps({"model_max_length": stated}))
    graph = open_graph(directory, "logits")
    assert graph.max_tokens == expected
    assert np.isfinite(graph.run([5] * expected, [0] * expected)).all()


def damaged(directory: Path, what: str) -> None:
    if what == "no weights":
        (directory / "model.safetensors").unlink()
    elif what == "pickle":
        (directory / "model.safetensors").rename(directory / "pytorch_model.bin")
    elif what == "cut weights":
        cut(directory / "model.safetensors")
    elif what == "empty weights":
        (directory / "model.safetensors").write_bytes(b"")
    elif what == "no config":
        (directory / "config.json").unlink()
    elif what == "cut config":
        cut(directory / "config.json")
    elif what == "listed config":
        (directory / "config.json").write_text("[1]")
    elif what == "no tokenizer":
        (directory / "tokenizer.json").unlink()
    elif what == "cut tokenizer":
        cut(directory / "tokenizer.json")
    elif what == "missing shard":
        (directory / "model.safetensors").unlink()
        index = {"weight_map": {"bert.pooler.dense.weight": "model-00001-of-00002.safetensors"}}
        (directory / "model.safetensors.index.json").write_text(json.dumps(index))


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


@pytest.mark.parametrize(
    ("what", "error", "says"),
    [
        ("no weights", ModelNotFound, "model.safetensors"),
        ("pickle", ModelNotFound, "save_pretrained"),
        ("cut weights", ModelDamaged, "cut or damaged"),
        ("empty weights", ModelDamaged, "cut or damaged"),
        ("no config", ModelNotFound, "config.json"),
        ("cut config", ModelDamaged, "config.json"),
        ("listed config", ModelDamaged, "config.json"),
        ("no tokenizer", ModelNotFound, "tokenizer.json"),
        ("cut tokenizer", ModelDamaged, "tokenizer.json"),
        ("missing shard", ModelDamaged, "model-00001-of-00002"),
    ],
)
def test_a_damaged_directory_is_named_with_what_is_wrong(
    tmp_path: Path, what: str, error: type[ModelError], says: str
) -> None:
    directory = save_model(tmp_path, CASES["bert"])
    damaged(directory, what)
    with pytest.raises(error, match=says):
        load_cross_encoder(directory)


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"model_type": "funnel"}, UnknownArchitecture, "funnel"),
        ({"position_embedding_type": "relative_key"}, UnknownArchitecture, "relative_key"),
        ({"is_decoder": True}, UnknownArchitecture, "decoder"),
        ({"hidden_act": "mish"}, UnknownArchitecture, "mish"),
        ({"architectures": ["BertModel"]}, UnknownArchitecture, "no head"),
        ({"intermediate_size": 65}, ModelDamaged, r"\(64, 32\)"),
        ({"num_hidden_layers": 3}, ModelDamaged, "layer.2"),
        ({"num_attention_heads": 5}, ModelDamaged, "divide"),
        ({"vocab_size": 0}, ModelDamaged, "vocab_size"),
        ({"vocab_size": "many"}, ModelDamaged, "vocab_size"),
    ],
)
def test_a_config_that_does_not_fit_is_named(
    tmp_path: Path, changes: Config, error: type[ModelError], says: str
) -> None:
    directory = save_model(tmp_path, CASES["bert"])
    (directory / "config.json").write_text(json.dumps(CASES["bert"] | changes))
    with pytest.raises(error, match=says):
        load_cross_encoder(directory)


def test_a_config_without_a_size_is_named(tmp_path: Path) -> None:
    directory = save_model(tmp_path, CASES["bert"])
    (directory / "config.json").write_text(json.dumps({k: v for k, v in CASES["bert"].items() if k != "hidden_size"}))
    with pytest.raises(ModelDamaged, match="hidden_size"):
        load_cross_encoder(directory)


def test_three_labels_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownArchitecture, match="3 classes"):
        load_cross_encoder(save_model(tmp_path, config("roberta", labels=3)))


def test_whole_numbers_as_weights_are_refused(tmp_path: Path) -> None:
    weights = {name: values.astype(np.int8) for name, values in random_weights(shapes(CASES["bert"])).items()}
    with pytest.raises(ModelDamaged, match="int8"):
        load_cross_encoder(save_model(tmp_path, CASES["bert"], weights=weights))


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="nowhere"):
        open_graph(tmp_path / "nowhere", "logits")
    (tmp_path / "model.onnx").write_bytes(b"not a graph")
    with pytest.raises(ModelDamaged, match=r"model\.onnx"):
        open_graph(tmp_path / "model.onnx", "logits")
    export(save_model(tmp_path / "bert", CASES["bert"]), tmp_path / "vectors.onnx", "token_vectors")
    with pytest.raises(UnknownArchitecture, match="token_vectors"):
        open_graph(tmp_path / "vectors.onnx", "logits")
    with pytest.raises(ModelNotFound, match=r"tokenizer\.json"):
        open_graph(tmp_path / "vectors.onnx", "token_vectors")


def test_ids_that_the_vocabulary_lacks_are_an_error_of_the_model(tmp_path: Path) -> None:
    graph = open_graph(save_model(tmp_path, CASES["bert"]), "logits")
    with pytest.raises(ModelDamaged):
        graph.run([2, 10_000, 3], [0, 0, 0])


def run(directory: Path) -> NDArray[np.float32]:
    return vectors_of(open_graph(directory, "token_vectors"))


def vectors_of(graph: Graph) -> NDArray[np.float32]:
    return graph.run([2, 7, 11, 30, 3, 9, 3], [0, 0, 0, 0, 0, 1, 1])


def same(first: NDArray[np.float32], second: NDArray[np.float32]) -> bool:
    return first.tobytes() == second.tobytes()


def save_shards(directory: Path, config: Config, weights: dict[str, NDArray[np.float32]]) -> Path:
    names = sorted(weights)
    parts = {"model-00001-of-00002.safetensors": names[::2], "model-00002-of-00002.safetensors": names[1::2]}
    for file, part in parts.items():
        save_model(directory, config, weights={name: weights[name] for name in part})
        (directory / "model.safetensors").rename(directory / file)
    index = {"weight_map": {name: file for file, part in parts.items() for name in part}}
    (directory / "model.safetensors.index.json").write_text(json.dumps(index))
    return directory


def export(directory: Path, file: Path, output: str) -> None:
    """An ONNX file that holds its weights, as an exporter writes it."""
    from onnx import TensorProto, load_from_string, numpy_helper

    from shortlist.models.graphs.architecture import transformer
    from shortlist.models.graphs.architectures.bert import BERT
    from shortlist.models.graphs.config import read_config
    from shortlist.models.graphs.head import score
    from shortlist.models.graphs.nodes import Nodes
    from shortlist.models.graphs.weights import Weights

    nodes, settings = Nodes(Weights(directory, BERT.prefix)), read_config(directory)
    rows = transformer(nodes, BERT, settings, first_only=output == "logits")
    if output == "logits":
        rows = score(nodes, BERT, settings, rows)
    model = load_from_string(nodes.model(rows, output))
    for tensor in model.graph.initializer:
        if tensor.data_location == TensorProto.EXTERNAL:
            tensor.CopyFrom(numpy_helper.from_array(nodes.outside[tensor.name], tensor.name))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(model.SerializeToString())
