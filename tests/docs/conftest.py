"""Where examples run: a folder with a copy of docs/handbook, an index of it, and small models of one's own."""

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from shortlist.cli import main

ROOT = Path(__file__).parents[2]
COLUMNS = "96"  # what a README shows without a scroll bar
WIDTH, LAYERS = 32, 2  # of the models made here
EXIT = re.compile(r"\s+# exit (\d+)$")


@dataclass(frozen=True)
class Ran:
    """One command line: what it was to exit with and did, and what it printed."""

    expected_exit: int
    exit: int
    stdout: str
    output: str  # standard output and standard error, as a terminal shows them


Shell = Callable[[str], Ran]


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workshop")
    shutil.copytree(ROOT / "docs" / "handbook", folder / "handbook")
    written = [*(folder / "handbook").iterdir(), *(ROOT / "src" / "shortlist" / "guide").glob("*.md")]
    texts = [path.read_text(encoding="utf-8") for path in sorted(written)]
    for name, head in (("encoder", False), ("reranker", True), ("answerer", False)):
        write_model(folder / "models" / name, texts, head=head)
    write_questions(folder / "beir" / "handbook")
    write_labels(folder / "labels.jsonl")
    with contextlib.chdir(folder):
        assert run_here("shortlist index handbook/").exit == 0
    return folder


@pytest.fixture
def desk(workshop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the workshop for one document, which becomes the working directory."""
    folder = tmp_path / "desk"
    shutil.copytree(workshop, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", COLUMNS)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SHORTLIST_CACHE", str(folder / "cache"))
    monkeypatch.setenv("HF_HUB_CACHE", str(folder / "hub"))
    monkeypatch.setenv("SHORTLIST_CALIBRATIONS", "calibrations")  # short in what is shown
    monkeypatch.delenv("SHORTLIST_INDEX", raising=False)
    return folder


@pytest.fixture
def shell(desk: Path) -> Shell:
    return run_here


def run_here(line: str) -> Ran:
    """Run one line as a shell would: `shortlist …` in this process, a line with a pipe in a real shell."""
    comment = EXIT.search(line)
    expected, line = (int(comment[1]), line[: comment.start()]) if comment else (0, line)
    if " | " in line:
        done = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, timeout=120)
        return Ran(expected, done.returncode, done.stdout, done.stdout + done.stderr)
    program, *arguments = shlex.split(line)
    assert program == "shortlist", f"only shortlist runs here, not {program}: put other commands into a block of `sh`"
    stdout, output = Tee(), io.StringIO()
    stdout.also = output
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(output):
        code = exit_code(arguments)
    return Ran(expected, code, stdout.getvalue(), output.getvalue())


class Tee(io.StringIO):
    """Keeps what is written, and writes it to another stream too."""

    also: io.StringIO

    def write(self, text: str, /) -> int:
        self.also.write(text)
        return super().write(text)


def exit_code(arguments: list[str]) -> int:
    before, sys.argv = sys.argv, ["shortlist", *arguments]
    try:
        main()
    except SystemExit as stop:
        return int(stop.code or 0)
    finally:
        sys.argv = before


def write_questions(folder: Path) -> None:
    """A test set in the BEIR layout, small enough to read."""
    corpus = {"keys": "The signing key is rotated every ninety days.", "备份": "备份保留三十五天，之后被覆盖。"}
    queries = {"1": "How often is the key rotated?", "2": "备份保留多久？"}
    (folder / "qrels").mkdir(parents=True)
    for name, texts in (("corpus", corpus), ("queries", queries)):
        lines = (json.dumps({"_id": key, "text": text}, ensure_ascii=False) for key, text in texts.items())
        (folder / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n1\tkeys\t1\n2\t备份\t1\n", encoding="utf-8")


def write_labels(file: Path) -> None:
    """Pairs as people judge them: each question with what answers it and what does not."""
    answers = {
        "How long are backups kept?": ("Backups are kept for thirty-five days.", "备份保留三十五天，之后被覆盖。"),
        "How often is the signing key rotated?": ("The release key is rotated every ninety days.",),
        "When is a release cut?": (
            "A release goes out every second Tuesday.",
            "The release branch is cut on Thursday.",
        ),
        "Who may restore a deleted ticket?": ("Tickets on legal hold are restored by the data team on request.",),
    }
    lines = [
        json.dumps({"query": query, "text": text, "relevant": text in own}, ensure_ascii=False)
        for query, own in answers.items()
        for texts in answers.values()
        for text in texts
    ]
    file.write_text("\n".join(lines), encoding="utf-8")


def write_model(folder: Path, texts: list[str], *, head: bool) -> None:
    """A BERT of random weights with a vocabulary of characters, as a Hugging Face directory holds it."""
    import safetensors.numpy
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    characters = sorted({character for text in texts for character in text.casefold() if not character.isspace()})
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *characters, *(f"##{character}" for character in characters)]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    folder.mkdir(parents=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config: dict[str, Any] = {
        "model_type": "bert",
        "architectures": ["BertForSequenceClassification" if head else "BertModel"],
        "vocab_size": len(pieces),
        "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 2,
        "intermediate_size": 2 * WIDTH,
        "max_position_embeddings": 512,
        "type_vocab_size": 2,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
        **({"id2label": {"0": "LABEL_0"}, "num_labels": 1} if head else {}),
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    save = cast(Any, safetensors.numpy).save_file  # its stubs leave a type parameter open
    save(weights(len(pieces), head=head), folder / "model.safetensors")


def weights(words: int, *, head: bool) -> dict[str, Any]:
    draw = np.random.default_rng(7)
    prefix = "bert." if head else ""
    made: dict[str, Any] = {}

    def linear(name: str, outputs: int, inputs: int) -> None:
        made[f"{name}.weight"] = draw.normal(0, 0.1, (outputs, inputs)).astype(np.float32)
        made[f"{name}.bias"] = np.zeros(outputs, np.float32)

    def norm(name: str) -> None:
        made[f"{name}.weight"], made[f"{name}.bias"] = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)

    for name, rows in (("word", words), ("position", 512), ("token_type", 2)):
        made[f"{prefix}embeddings.{name}_embeddings.weight"] = draw.normal(0, 1, (rows, WIDTH)).astype(np.float32)
    norm(f"{prefix}embeddings.LayerNorm")
    for number in range(LAYERS):
        layer = f"{prefix}encoder.layer.{number}"
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            linear(f"{layer}.attention.{part}", WIDTH, WIDTH)
        norm(f"{layer}.attention.output.LayerNorm")
        linear(f"{layer}.intermediate.dense", 2 * WIDTH, WIDTH)
        linear(f"{layer}.output.dense", WIDTH, 2 * WIDTH)
        norm(f"{layer}.output.LayerNorm")
    linear(f"{prefix}pooler.dense", WIDTH, WIDTH)
    if head:
        linear("classifier", 1, WIDTH)
    return made
