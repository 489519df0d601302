import json
from pathlib import Path

from training.encoder.sources.factbook import country_of, factbook, plain

PROFILE = {
    "Geography": {
        "Area": {"total ": {"text": "2,381,740 sq km"}},
        "Climate": {"text": "arid &amp; mild;<br>wet winters<br><br>"},
    },
    "Government": {
        "Country name": {"conventional short form": {"text": "Algeria"}},
        "Capital": {
            "name": {"text": "Algiers"},
            "etymology": {"text": "<p>from the Arabic &quot;al-jaza'ir&quot;</p>"},
        },
    },
}


def made(tmp_path: Path) -> dict[str, set[str]]:
    file = tmp_path / "data" / "africa" / "ag.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(PROFILE))
    said: dict[str, set[str]] = {}
    for passage in factbook(tmp_path):
        said.setdefault(passage.text, set()).add(passage.query)
    return said


def test_a_field_becomes_a_sentence_that_answers(tmp_path: Path) -> None:
    said = made(tmp_path)
    assert "The capital of Algeria is Algiers." in said
    assert "The climate of Algeria is arid & mild; wet winters." in said


def test_every_query_names_the_country_and_no_markup_is_left(tmp_path: Path) -> None:
    for text, queries in made(tmp_path).items():
        assert all("Algeria" in query for query in queries)
        assert not set("<>") & set(text)


def test_markup_becomes_text() -> None:
    assert plain("<p>one<br>two</p>") == "one; two"
    assert plain({"text": "a &lt;b&gt;"}) == "a <b>"
    assert plain(None) == ""


def test_a_profile_without_a_name_is_of_no_country() -> None:
    assert country_of({"Government": {"Country name": {"conventional short form": {"text": "none"}}}}) == ""
    assert country_of({}) == ""
