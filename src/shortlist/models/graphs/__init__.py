"""A model's files → an ONNX graph that is ready to run, built without torch."""

from shortlist.models.graphs.graph import Graph
from shortlist.models.graphs.open import open_graph

__all__ = ["Graph", "open_graph"]
