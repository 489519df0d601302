"""Text in the words that the small models' vocabulary spells, and small models to learn."""

from __future__ import annotations

import json
import random
from pathlib import Path

from tests.golden.small_models import CHARACTERS, WORDS, config, save_model

ENGLISH = [word for word in WORDS if not word.startswith("##")]
CHINESE = [character for character in CHARACTERS if character >= "\u4e00" and character not in "。，？！"]


def write_text(file: Path, count: int = 80, *, languages: str = "en zh") -> Path:
    """JSON Lines: English questions with passages, Chinese passages without."""
    draw = random.Random(0)
    lines: list[dict[str, str]] = []
    for _ in range(count):
        if "en" in languages:
            sentences = [" ".join(draw.choices(ENGLISH, k=8)) + "." for _ in range(4)]
            lines.append({"query": " ".join(draw.choices(ENGLISH, k=4)), "positive": " ".join(sentences)})
        if "zh" in languages:
            lines.append({"text": "".join("".join(draw.choices(CHINESE, k=12)) + "。" for _ in range(4))})
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return file


def save_base(directory: Path) -> Path:
    """An encoder of BERT's architecture with both languages in its vocabulary."""
    return save_model(directory, config("bert", head=False), seed=1)


def save_teacher(directory: Path, family: str = "roberta", *, chinese: bool = True, hidden: int = 64) -> Path:
    """An encoder of another architecture and width; without `chinese` its vocabulary spells no Chinese."""
    save_model(directory, config(family, head=False, hidden_size=hidden), seed=2)
    if not chinese:
        file = directory / "tokenizer.json"
        held = json.loads(file.read_text(encoding="utf-8"))
        pieces = held["model"]["vocab"]
        unused = [[f"[unused{i}]" if _han(piece) else piece, score] for i, (piece, score) in enumerate(pieces)]
        held["model"]["vocab"] = unused
        file.write_text(json.dumps(held), encoding="utf-8")
    return directory


def _han(piece: str) -> bool:
    return any(character >= "\u4e00" for character in piece)
