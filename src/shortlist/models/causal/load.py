"""From a directory to a causal reranker."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from threading import Lock
from typing import cast

from shortlist.errors import UnknownArchitecture
from shortlist.models.causal.prompt import PROMPTS, Prompt
from shortlist.models.causal.reranker import CausalReranker
from shortlist.models.causal.torch_model import TorchModel
from shortlist.models.graphs.config import read_json
from shortlist.models.graphs.graph import model_name, revision
from shortlist.models.hub import locate
from shortlist.models.runtimes.device import device_of
from shortlist.models.tokenizer import ModelTokenizer

LONGEST = 8192  # tokens of a prompt: what Qwen3-Reranker was evaluated at; it reads 32,768, in four times the memory


@dataclass(frozen=True, slots=True)
class Loading:
    """How a reranker was loaded: called again, it gives the same one."""

    directory: Path
    prompt: Prompt
    max_tokens: int
    device: str
    batch_tokens: int

    def __call__(self) -> CausalReranker:
        """The reranker, loaded once a process and then shared."""
        with _loading:
            return _load(self)


def load_causal_reranker(
    name_or_path: str | Path,
    *,
    instruction: str = "",
    prompt: Prompt | None = None,
    max_tokens: int = LONGEST,
    device: str = "cpu",
    batch_tokens: int = 0,
) -> CausalReranker:
    """A causal language model as a reranker: Qwen3-Reranker, bge-reranker-v2-gemma. Needs the extra `torch`.

    Args:
        name_or_path: a Hugging Face model directory with safetensors, or the name of a fetched model.
        instruction: what counts as an answer, in English, for models that read one (Qwen3); theirs if not given.
        prompt: how the model is asked, if it is of another family.
        max_tokens: of a prompt; a longer passage is read in windows.
        device: "cpu", in float32; "cuda" or "cuda:0", the first GPU, "cuda:1", the second, in bfloat16.
        batch_tokens: tokens of the prompts that are computed together, padding included. 0 computes each alone: the
            same pair, the same score. On a GPU 16,384 is many times faster, and changes the last digits.

    Raises:
        MissingExtra: torch or transformers is not installed.
        ModelNotFound: there is no such model.
        ModelDamaged: its files are missing, cut or of the wrong shape.
        UnknownArchitecture: it is no causal language model, or of a family whose prompt is not known.
        UsageError: there is no such device.
        DeviceUnavailable: torch cannot use it.
    """
    directory = locate(name_or_path)
    stated = read_json(directory / "config.json")
    kind = str(stated.get("model_type", ""))
    chosen = prompt or PROMPTS.get(kind)
    if chosen is None or not is_causal(directory):
        raise UnknownArchitecture(
            f'{directory} is of type "{kind}", or an encoder; causal rerankers known here are {", ".join(PROMPTS)}. '
            "For a language model of another family say how it is asked: prompt=Prompt(…).",
            model_type=kind,
        )
    positions = stated.get("max_position_embeddings")
    longest = min(max_tokens, positions) if isinstance(positions, int) else max_tokens
    filled = replace(chosen, instruction=instruction or chosen.instruction)
    return Loading(directory, filled, longest, device_of(device).name, batch_tokens)()


def is_causal(path: Path) -> bool:
    """Whether this is the directory of a causal language model that answers, and is no encoder made of one.

    Qwen3-Embedding states the same architecture as Qwen3-Reranker; it is told apart by how it pools its tokens.
    """
    config = path / "config.json"
    if not config.is_file() or (path / "1_Pooling").is_dir():
        return False
    architectures = read_json(config).get("architectures")
    named = cast("list[object]", architectures) if isinstance(architectures, list) else []
    return any(str(name).endswith("ForCausalLM") for name in named)


_loading = Lock()


@cache
def _load(how: Loading) -> CausalReranker:
    tokenizer = ModelTokenizer.load(how.directory)
    model = TorchModel(how.directory, device=how.device, batch_tokens=how.batch_tokens)
    precision = "" if model.dtype == "float32" else f" ({model.dtype})"
    weights = sorted(how.directory.glob("*.safetensors"))
    name = f"{model_name(how.directory)}@{revision(how.directory, weights)}{precision}"
    return CausalReranker(name, model, tokenizer, how.prompt, how.max_tokens, reload=how)
