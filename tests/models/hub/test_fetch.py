import hashlib
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.golden.small_models import PASSAGES, QUERY, config, save_model
from tests.models.hub.server import FakeHub

from shortlist.errors import FetchFailed, ModelNotFound, UnknownArchitecture, UsageError
from shortlist.models import load_cross_encoder, load_encoder, load_tokenizer
from shortlist.models.hub import fetch, fetched, locate
from shortlist.models.hub.cache import hub_name
from shortlist.models.hub.transfer import PIECE, Hub

NAME = "house/reranker"
LARGE_WEIGHTS = bytes(range(256)) * (PIECE // 64)
CUT = 3 * PIECE  # bytes that arrive before a fault
FETCH = "import sys; from shortlist.models.hub import fetch; fetch(sys.argv[1])"


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("models") / "reranker", config("bert"))


def test_a_fetched_model_is_used_by_its_name_without_the_hub(hub: FakeHub, directory: Path) -> None:
    commit = hub.push_directory(NAME, directory)
    got = fetch(NAME)
    assert (got.name, got.commit, got.pinned) == (NAME, commit, True)
    asked = len(hub.asked)
    model = load_cross_encoder(NAME)
    assert model.name == NAME
    assert model.score(QUERY, PASSAGES).tobytes() == load_cross_encoder(directory).score(QUERY, PASSAGES).tobytes()
    assert load_tokenizer(NAME).ids(QUERY) == model.tokenizer.ids(QUERY)
    assert [each.name for each in fetched()] == [NAME]
    assert len(hub.asked) == asked


def test_what_was_not_fetched_is_an_error_that_names_the_command(hub: FakeHub, directory: Path) -> None:
    hub.push_directory(NAME, directory)
    for load in (load_cross_encoder, load_encoder):
        with pytest.raises(ModelNotFound, match=f"shortlist models fetch {NAME}$"):
            load(NAME)
    assert hub.asked == []
    assert fetched() == []


def test_a_path_that_exists_is_no_name(hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_model(tmp_path / "house" / "reranker", config("bert"))
    monkeypatch.chdir(tmp_path)
    assert locate(NAME) == tmp_path / NAME


def test_only_what_is_needed_comes_and_never_a_program(hub: FakeHub, directory: Path) -> None:
    more = {
        "modeling_x.py": b"raise SystemExit",
        "pytorch_model.bin": b"pickle",
        "README.md": b"#",
        "onnx/model.onnx": b"",
    }
    hub.push_directory(NAME, directory, more)
    got = fetch(NAME)
    names = {file.relative_to(got.path).as_posix() for file in Path(got.path).rglob("*")}
    assert names == {"config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"}
    assert set(hub.files_sent()) == names


@pytest.mark.parametrize("stated", [{"model_type": "odd"}, {"auto_map": {"AutoModel": "modeling_x.X"}}])
def test_where_no_graph_is_built_here_the_exported_one_comes_with_all_its_weights(
    hub: FakeHub, directory: Path, tmp_path: Path, stated: dict[str, object]
) -> None:
    other = save_model(tmp_path / "other", config("bert") | stated)
    hub.push_directory(
        NAME, other, {**exported(tmp_path), "onnx/model_quantized.onnx": b"", "onnx/tokenizer.json": b""}
    )
    fetch(NAME)
    names = [name for name in hub.files_sent() if not name.endswith(".json")]
    assert names == ["onnx/model.onnx", "onnx/Constant_7_attr__value", "onnx/model.onnx_data"]
    assert load_cross_encoder(NAME).score(QUERY, PASSAGES).tolist() == [0.75] * len(PASSAGES)


def exported(folder: Path) -> dict[str, bytes]:
    """An ONNX model that gives 0.75, from an initializer and a constant, both kept in files of their own."""
    onnx: Any = importlib.import_module("onnx")
    external: Any = importlib.import_module("onnx.external_data_helper")
    helper, make = onnx.helper, onnx.numpy_helper.from_array
    half, quarter = make(np.array([0.5], np.float32), "half"), make(np.array([0.25], np.float32), "quarter")
    graph = helper.make_graph(
        [
            helper.make_node("Constant", [], ["quarter"], value=quarter),
            helper.make_node("Add", ["half", "quarter"], ["sum"]),
            helper.make_node("Identity", ["sum"], ["logits"]),
        ],
        "exported",
        [helper.make_tensor_value_info("input_ids", onnx.TensorProto.INT64, [1, "tokens"])],
        [helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, [1])],
        [half],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    external.set_external_data(model.graph.initializer[0], "model.onnx_data")
    external.set_external_data(model.graph.node[0].attribute[0].t, "Constant_7_attr__value")
    onnx.save(model, folder / "model.onnx")
    names = ("model.onnx", "model.onnx_data", "Constant_7_attr__value")
    return {f"onnx/{name}": (folder / name).read_bytes() for name in names}


def test_what_nothing_here_runs_is_refused_before_its_weights_come(hub: FakeHub, tmp_path: Path) -> None:
    other = save_model(tmp_path / "other", config("bert") | {"model_type": "new", "auto_map": {}})
    hub.push_directory(NAME, other)
    with pytest.raises(UnknownArchitecture, match='"new", by code that comes with it and is never run'):
        fetch(NAME)
    assert "model.safetensors" not in hub.files_sent()


def test_a_causal_model_comes_as_it_is(hub: FakeHub, tmp_path: Path) -> None:
    other = save_model(
        tmp_path / "other", config("bert") | {"model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"]}
    )
    hub.push_directory(NAME, other)
    assert (Path(fetch(NAME).path) / "model.safetensors").is_file()


def test_a_tokenizer_comes_without_the_weights(hub: FakeHub, directory: Path) -> None:
    hub.push_directory(NAME, directory)
    with pytest.raises(ModelNotFound, match=f"shortlist models fetch {NAME} --tokenizer$"):
        load_tokenizer(NAME)
    fetch(NAME, tokenizer_only=True)
    assert "model.safetensors" not in hub.files_sent()
    assert load_tokenizer(NAME).count("the key") == 2
    with pytest.raises(ModelNotFound, match=r"in part.*model\.safetensors.*models fetch"):
        load_cross_encoder(NAME)
    fetch(NAME)
    assert load_cross_encoder(NAME).name == NAME


def test_a_model_that_is_here_stays_when_its_tokenizer_is_asked_for(hub: FakeHub, directory: Path) -> None:
    first = hub.push_directory(NAME, directory)
    fetch(NAME)
    hub.push_directory(NAME, directory, {"special_tokens_map.json": b"{}"})
    assert fetch(NAME, tokenizer_only=True).commit == first
    assert locate(NAME).name == first


def test_a_model_in_parts_comes_whole(hub: FakeHub, directory: Path) -> None:
    files = {file.name: file.read_bytes() for file in directory.iterdir()}
    whole = files.pop("model.safetensors")
    names = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    index = json.dumps({"weight_map": dict(zip("ab", names, strict=True))})
    files |= {names[0]: whole, names[1]: whole[::-1], "model.safetensors.index.json": index.encode()}
    hub.push_directory(NAME, directory.parent / "nothing", files)
    got = fetch(NAME)
    (Path(got.path) / names[1]).unlink()
    with pytest.raises(ModelNotFound, match=f"fetched in part.*{names[1]}.*models fetch"):
        locate(NAME)
    fetch(NAME)
    assert (Path(got.path) / names[1]).read_bytes() == whole[::-1]


@pytest.mark.parametrize("index", ['{"weight_map": {"a": "../../evil.safetensors"}}', '{"weight_map": {}}', "[]"])
def test_a_list_of_parts_that_leads_elsewhere_is_refused(hub: FakeHub, directory: Path, index: str) -> None:
    files = {file.name: file.read_bytes() for file in directory.iterdir() if file.suffix == ".json"}
    hub.push_directory(NAME, directory.parent / "nothing", {**files, "model.safetensors.index.json": index.encode()})
    with pytest.raises(Exception, match="Fetch the model again"):
        fetch(NAME)
    assert not any("evil" in each.path for each in hub.asked)


def test_a_revision_is_pinned_and_main_moves_only_when_asked(hub: FakeHub, directory: Path) -> None:
    first = hub.push_directory(NAME, directory)
    hub.push_directory(NAME, directory, branch="v1")
    assert fetch(NAME).commit == first
    second = hub.push_directory(NAME, directory, {"special_tokens_map.json": b"{}"})
    assert locate(NAME).name == first
    assert fetch(f"{NAME}@v1").commit == fetch(f"{NAME}@{first}").commit == first
    assert fetch(NAME).commit == locate(NAME).name == second
    assert locate(f"{NAME}@v1").name == locate(f"{NAME}@{first}").name == first
    assert {each.name for each in fetched()} == {NAME, f"{NAME}@v1", f"{NAME}@{first}"}
    assert len([name for name in hub.files_sent() if name == "model.safetensors"]) == 1  # the same bytes, sent once


def test_a_second_fetch_sends_no_file(hub: FakeHub, directory: Path) -> None:
    hub.push_directory(NAME, directory)
    fetch(NAME)
    sent = hub.files_sent()
    fetch(NAME)
    assert hub.files_sent() == sent


def test_a_killed_fetch_goes_on_where_it_stopped(hub: FakeHub, directory: Path, tmp_path: Path) -> None:
    hub.push_directory(NAME, directory, {"model.safetensors": LARGE_WEIGHTS})
    hub.stall_after = CUT
    process = subprocess.Popen([sys.executable, "-c", FETCH, NAME])
    assert hub.stalled.wait(60)
    held = wait_for_bytes(tmp_path / "cache")
    process.send_signal(signal.SIGKILL)
    process.wait()
    hub.stall_after = None
    with pytest.raises(ModelNotFound, match="models fetch"):
        locate(NAME)
    told: list[tuple[int, int, str]] = []
    got = fetch(NAME, on_progress=lambda here, total, file: told.append((here, total, file)))
    assert [each.range for each in hub.asked if each.host == "store"][-1] == f"bytes={held}-"
    assert (Path(got.path) / "model.safetensors").read_bytes() == LARGE_WEIGHTS
    assert told[0] == (held, len(LARGE_WEIGHTS), "model.safetensors")
    assert told[-1] == (len(LARGE_WEIGHTS), len(LARGE_WEIGHTS), "model.safetensors")


def test_a_connection_that_breaks_is_taken_up_again(hub: FakeHub, directory: Path) -> None:
    hub.push_directory(NAME, directory, {"model.safetensors": LARGE_WEIGHTS})
    hub.cut_after = CUT
    got = fetch(NAME)
    assert (Path(got.path) / "model.safetensors").read_bytes() == LARGE_WEIGHTS
    assert [each.range for each in hub.asked if each.host == "store"][-1] == f"bytes={CUT}-"


@pytest.mark.parametrize("held", [b"", b"x" * 100, b"x" * 10_000_000])
def test_a_server_that_ignores_ranges_begins_anew(hub: FakeHub, directory: Path, tmp_path: Path, held: bytes) -> None:
    hub.push_directory(NAME, directory)
    hub.ignore_ranges = True
    content = (directory / "model.safetensors").read_bytes()
    blobs = tmp_path / "cache" / "models--house--reranker" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{hashlib.sha256(content).hexdigest()}.incomplete").write_bytes(held)
    assert (Path(fetch(NAME).path) / "model.safetensors").read_bytes() == content


def test_a_hub_that_states_no_lengths_of_small_files_will_do(hub: FakeHub, directory: Path) -> None:
    hub.push_directory(NAME, directory, {"special_tokens_map.json": b""})
    hub.no_lengths = True
    path = Path(fetch(NAME).path)
    for file in directory.iterdir():
        assert (path / file.name).read_bytes() == file.read_bytes()
    assert (path / "special_tokens_map.json").read_bytes() == b""


def test_bytes_that_are_not_those_announced_are_refused(hub: FakeHub, directory: Path) -> None:
    hub.push_directory(NAME, directory)
    hub.spoil = True
    with pytest.raises(FetchFailed, match="arrived damaged"):
        fetch(NAME)
    with pytest.raises(ModelNotFound, match="models fetch"):
        locate(NAME)
    hub.spoil = False
    fetch(NAME)


def test_a_token_goes_to_the_hub_and_not_to_the_store(
    hub: FakeHub, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.push_directory(NAME, directory)
    hub.repositories[NAME].gated = True
    with pytest.raises(FetchFailed, match=r"accepted its terms.*HF_TOKEN"):
        fetch(NAME)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    fetch(NAME)
    assert [each.authorized for each in hub.asked if each.host == "store"] == [False]


@pytest.mark.parametrize(
    ("endpoint", "refused"),
    [
        ("http://mirror.example", True),
        ("http://127.0.0.1.mirror.example:8080", True),
        ("http://[::1]:8080", False),
        ("http://localhost:8080", False),
        ("http://127.0.0.1:8080", False),
        ("https://mirror.example", False),
    ],
)
def test_a_token_travels_encrypted_or_not_at_all(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, endpoint: str, refused: bool
) -> None:
    name = hub_name(NAME)
    assert name is not None
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    Hub(name)  # without a token any will do
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with pytest.raises(UsageError, match=r"unencrypted.*https") if refused else nullcontext():
        Hub(name)


@pytest.mark.parametrize(
    ("name", "error", "match"),
    [
        ("house/nothing", ModelNotFound, "has no model house/nothing"),
        (f"{NAME}@v9", ModelNotFound, f"{NAME} has no revision v9"),
        ("no-name", UsageError, "is no name of the hub"),
        ("../../etc/passwd", UsageError, "is no name of the hub"),
        ("a/..", UsageError, "is no name of the hub"),
        ("-o/x", UsageError, "is no name of the hub"),
    ],
)
def test_a_name_that_the_hub_does_not_know(
    hub: FakeHub, directory: Path, name: str, error: type[Exception], match: str
) -> None:
    hub.push_directory(NAME, directory)
    with pytest.raises(error, match=match):
        fetch(name)
    assert not list(Path(os.environ["HF_HUB_CACHE"]).rglob("config.json"))


@pytest.mark.parametrize("status", [500, 503, 403, 429])
def test_a_hub_out_of_order_is_a_clear_error(hub: FakeHub, status: int) -> None:
    hub.status = status
    with pytest.raises(FetchFailed, match=str(status)):
        fetch(NAME)


@pytest.mark.parametrize(
    "body", [b"<html>Log in first</html>", b'{"id": "house/rer', b"[]", b"{}", b'{"sha": "../.."}', b""]
)
def test_what_is_no_hub_is_a_clear_error(hub: FakeHub, body: bytes) -> None:
    hub.body = body
    with pytest.raises(FetchFailed, match=r"as a hub does.*HF_ENDPOINT"):
        fetch(NAME)


def test_a_cache_that_cannot_be_written_is_a_clear_error(
    hub: FakeHub, directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.push_directory(NAME, directory)
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "file"))
    with pytest.raises(FetchFailed, match=r"cannot be written.*HF_HUB_CACHE="):
        fetch(NAME)


def test_fetches_at_once_send_each_file_once(hub: FakeHub, directory: Path) -> None:
    hub.push_directory(NAME, directory)
    with ThreadPoolExecutor(4) as pool:
        paths = {got.path for got in pool.map(fetch, [NAME] * 4)}
    assert len(paths) == 1
    assert load_cross_encoder(NAME).name == NAME
    assert sorted(hub.files_sent()) == sorted(set(hub.files_sent()))


def test_a_hub_that_does_not_answer_is_given_up(hub: FakeHub) -> None:
    hub.hang = True
    program = f"import shortlist.models.hub as hub\ntry: hub.fetch({NAME!r})\nexcept Exception as error: print(error)"
    env = {**os.environ, "HF_HUB_ETAG_TIMEOUT": "1"}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=30)
    assert "did not answer for the list of its files" in done.stdout
    assert "HF_ENDPOINT=" in done.stdout


def test_no_hub_at_all_is_a_clear_error(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(FetchFailed, match=r"did not answer.*HF_ENDPOINT="):
        fetch(NAME)


def test_offline_means_that_nothing_is_asked(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(FetchFailed, match="HF_HUB_OFFLINE"):
        fetch(NAME)
    assert hub.asked == []


def test_the_hub_is_asked_through_the_proxy_that_is_set(hub: FakeHub, directory: Path) -> None:
    """The fake hub stands in for the proxy: it is given whole addresses, which it does not know."""
    proxy = {"HTTP_PROXY": hub.url, "http_proxy": hub.url, "NO_PROXY": "", "no_proxy": ""}
    env = {**os.environ, **proxy, "HF_ENDPOINT": "http://hub.invalid", "HF_HUB_DISABLE_TELEMETRY": "1"}
    subprocess.run([sys.executable, "-c", FETCH, NAME], env=env, capture_output=True, check=False)
    assert [each.path for each in hub.asked] == [f"http://hub.invalid/api/models/{NAME}/revision/main"]


@pytest.mark.parametrize(
    ("removed", "added", "match"),
    [
        ("tokenizer.json", {"sentencepiece.bpe.model": b""}, r"no tokenizer\.json.*save_pretrained"),
        ("config.json", {}, r"no config\.json"),
        ("model.safetensors", {}, "no weights"),
        ("model.safetensors", {"pytorch_model.bin": b"pickle"}, "pickle.*never fetched"),
    ],
)
def test_a_model_that_lacks_a_file_is_refused_with_the_reason(
    hub: FakeHub, directory: Path, removed: str, added: dict[str, bytes], match: str
) -> None:
    hub.push_directory(NAME, directory, added)
    [files] = hub.repositories[NAME].commits.values()
    del files[removed]
    with pytest.raises(ModelNotFound, match=match):
        fetch(NAME)
    with pytest.raises(ModelNotFound):
        locate(NAME)


def test_models_that_other_tools_fetched_are_found(hub: FakeHub, directory: Path) -> None:
    hub.push_directory(NAME, directory)
    program = (
        "import huggingface_hub, sys\nfor name in sys.argv[2:]: huggingface_hub.hf_hub_download(sys.argv[1], name)"
    )
    names = [file.name for file in directory.iterdir()]
    subprocess.run([sys.executable, "-c", program, NAME, *names], check=True)
    [held] = fetched()
    assert (held.name, held.pinned) == (NAME, False)
    assert load_cross_encoder(NAME).score(QUERY, PASSAGES).shape == np.shape(PASSAGES)


def test_other_tools_find_what_was_fetched_and_keep_their_own_branch(hub: FakeHub, directory: Path) -> None:
    first = hub.push_directory(NAME, directory)
    fetch(NAME)
    program = (
        "import huggingface_hub, sys\n"
        "print(huggingface_hub.hf_hub_download(sys.argv[1], 'config.json', local_files_only=True))"
    )
    found = subprocess.run([sys.executable, "-c", program, NAME], check=True, capture_output=True, text=True).stdout
    assert Path(found.strip()).parent.name == first
    hub.push_directory(NAME, directory, {"special_tokens_map.json": b"{}"})
    fetch(NAME)
    assert (
        subprocess.run([sys.executable, "-c", program, NAME], check=True, capture_output=True, text=True).stdout
        == found
    )


def wait_for_bytes(cache: Path) -> int:
    """The length of the unfinished file, as soon as it has one."""
    for _ in range(600):
        if any(file.stat().st_size for file in cache.rglob("*.incomplete")):
            break
        time.sleep(0.05)
    [size] = [file.stat().st_size for file in cache.rglob("*.incomplete")]
    return size
