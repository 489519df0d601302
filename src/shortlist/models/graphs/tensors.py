"""Constants of an ONNX file: small ones inside it, large ones beside it, so that it may be larger than 2 GB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnx import TensorProto

INLINE = 1024  # bytes


def entry(name: str, values: NDArray[Any]) -> tuple[TensorProto, NDArray[Any] | None]:
    """The file's entry of a constant, and the values where the file does not hold them."""
    from onnx import TensorProto, helper, numpy_helper

    if values.nbytes <= INLINE:
        return numpy_helper.from_array(values, name), None
    tensor = TensorProto(name=name, data_type=helper.np_dtype_to_tensor_dtype(values.dtype), dims=values.shape)
    tensor.data_location = TensorProto.EXTERNAL
    # The place is made up: the session is given the values themselves.
    for key, value in (("location", "weights"), ("offset", "0"), ("length", str(values.nbytes))):
        tensor.external_data.add(key=key, value=value)
    return tensor, np.ascontiguousarray(values)
