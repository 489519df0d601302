"""What transformers makes of the small random models, for the tests to compare with. Needs torch: see `make golden`.

python -m tests.golden.make_golden      (in an environment with benchmarks/peers.txt)
"""

from __future__ import annotations

import importlib
import json
import tempfile
from pathlib import Path
from typing import Any

from tests.golden.small_models import PASSAGES, QUERY, Config, cases, id_sequences, save_model

FILE = Path(__file__).with_name("transformers.json")


def main() -> None:
    """Write transformers.json."""
    golden: dict[str, Any] = {}
    for name, config in cases().items():
        with tempfile.TemporaryDirectory() as place:
            golden[name] = answers(save_model(Path(place), config), config)
    lines = (f"{json.dumps(name)}: {json.dumps(answer)}" for name, answer in golden.items())
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{FILE}: {len(golden)} models, {FILE.stat().st_size} bytes")


def answers(directory: Path, config: Config) -> dict[str, Any]:
    """Logits of the pairs as one padded batch and of the id sequences; last hidden states at three places of a pair."""
    torch: Any = importlib.import_module("torch")
    transformers: Any = importlib.import_module("transformers")
    model = transformers.AutoModelForSequenceClassification.from_pretrained(directory).eval()
    trunk = transformers.AutoModel.from_pretrained(directory).eval()
    # Not through AutoTokenizer, which takes an empty passage for none.
    tokenizer: Any = importlib.import_module("tokenizers").Tokenizer.from_file(str(directory / "tokenizer.json"))
    tokenizer.enable_padding(pad_id=config["pad_token_id"])
    batch = tokenizer.encode_batch([(QUERY, passage) for passage in PASSAGES])
    parts = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
    pairs = {name: torch.tensor([getattr(row, part) for row in batch]) for name, part in parts.items()}
    takes_types = config.get("type_vocab_size") == 2
    if not takes_types:
        pairs.pop("token_type_ids")
    with torch.no_grad():
        sequences: list[list[float]] = []
        for ids, types in id_sequences(config):
            inputs = {"input_ids": torch.tensor([ids])}
            if takes_types:
                inputs["token_type_ids"] = torch.tensor([types])
            sequences.append(rounded(model(**inputs).logits[0]))
        alone = {key: value[1:2, : int(pairs["attention_mask"][1].sum())] for key, value in pairs.items()}
        return {
            "logits": [rounded(row) for row in model(**pairs).logits],
            "sequence_logits": sequences,
            "tokens": alone["input_ids"][0].tolist(),
            "hidden_states": [rounded(row) for row in trunk(**alone).last_hidden_state[0][[0, 5, -1]]],
        }


def rounded(row: Any) -> list[float]:
    """Seven digits: a hundredth of what the tests allow."""
    return [round(float(value), 6) for value in row]


if __name__ == "__main__":
    main()
