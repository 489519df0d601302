from pathlib import Path

import pytest
from training.encoder.make import ROOT, STEPS, Step, first_due, found, is_finished, run, words_of

COPY = "json.tool {pairs} {work}/"  # a module that reads a file and writes one
CHAIN = (
    Step("first", f"{COPY}one.json", "one.json"),
    Step("second", "json.tool {work}/one.json {work}/two.json", "two.json"),
)


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "pairs.json").write_text('{"a": 1}')
    (tmp_path / "work").mkdir()
    return {"work": str(tmp_path / "work"), "pairs": str(tmp_path / "pairs.json"), "data": str(tmp_path)}


def test_steps_are_due_until_they_have_run(places: dict[str, str]) -> None:
    for number, step in enumerate(CHAIN):
        assert first_due(CHAIN, places) == number
        assert run(step, places) == 0
    assert first_due(CHAIN, places) == len(CHAIN)


def test_a_step_is_due_again_when_its_result_is_gone_or_its_command_another(places: dict[str, str]) -> None:
    for step in CHAIN:
        run(step, places)
    other = Step("second", "json.tool --sort-keys {work}/one.json {work}/two.json", "two.json")
    assert not is_finished(other, places)
    (Path(places["work"]) / "one.json").unlink()
    assert first_due(CHAIN, places) == 0


def test_a_step_that_fails_stays_due(places: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    failing = Step("fails", "json.tool {work}/nothing.json {work}/out.json", ".")
    assert run(failing, places) != 0
    assert "nothing.json" in capfd.readouterr().err
    assert not is_finished(failing, places)


def test_a_star_means_the_file_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "wheel-1.0-any.whl").touch()
    assert found(f"{tmp_path}/wheel-1.0-*.whl") == str(tmp_path / "wheel-1.0-any.whl")
    assert found("plain") == "plain"


def test_every_step_runs_a_module_that_is_there() -> None:
    places = {name: name for name in ("work", "pairs", "data", "steps")}
    assert len({step.name for step in STEPS}) == len(STEPS)
    for step in STEPS:
        module = words_of(step, places)[0]
        path = ROOT / module.replace(".", "/")
        assert module == "pip" or path.with_suffix(".py").exists() or (path / "__main__.py").exists()
