import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, numpy_helper
from tests.golden.small_models import PASSAGES, QUERY, config, save_tokenizer, vocabulary

from shortlist.errors import ModelDamaged, ModelNotFound, UnknownArchitecture
from shortlist.models import CrossEncoderModel, Encoder, load_cross_encoder, load_encoder
from shortlist.models.graphs import open_graph
from shortlist.models.registry import load_model

ONNX: Any = importlib.import_module("onnx")  # the types of its save_model are partial
WIDTH = 4
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
TABLE = np.random.RandomState(0).standard_normal((len(vocabulary("bert")), WIDTH)).astype(np.float32)
# What each output of the models below holds: a vector a token, their mean, the sum of the mean's numbers.
VECTORS, MEAN, SCORE = "rows", "mean", "score"


def exported(
    outputs: dict[str, str], *, inputs: Sequence[str] = INPUTS, whole: int = TensorProto.INT64, labels: int = 1
) -> ModelProto:
    """A model of one table; types and mask are added, so that a wrong one would change every number."""
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["words"])]
    rows = "words"
    for name in inputs[1:]:
        nodes += [
            helper.make_node("Cast", [name], [f"{name}_float"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", [f"{name}_float", "last"], [f"{name}_column"]),
            helper.make_node("Add", [rows, f"{name}_column"], [f"with_{name}"]),
        ]
        rows = f"with_{name}"
    nodes += [
        helper.make_node("Identity", [rows], [VECTORS]),
        helper.make_node("ReduceMean", [rows, "middle"], [MEAN], keepdims=0),
        helper.make_node("MatMul", [MEAN, "ones"], [SCORE]),
        *(helper.make_node("Identity", [held], [name]) for name, held in outputs.items()),
    ]
    graph = helper.make_graph(
        nodes,
        "exported",
        [helper.make_tensor_value_info(name, whole, ["batch", "tokens"]) for name in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [
            numpy_helper.from_array(TABLE, "table"),
            numpy_helper.from_array(np.array([-1]), "last"),
            numpy_helper.from_array(np.array([1]), "middle"),
            numpy_helper.from_array(np.ones((WIDTH, labels), np.float32), "ones"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def save(directory: Path, model: ModelProto, file: str = "onnx/model.onnx", *, head: bool = True) -> Path:
    """A repository that ships ONNX: no safetensors."""
    (directory / file).parent.mkdir(parents=True, exist_ok=True)
    ONNX.save_model(model, directory / file)
    (directory / "config.json").write_text(json.dumps(config("bert", head=head, hidden_size=WIDTH)))
    save_tokenizer(directory, "bert")
    return directory


def rows_of(ids: Sequence[int], types: Sequence[int]) -> NDArray[np.float32]:
    return TABLE[list(ids)] + 1 + np.array(types, np.float32)[:, None]


@pytest.mark.parametrize("name", ["last_hidden_state", "token_embeddings", "rows_of_the_last_layer"])
def test_an_encoder_is_found_among_several_outputs(tmp_path: Path, name: str) -> None:
    outputs = {"pooler_output": MEAN, "sentence_embedding": MEAN, name: VECTORS}
    encoder = load_encoder(str(save(tmp_path, exported(outputs), head=False)))
    tokens = encoder.tokenizer.single(encoder.tokenizer.ids("the key"))
    mean = rows_of(tokens, [0] * len(tokens)).mean(axis=0)
    np.testing.assert_allclose(encoder.encode(["the key"], "passage")[0], mean / np.linalg.norm(mean), rtol=1e-5)


@pytest.mark.parametrize("outputs", [{"logits": SCORE}, {"last_hidden_state": VECTORS, "relevance": SCORE, "x": MEAN}])
@pytest.mark.parametrize("labels", [1, 2])
def test_a_cross_encoder_is_found_by_the_name_or_by_what_the_output_holds(
    tmp_path: Path, outputs: dict[str, str], labels: int
) -> None:
    model = load_cross_encoder(save(tmp_path, exported(outputs, labels=labels)))
    read = model.tokenizer
    query, passage = read.ids(QUERY), read.ids(PASSAGES[0])
    mean = rows_of(read.pair(query, passage), read.pair_types(query, passage)).mean(axis=0)
    expected = mean.sum() if labels == 1 else 0  # yes and no of these models are equal
    np.testing.assert_allclose(model.score(QUERY, PASSAGES[:1]), expected, atol=1e-5)


def test_a_directory_of_onnx_alone_is_loaded_as_what_it_is(tmp_path: Path) -> None:
    assert isinstance(load_model(save(tmp_path / "a", exported({"logits": SCORE}))), CrossEncoderModel)
    encoder = save(tmp_path / "b", exported({"last_hidden_state": VECTORS}), head=False)
    assert isinstance(load_model(encoder), Encoder)


@pytest.mark.parametrize("inputs", [INPUTS[:1], INPUTS[:2], (INPUTS[0], INPUTS[2])])
def test_inputs_that_a_model_does_not_take_are_not_given(tmp_path: Path, inputs: Sequence[str]) -> None:
    graph = open_graph(save(tmp_path, exported({"logits": SCORE}, inputs=inputs)), "logits")
    rows = TABLE[[5, 6]] + float("attention_mask" in inputs) + float("token_type_ids" in inputs)
    np.testing.assert_allclose(graph.run([5, 6], [1, 1]), [[rows.mean(axis=0).sum()]], rtol=1e-5)


def test_narrow_ids_are_the_same_ids(tmp_path: Path) -> None:
    wide = open_graph(save(tmp_path / "a", exported({"logits": SCORE})), "logits")
    narrow = open_graph(save(tmp_path / "b", exported({"logits": SCORE}, whole=TensorProto.INT32)), "logits")
    assert wide.run([5, 6], [0, 1]).tobytes() == narrow.run([5, 6], [0, 1]).tobytes()


def test_outputs_that_cannot_be_told_apart_are_named(tmp_path: Path) -> None:
    save(tmp_path, exported({"first": SCORE, "second": SCORE, "layer_1": VECTORS, "layer_2": VECTORS}))
    with pytest.raises(UnknownArchitecture, match="first, second"):
        open_graph(tmp_path, "logits")
    with pytest.raises(UnknownArchitecture, match="layer_1, layer_2"):
        open_graph(tmp_path, "token_vectors")


def test_scores_of_words_are_no_token_vectors(tmp_path: Path) -> None:
    with pytest.raises(UnknownArchitecture, match="last_hidden_state"):
        open_graph(save(tmp_path, exported({"logits": VECTORS})), "token_vectors")


def test_other_inputs_are_named(tmp_path: Path) -> None:
    model = exported({"logits": SCORE}, inputs=(*INPUTS, "pixel_values"))
    with pytest.raises(UnknownArchitecture, match="pixel_values"):
        open_graph(save(tmp_path, model), "logits")


def test_the_only_file_is_taken_whatever_its_name(tmp_path: Path) -> None:
    save(tmp_path, exported({"logits": SCORE}), "onnx/model_fp32.onnx")
    assert np.isfinite(load_cross_encoder(tmp_path).score(QUERY, PASSAGES)).all()
    save(tmp_path, exported({"logits": SCORE}), "onnx/model_int8.onnx")
    with pytest.raises(UnknownArchitecture, match=r"model_fp32\.onnx.*model_int8\.onnx"):
        open_graph(tmp_path, "logits")
    save(tmp_path, exported({"logits": SCORE}, labels=2), "onnx/model.onnx")
    assert open_graph(tmp_path, "logits").run([5], [0]).shape == (1, 2)


def test_weights_in_a_file_of_their_own_are_read_and_missed(tmp_path: Path) -> None:
    model = exported({"logits": SCORE})
    save(tmp_path, model, "model.onnx")
    inside = open_graph(tmp_path, "logits")
    ONNX.save_model(
        model, tmp_path / "model.onnx", save_as_external_data=True, location="model.onnx_data", size_threshold=64
    )
    outside = open_graph(tmp_path, "logits")
    assert outside.run([5, 6], [0, 1]).tobytes() == inside.run([5, 6], [0, 1]).tobytes()
    weights = tmp_path / "model.onnx_data"
    held = weights.read_bytes()
    weights.write_bytes(held[:-1] + bytes([held[-1] ^ 1]))
    assert open_graph(tmp_path, "logits").revision != outside.revision
    weights.write_bytes(held[: len(held) // 2])
    with pytest.raises(ModelDamaged, match=r"model\.onnx"):
        open_graph(tmp_path, "logits")
    weights.unlink()
    with pytest.raises(ModelDamaged, match=r"model\.onnx"):
        open_graph(tmp_path, "logits")


def test_a_file_without_a_tokenizer_says_so(tmp_path: Path) -> None:
    (save(tmp_path, exported({"logits": SCORE})) / "tokenizer.json").unlink()
    with pytest.raises(ModelNotFound, match=r"tokenizer\.json"):
        open_graph(tmp_path, "logits")
