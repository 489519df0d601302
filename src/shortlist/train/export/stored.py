"""The weights inside an exported graph, back in float32: int8 and 4-bit numbers times their scales."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from shortlist.errors import ModelNotFound, UnknownArchitecture
from shortlist.train.export.four_bit import GROUP, FourBit
from shortlist.train.export.weights import EncoderWeights, Floats, Layer, Linear, Norm


def read_stored(file: Path) -> EncoderWeights:
    """The encoder in a graph that .graph wrote.

    The same function in float32, but for the rounding of activations: what smoothing divides by is multiplied back,
    except in the product after attention, where it stays folded into the weights on both sides.

    Raises:
        ModelNotFound: there is no such file.
        UnknownArchitecture: another program wrote it.
    """
    if not file.is_file():
        raise ModelNotFound(f"There is no model file {file}.", path=str(file))
    model = onnx.ModelProto()
    model.ParseFromString(file.read_bytes())
    stored = _Stored({tensor.name: tensor for tensor in model.graph.initializer}, file)
    attentions = [node for node in model.graph.node if node.op_type == "MultiHeadAttention"]
    norms = [node for node in model.graph.node if node.op_type == "SkipLayerNormalization"]
    if not attentions or not norms:
        raise stored.foreign("attention")
    positions = stored.floats("positions")
    return EncoderWeights(
        heads=_attribute(attentions[0], "num_heads").i,
        epsilon=round(float(_attribute(norms[0], "epsilon").f), 15),
        words=stored.words(positions.shape[1]),
        positions=positions,
        types=np.zeros((1, positions.shape[1]), np.float32),
        norm=stored.norm("emb.ln"),
        layers=tuple(stored.layer(f"l{i}") for i in range(len(attentions))),
    )


def _attribute(node: onnx.NodeProto, name: str) -> onnx.AttributeProto:
    return next(attribute for attribute in node.attribute if attribute.name == name)


class _Stored:
    def __init__(self, tensors: dict[str, onnx.TensorProto], file: Path) -> None:
        self.tensors = tensors
        self.file = file

    def foreign(self, name: str) -> UnknownArchitecture:
        return UnknownArchitecture(
            f"{self.file} has no {name}: it was not written by shortlist. Start from the Hugging Face directory of "
            "the model.",
            path=str(self.file),
        )

    def tensor(self, name: str) -> onnx.TensorProto:
        if name not in self.tensors:
            raise self.foreign(name)
        return self.tensors[name]

    def floats(self, name: str) -> Floats:
        return numpy_helper.to_array(self.tensor(name)).astype(np.float32)

    def words(self, hidden: int) -> FourBit:
        scales: NDArray[np.float16] = numpy_helper.to_array(self.tensor("word_scales")).astype(np.float16)
        packed = np.frombuffer(self.tensor("words").raw_data, np.uint8) ^ np.uint8(0x88)
        return FourBit.unpacked(packed.reshape(len(scales), hidden // GROUP, GROUP // 2), scales)

    def norm(self, name: str) -> Norm:
        return Norm(self.floats(f"{name}.w"), self.floats(f"{name}.b"))

    def product(self, name: str) -> Linear:
        """Weight [outputs, inputs], with what evens out its inputs multiplied in."""
        weight = self.floats(f"{name}.w") * self.floats(f"{name}.s")
        if f"{name}.m" in self.tensors:
            weight = weight * self.floats(f"{name}.m")[:, None]
        return Linear(np.ascontiguousarray(weight.T), self.floats(f"{name}.b"))

    def layer(self, name: str) -> Layer:
        joined = self.product(f"{name}.q-k-v")
        query, key, value = (
            Linear(weight, bias)
            for weight, bias in zip(np.split(joined.weight, 3), np.split(joined.bias, 3), strict=True)
        )
        return Layer(
            query=query,
            key=key,
            value=value,
            attended=self.product(f"{name}.ao"),
            attended_norm=self.norm(f"{name}.aln"),
            wide=self.product(f"{name}.fi"),
            narrow=self.product(f"{name}.fo"),
            norm=self.norm(f"{name}.oln"),
        )
