"""One arm's process of the reranking benchmark: loads the model once, then scores whenever it is asked.

    python rerank_worker.py ARM MODEL_DIR PAIRS.json CORES

Runs in our environment or in one of the peers'. Reads one line a pass and answers with one line of JSON: seconds on
the wall and of the processor, and logits. ARM is one of ARMS, with a setting after a colon: sentence-transformers:32.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

Score: TypeAlias = Callable[[str, Sequence[str]], Sequence[float]]


def main() -> None:
    arm, model, pairs, cores = sys.argv[1:]
    # The last cores of the machine: the first one serves the system.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-int(cores) :])
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints is no answer
    name, _, setting = arm.partition(":")
    score = ARMS[name](Path(model), int(cores), setting)
    given = json.loads(Path(pairs).read_text(encoding="utf-8"))
    for _ in sys.stdin:
        start, worked = time.perf_counter(), time.process_time()
        logits = score(given["query"], given["passages"])
        seconds = {"wall": time.perf_counter() - start, "processor": time.process_time() - worked}
        answer = {**seconds, "logits": [float(logit) for logit in logits]}
        print(json.dumps(answer), file=answers, flush=True)


def shortlist(model: Path, _cores: int, precision: str) -> Score:
    library: Any = importlib.import_module("shortlist")
    loaded = library.load_cross_encoder(model, precision)
    return lambda query, passages: loaded.score(query, passages).tolist()


def sentence_transformers(model: Path, cores: int, setting: str) -> Score:
    """Setting: batch size, backend and type of number, such as 8-torch-bfloat16."""
    torch: Any = importlib.import_module("torch")
    library: Any = importlib.import_module("sentence_transformers")
    torch.set_num_threads(cores)
    batch, backend, kind = (*setting.split("-"), "torch", "float32")[:3] if "-" in setting else (setting, "torch", "")
    options: dict[str, Any] = {} if backend == "torch" else {"backend": backend}
    options |= {"model_kwargs": {"torch_dtype": kind}} if kind == "bfloat16" else {}
    if backend == "onnx":
        options["model_kwargs"] = {"file_name": "onnx/model.onnx", "session_options": _onnx_options(cores)}
    if backend == "openvino":
        options["model_kwargs"] = {"ov_config": {"INFERENCE_NUM_THREADS": cores, "INFERENCE_PRECISION_HINT": "f32"}}
        if kind == "bf16":
            options["model_kwargs"]["ov_config"]["INFERENCE_PRECISION_HINT"] = "bf16"
    loaded = library.CrossEncoder(str(model), device="cpu", **options)
    identity = torch.nn.Identity()

    def score(query: str, passages: Sequence[str]) -> Sequence[float]:
        pairs = [(query, passage) for passage in passages]
        return loaded.predict(pairs, batch_size=int(batch), activation_fn=identity, show_progress_bar=False)

    return score


def rerankers(model: Path, cores: int, _setting: str) -> Score:
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(cores)
    library: Any = importlib.import_module("rerankers")
    loaded = library.Reranker(str(model), model_type="cross-encoder", device="cpu", dtype="fp32", verbose=0)

    def score(query: str, passages: Sequence[str]) -> Sequence[float]:
        ranked = loaded.rank(query, list(passages), doc_ids=list(range(len(passages))))
        scores = {result.document.doc_id: result.score for result in ranked.results}
        return [scores[i] for i in range(len(passages))]

    return score


def fastembed(model: Path, cores: int, setting: str) -> Score:
    library: Any = importlib.import_module("fastembed.rerank.cross_encoder")
    described: Any = importlib.import_module("fastembed.common.model_description")
    library.TextCrossEncoder.add_custom_model(
        "local/model", sources=described.ModelSource(hf="local/model"), model_file="onnx/model.onnx"
    )
    loaded = library.TextCrossEncoder("local/model", threads=cores, specific_model_path=str(model))
    return lambda query, passages: list(loaded.rerank(query, passages, batch_size=int(setting or 64)))


def flashrank(model: Path, _cores: int, _setting: str) -> Score:
    """Its own model list names one file; ours takes its place. It scores a list in one batch, by a sigmoid."""
    library: Any = importlib.import_module("flashrank")
    place = model / "flashrank" / "ms-marco-TinyBERT-L-2-v2"
    if not place.is_dir():
        shutil.copytree(model, place, ignore=shutil.ignore_patterns("flashrank", "onnx", "*.safetensors"))
        shutil.copy(model / "onnx" / "model.onnx", place / "flashrank-TinyBERT-L-2-v2.onnx")
    loaded = library.Ranker(place.name, cache_dir=str(place.parent), max_length=512)

    def score(query: str, passages: Sequence[str]) -> Sequence[float]:
        asked = library.RerankRequest(query, [{"id": i, "text": passage} for i, passage in enumerate(passages)])
        scores = {result["id"]: float(result["score"]) for result in loaded.rerank(asked)}
        return [_logit(scores[i]) for i in range(len(passages))]

    return score


def onnxruntime(model: Path, cores: int, setting: str) -> Score:
    """The plain export: a pair at a time, or batches of so many in the order given."""
    numpy: Any = importlib.import_module("numpy")
    runtime: Any = importlib.import_module("onnxruntime")
    tokens: Any = importlib.import_module("tokenizers")
    tokenizer = tokens.Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.enable_truncation(512)
    tokenizer.enable_padding()
    session = runtime.InferenceSession(
        str(model / "onnx" / "model.onnx"), _onnx_options(cores), providers=["CPUExecutionProvider"]
    )
    names = [each.name for each in session.get_inputs()]

    def score(query: str, passages: Sequence[str]) -> Sequence[float]:
        logits: list[float] = []
        for start in range(0, len(passages), int(setting)):
            some = tokenizer.encode_batch([(query, passage) for passage in passages[start : start + int(setting)]])
            values = {
                "input_ids": numpy.array([each.ids for each in some], numpy.int64),
                "attention_mask": numpy.array([each.attention_mask for each in some], numpy.int64),
                "token_type_ids": numpy.array([each.type_ids for each in some], numpy.int64),
            }
            logits += session.run(None, {name: values[name] for name in names})[0].reshape(-1).tolist()
        return logits

    return score


def _onnx_options(cores: int) -> Any:
    options: Any = importlib.import_module("onnxruntime").SessionOptions()
    options.intra_op_num_threads = cores
    return options


def _logit(probability: float) -> float:
    numpy: Any = importlib.import_module("numpy")
    return float(numpy.log(probability / (1 - probability)))


ARMS: dict[str, Callable[[Path, int, str], Score]] = {
    "shortlist": shortlist,
    "sentence-transformers": sentence_transformers,
    "rerankers": rerankers,
    "fastembed": fastembed,
    "flashrank": flashrank,
    "onnxruntime": onnxruntime,
}

if __name__ == "__main__":
    main()
