"""A causal language model in torch, loaded by transformers: local files, safetensors only, no code of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shortlist.errors import DeviceUnavailable, ModelDamaged, need

EXTRA = "torch"


class TorchModel:
    """A loaded model. Thread-safe."""

    def __init__(self, directory: Path, *, device: str, batch_tokens: int) -> None:
        self._torch: Any = need("torch", extra=EXTRA)
        _check(device, self._torch)
        self.device = device
        # On a processor bfloat16 is slower without AMX, and ranks differently; on a GPU it is what the models ship in.
        self.dtype = "float32" if self.device == "cpu" else "bfloat16"
        self._batch_tokens = batch_tokens
        self._model: Any = _load(directory, getattr(self._torch, self.dtype)).to(self.device).eval()

    def next_logits(self, texts: Sequence[Sequence[int]], tokens: Sequence[int]) -> NDArray[np.float32]:
        """The logits of these tokens as the one that follows each text: float32, shape (texts, tokens).

        Each text alone where `batch_tokens` is 0. In batches the shorter ones are padded on the left, which changes the
        last bits of float32 and more of bfloat16.
        """
        logits = np.empty((len(texts), len(tokens)), np.float32)
        for batch in batches([len(text) for text in texts], self._batch_tokens):
            logits[batch] = self._run([texts[i] for i in batch], tokens)
        return logits

    def _run(self, texts: Sequence[Sequence[int]], tokens: Sequence[int]) -> NDArray[np.float32]:
        torch = self._torch
        longest = max(map(len, texts))
        ids = [[0] * (longest - len(text)) + list(text) for text in texts]
        mask = [[0] * (longest - len(text)) + [1] * len(text) for text in texts]
        with torch.inference_mode():
            seen = torch.tensor(mask, device=self.device)
            out = self._model(
                input_ids=torch.tensor(ids, device=self.device),
                attention_mask=seen,
                position_ids=(seen.cumsum(-1) - 1).clamp(min=0),
                logits_to_keep=1,  # a vocabulary of 150,000 at every position would take gigabytes
                use_cache=False,
            )
            return out.logits[:, -1, list(tokens)].float().cpu().numpy()


def batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Positions in batches of at most `budget` tokens, padding included, the longest first; each alone for 0."""
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batch and (len(batch) + 1) * lengths[batch[0]] > budget:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def _check(device: str, torch: Any) -> None:
    """Refuse a GPU that torch does not see.

    Raises:
        DeviceUnavailable: it sees none, or fewer.
    """
    seen = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device != "cpu" and int(device.partition(":")[2] or 0) >= seen:
        raise DeviceUnavailable(
            f"The device {device} cannot be used: torch {torch.__version__} sees {seen} GPUs. It sees them where it "
            'was built for CUDA (a version ending in "+cpu" was not) and a driver is installed: nvidia-smi lists them. '
            'device="cpu" always works.',
            device=device,
            found=seen,
        )


def _load(directory: Path, dtype: object) -> Any:
    transformers: Any = need("transformers", extra=EXTRA)
    logging = transformers.utils.logging
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        model, report = transformers.AutoModelForCausalLM.from_pretrained(
            directory,
            dtype=dtype,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
        )
    except Exception as problem:  # transformers raises whatever its parts raise
        raise ModelDamaged(
            f"The model at {directory} cannot be loaded: {problem} Fetch it again; if it is whole, it may need a newer "
            "transformers.",
            path=str(directory),
        ) from problem
    finally:
        if bars:
            logging.enable_progress_bar()
    missing = sorted(map(str, report["missing_keys"]))
    if missing:  # transformers puts random numbers in their place
        raise ModelDamaged(
            f"The model at {directory} lacks {len(missing)} of its tensors, {missing[0]} among them. Fetch it again.",
            path=str(directory),
        )
    return model
