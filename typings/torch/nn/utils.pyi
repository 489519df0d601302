from collections.abc import Sequence

from torch import Tensor

def clip_grad_norm_(parameters: Sequence[Tensor], max_norm: float) -> Tensor: ...
