"""What is installed: names, start-up times, the wheel in an environment of its own, and no network."""

import ast
import importlib.metadata
import os
import statistics
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import shortlist

ROOT = Path(__file__).parents[1]
HANDBOOK = ROOT / "docs" / "handbook"
HEAVY = ("numpy", "onnx", "onnxruntime", "tantivy", "tokenizers", "rich", "sqlglot", "opencc", "Stemmer", "pypdfium2")
MB = 1_000_000
LIMITS_MB = {"wheel": 45, "install": 500}

# Runs the command in its arguments with a hook that refuses every socket; then shows that the hook does refuse one.
WITHOUT_NETWORK = """
import socket, sys

def refuse(event, arguments):
    if event.startswith("socket."):
        raise SystemError(f"{event} {arguments}")

sys.addaudithook(refuse)
from shortlist.cli import main
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
try:
    socket.create_connection(("127.0.0.1", 9))
except SystemError:
    sys.exit(0)
sys.exit("the hook let a socket through")
"""


def run(*command: str | Path, **environment: str) -> str:
    """Standard output of a command that must succeed."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SHORTLIST_"))}
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=env | environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_public_names_are_sorted_and_all_of_them_load() -> None:
    assert shortlist.__all__ == sorted(shortlist.__all__)
    assert all(getattr(shortlist, name).__name__.rpartition(".")[2] == name for name in shortlist.__all__)
    assert set(dir(shortlist)) >= set(shortlist.__all__)


def test_type_checkers_see_the_names_that_load() -> None:
    tree = ast.parse(Path(shortlist.__file__).read_text(encoding="utf-8"))
    blocks = [node for node in tree.body if isinstance(node, ast.If)]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    assert sorted(alias.name for node in imports for alias in node.names) == shortlist.__all__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Indx"):
        _ = shortlist.Indx


def test_importing_the_package_costs_next_to_nothing() -> None:
    program = (
        "import sys, time; bare = time.process_time(); import shortlist; "
        f"print((time.process_time() - bare) * 1000, *sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    printed = [run(sys.executable, "-c", program).split() for _ in range(5)]
    assert [words[1:] for words in printed] == [[]] * 5
    # Processor time, here and below: time on the clock would also measure what else the machine does.
    assert statistics.median(float(words[0]) for words in printed) < 60


def test_help_answers_at_once() -> None:
    program = (
        "import sys, time, shortlist.cli; sys.argv = ['shortlist', '--help']\n"
        "try: shortlist.cli.main()\n"
        "except SystemExit as stop: assert not stop.code\n"
        f"print(time.process_time(), *sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    printed = [run(sys.executable, "-c", program).splitlines() for _ in range(5)]
    assert all("Commands:" in lines for lines in printed)
    measured = [lines[-1].split() for lines in printed]
    assert [words[1:] for words in measured] == [[]] * 5
    assert statistics.median(float(words[0]) for words in measured) < 0.5


def test_indexing_searching_and_packing_open_no_socket(tmp_path: Path) -> None:
    index = str(tmp_path / "handbook.shortlist")
    for command in (
        ["index", str(HANDBOOK), "--index", index],
        ["search", "签名密钥怎么轮换？", "--index", index],
        ["context", "How long are backups kept?", "--index", index, "--budget", "200"],
    ):
        run(sys.executable, "-c", WITHOUT_NETWORK, *command)


def test_the_default_install_is_small() -> None:
    sizes = {name: installed_bytes(name) for name in closure("shortlist")}
    assert sum(sizes.values()) < LIMITS_MB["install"] * MB, sorted(sizes.items(), key=lambda item: -item[1])


def test_the_wheel_brings_all_it_needs_and_runs_in_an_environment_of_its_own(tmp_path: Path) -> None:
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
    run(*pip, "wheel", ROOT, "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path)
    [wheel] = tmp_path.glob("*.whl")
    assert wheel.stat().st_size < LIMITS_MB["wheel"] * MB
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "shortlist/py.typed",
        "shortlist/guide/guide.en.md",
        "shortlist/guide/guide.zh.md",
        "shortlist/models/default/config.json",
        "shortlist/models/default/tokenizer.json",
        "shortlist/models/default/model.onnx",
        "shortlist/models/default/shortlist_check.json",
        "shortlist/models/catalogue/models.toml",
        "/licenses/LICENSE",
        "/licenses/NOTICE",
    ):
        assert any(name.endswith(needed) for name in names), needed

    home = tmp_path / "environment"
    venv.create(home, with_pip=False)
    programs = home / ("Scripts" if sys.platform == "win32" else "bin")
    run(*pip, "--python", programs / "python", "install", "--no-deps", "--no-index", wheel)
    own = Path(run(programs / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    # The dependencies of this environment, since a test installs nothing from the network. A path in a .pth file
    # stands behind the environment's own packages, so `shortlist` is the wheel's.
    (own / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    found = run(programs / "python", "-c", "import shortlist.library; print(shortlist.library.__file__)").strip()
    assert Path(found).is_relative_to(own)

    shown = run(programs / "shortlist", "demo", "--part", "guide", COLUMNS="100")
    assert shown.count("what goes into the prompt") == 4
    assert "为什么检索之后还要再看第二遍？" in shown


def closure(root: str) -> set[str]:
    """A package and all that it needs, without extras."""
    names: set[str] = set()
    waiting = [root]
    while waiting:
        name = waiting.pop()
        if name.lower() in names:
            continue
        names.add(name.lower())
        wanted = [Requirement(line) for line in importlib.metadata.requires(name) or ()]
        waiting += [need.name for need in wanted if need.marker is None or need.marker.evaluate({"extra": ""})]
    return names


def installed_bytes(name: str) -> int:
    """Bytes of a package's files; of this one, of its source tree."""
    if name == "shortlist":
        return sum(path.stat().st_size for path in (ROOT / "src" / "shortlist").rglob("*") if path.is_file())
    files = importlib.metadata.files(name) or []
    paths = [Path(str(file.locate())) for file in files]
    return sum(path.stat().st_size for path in paths if path.is_file())
