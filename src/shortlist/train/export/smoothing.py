"""Channels that stand far above the others, moved from activations into weights.

int8 gives all values of an activation one scale, and a few channels of a model may reach ten times the rest, which
leaves those few steps. Dividing channel c of a product's input by s[c] and multiplying row c of its weights by s[c]
changes nothing but that (SmoothQuant: Xiao et al., ICML 2023). s = max|input|^a / max|weights|^(1-a), made a power
of two, with the `a` that suits the product best on the calibration texts; where the error falls by less than a tenth
the product is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from shortlist.models.runtimes.session import Session
from shortlist.train.export.graph import PRODUCTS, build_graph, product_weights
from shortlist.train.export.weights import EncoderWeights

STRENGTHS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
WORTH_IT = 0.9
SMALLEST = np.float32(1e-12)  # a channel that is always zero has a logarithm too


def find_smoothing(weights: EncoderWeights, texts: Iterable[Sequence[int]]) -> dict[str, list[int]]:
    """The exponents of two for each product where they are worth it, by the name of its node.

    Args:
        weights: of the encoder.
        texts: token ids to calibrate on, special tokens included.
    """
    inputs = _inputs(weights, texts)
    found: dict[str, list[int]] = {}
    for i, layer in enumerate(weights.layers):
        for kind in PRODUCTS:
            ratio, exponents = _best(inputs[f"l{i}.{kind}"], product_weights(layer, kind))
            if ratio < WORTH_IT:
                found[f"l{i}.{kind}"] = exponents
    return found


def _inputs(weights: EncoderWeights, texts: Iterable[Sequence[int]]) -> dict[str, list[NDArray[np.float32]]]:
    """What goes into each product on each calibration text: float32 [tokens, channels]."""
    from onnx import helper

    model = build_graph(weights, name="calibration", exact=True)
    entering = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "MatMul"}
    wanted = sorted(set(entering.values()))
    model.graph.output.extend(helper.make_tensor_value_info(name, 1, None) for name in wanted)
    session = Session(model.SerializeToString())
    seen: dict[str, list[NDArray[np.float32]]] = {name: [] for name in entering}
    for ids in texts:
        values = dict(zip(wanted, session.run({"input_ids": np.array([ids], np.int64)}, wanted), strict=True))
        for name, source in entering.items():
            seen[name].append(values[source][0])
    return seen


def _best(inputs: Sequence[NDArray[np.float32]], weights: NDArray[np.float32]) -> tuple[float, list[int]]:
    """The lowest error as a share of that without smoothing, and the exponents of two that give it."""
    largest = np.maximum(np.abs(np.concatenate(inputs)).max(axis=0), SMALLEST)
    widest = np.maximum(np.abs(weights).max(axis=1), SMALLEST)
    plain = _error(inputs, weights, np.ones_like(widest))
    best = (1.0, [0] * len(widest))
    for strength in STRENGTHS:
        wanted = strength * np.log2(largest) - (1 - strength) * np.log2(widest)
        exponents = np.rint(wanted - wanted.mean()).astype(np.int64)
        ratio = _error(inputs, weights, np.exp2(exponents).astype(np.float32)) / plain
        best = min(best, (ratio, exponents.tolist()))
    return best


def _error(inputs: Sequence[NDArray[np.float32]], weights: NDArray[np.float32], factors: NDArray[np.float32]) -> float:
    rows = _int8_columns(weights * factors[:, None])
    wrong = (_uint8(values / factors) @ rows - values @ weights for values in inputs)
    return float(np.sqrt(sum(float(np.square(difference).sum()) for difference in wrong)))


def _uint8(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rounded as the runtime rounds an activation: one scale and zero point for all."""
    low, high = min(values.min(), np.float32(0)), max(values.max(), np.float32(0))
    step = np.float32((high - low) / 255)
    zero = np.rint(-low / step)
    return (np.clip(np.rint(values / step) + zero, 0, 255) - zero) * step


def _int8_columns(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    step = np.maximum(np.abs(weights).max(axis=0), SMALLEST) / 127
    return np.rint(weights / step) * step
