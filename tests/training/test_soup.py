import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from training.encoder.packaged import unfolded
from training.encoder.soup import mean

VALUE, BIAS, ATTENDED = (
    f"encoder.layer.0.attention.{name}" for name in ("self.value.weight", "self.value.bias", "output.dense.weight")
)


def tensors(seed: int) -> dict[str, NDArray[np.float32]]:
    draw = np.random.default_rng(seed)
    return {
        name: draw.standard_normal(shape, np.float32)
        for name, shape in ((VALUE, (8, 8)), (BIAS, (8,)), (ATTENDED, (8, 8)))
    }


@given(share=st.floats(0.01, 100), seed=st.integers(0, 99))
def test_the_mean_of_a_model_with_itself_is_the_model(share: float, seed: int) -> None:
    part = tensors(seed)
    mixed = mean([part, part], [1.0, share])
    assert mixed.keys() == part.keys()
    for name in part:
        np.testing.assert_allclose(mixed[name], part[name], rtol=1e-5, atol=1e-6)


@given(first=st.floats(0.1, 10), second=st.floats(0.1, 10))
def test_shares_weigh(first: float, second: float) -> None:
    one, other = tensors(1), tensors(2)
    mixed = mean([one, other], [first, second])[BIAS]
    np.testing.assert_allclose(
        mixed, (first * one[BIAS] + second * other[BIAS]) / (first + second), rtol=1e-4, atol=1e-5
    )


def test_other_architectures_do_not_mix() -> None:
    with pytest.raises(SystemExit, match="different names"):
        mean([tensors(1), {BIAS: np.ones(8, np.float32)}], [1, 1])


@given(exponents=st.lists(st.integers(-3, 3), min_size=8, max_size=8), seed=st.integers(0, 99))
def test_what_smoothing_folded_in_is_taken_out_to_the_last_bit(exponents: list[int], seed: int) -> None:
    base = tensors(seed)
    factors = np.exp2(np.array(exponents)).astype(np.float32)
    folded = {VALUE: base[VALUE] / factors[:, None], BIAS: base[BIAS] / factors, ATTENDED: base[ATTENDED] * factors}
    for name, found in unfolded(folded, base).items():
        np.testing.assert_array_equal(found, base[name])
