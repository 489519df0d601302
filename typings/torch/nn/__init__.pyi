from torch import Tensor
from torch.nn import functional as functional
from torch.nn import utils as utils

class Parameter(Tensor):
    def __init__(self, data: Tensor) -> None: ...
