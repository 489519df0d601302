import gzip
from pathlib import Path

from training.encoder.sources.dictionaries import dictionary

ENTRIES = {
    "00-database-info": "00-database-info\n" + "This is a notice about the dictionary itself. " * 4,
    "blue wire": "blue wire\n n.\n\n    Wires added to circuit boards to correct\n    problems. See {red wire}.\n",
    "naïve": "naïve\n adj.\n\n    Untutored in the perversities of some particular program or system.\n",
}
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def number(value: int) -> str:
    return (number(value // 64) if value >= 64 else "") + DIGITS[value % 64]


def test_each_entry_is_found_by_its_place_in_bytes(tmp_path: Path) -> None:
    text = b""
    lines: list[str] = []
    for term, entry in ENTRIES.items():
        lines.append(f"{term}\t{number(len(text))}\t{number(len(entry.encode()))}\n")
        text += entry.encode()
    lines.append(lines[1].replace("blue wire", "wire, blue"))  # a second name of the same entry
    (tmp_path / "jargon.index").write_text("".join(lines), encoding="utf-8")
    (tmp_path / "jargon.dict.dz").write_bytes(gzip.compress(text))
    passages = list(dictionary(tmp_path))
    assert [passage.text for passage in passages] == [
        "n. Wires added to circuit boards to correct problems. See red wire.",
        "adj. Untutored in the perversities of some particular program or system.",
    ]
    assert ["blue wire" in passages[0].query, "naïve" in passages[1].query] == [True, True]
