"""Catalogues: records whose name or purpose asks for what they say."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

from training.encoder.sources.pages import sections
from training.encoder.sources.passages import Passage, Section, cut

SAID = (12, 120)  # words


def weaknesses(package: Path) -> Iterator[Passage]:
    """MITRE's Common Weakness Enumeration: each weakness by its name."""
    for file in sorted(package.rglob("*.csv")):
        with file.open(encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows):
                blocks = (row.get("Description") or "", row.get("Extended Description") or "")
                yield from cut(Section(row.get("Name") or "", tuple(filter(None, blocks))), SAID)


def cloud_checks(package: Path) -> Iterator[Passage]:
    """Prowler's checks: what is checked, and what is at risk, by the check's title."""
    for file in sorted(package.rglob("*.metadata.json")):
        check = json.loads(file.read_text("utf-8"))
        advice = check["Remediation"]["Recommendation"]["Text"]
        for said in (check["Description"], check["Risk"], advice):
            yield from cut(Section(check["CheckTitle"], tuple(_unmarked(said).split("\n\n"))), SAID)


def web_features(package: Path) -> Iterator[Passage]:
    """What each feature of the web is, by its name."""
    features = json.loads(next(package.rglob("data.json")).read_text("utf-8"))["features"]
    for feature in features.values():
        if "description" in feature:
            yield from cut(Section(feature["name"], (feature["description"],)), SAID)


def cloud_calls(package: Path) -> Iterator[Passage]:
    """AWS's services: each call by its name, and each service by its own."""
    for file in sorted(package.rglob("service-2.json.gz")):
        service = json.loads(gzip.decompress(file.read_bytes()))
        name = service["metadata"].get("serviceId", "")
        yield from _documented(f"What is {name}?", service.get("documentation", ""))
        for call, fields in service["operations"].items():
            asked = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", call).lower()
            yield from _documented(f"{name} {asked}", fields.get("documentation", ""))


def _documented(asked: str, markup: str) -> Iterator[Passage]:
    for section in sections(markup):
        yield from cut(Section(asked, section.blocks))


def _unmarked(text: str) -> str:
    """Without the marks of Markdown."""
    return re.sub(r"[*`]+|^\s*(?:[-+]|\d+\.)\s+", "", text, flags=re.MULTILINE)
