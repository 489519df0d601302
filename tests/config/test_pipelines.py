"""Pipelines are values: written and read, pickled and compared, they stay what they are."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import shortlist as sl
from shortlist.errors import UsageError
from shortlist.retrieve import Hybrid

Pipeline: TypeAlias = "sl.Pipeline[sl.Ranking] | sl.Pipeline[sl.Context]"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sl.Index]:
    with sl.Index.open(tmp_path_factory.mktemp("made") / "x.shortlist") as made:
        made.add(
            sl.Document("en", "Keys are rotated every ninety days."), sl.Document("zh", "签名密钥每九十天轮换一次。")
        )
        yield made


retrievers: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"depth": st.integers(1, 200)},
    optional={
        "method": st.sampled_from(["hybrid", "bm25", "dense"]),
        "fusion": st.sampled_from([sl.ZSum(), sl.ZSum(dense=2.0, bm25=0.0), sl.Rrf(), sl.Rrf(constant=10.0, bm25=0.5)]),
    },
)
looks = st.builds(
    sl.Rerank,
    model=st.sampled_from(["default", "org/model", "cohere:v3", "/models/m"]),
    depth=st.none() | st.integers(1, 100),
    blend=st.none() | st.floats(0, 1),
    windows=st.sampled_from(["best", "mean", 3]),
    threshold=st.none() | st.floats(0, 1),
    guard=st.booleans(),
)
packs = st.builds(
    sl.Pack,
    budget=st.integers(1, 9000),
    tokenizer=st.sampled_from(["default", "/模型/tokenizer.json"]),
    order=st.sampled_from(["best", "document"]),
    limit=st.none() | st.integers(1, 9),
)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_pipeline_that_is_written_is_read_as_the_same(index: sl.Index, data: st.DataObject) -> None:
    pipeline: Pipeline = sl.Pipeline(index.retrieve(**data.draw(retrievers)))
    for look in data.draw(st.lists(looks, max_size=3)):
        pipeline = pipeline >> look
    if data.draw(st.booleans()):
        pipeline = pipeline >> data.draw(packs)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "shortlist.toml"
        file.write_text('[pipeline.pack]\norder = "document"\n')
        sl.save_pipeline(pipeline, file)
        again = index.pipeline(file)
        assert again == pipeline
        assert repr(again) == repr(pipeline)
        sl.save_pipeline(again, Path(folder) / "again.toml")
        assert file.read_text() == (Path(folder) / "again.toml").read_text()
        assert sl.load_settings(file=file)["index"] == str(index.directory.path.absolute())


def test_an_index_in_the_folder_of_the_file_moves_with_it(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with sl.Index.open(tmp_path / "a/x.shortlist") as index:
        sl.save_pipeline(index.retrieve() >> sl.Rerank(), tmp_path / "a/shortlist.toml")
    (tmp_path / "a").rename(tmp_path / "b")
    assert sl.load_settings(file=tmp_path / "b/shortlist.toml")["index"] == str(tmp_path / "b/x.shortlist")


def test_a_pickled_pipeline_is_equal_and_answers_the_same(index: sl.Index) -> None:
    find = index.retrieve(depth=5) >> sl.Rerank() >> sl.Pack(budget=50)
    again = pickle.loads(pickle.dumps(find))
    assert again == find
    assert hash(again.retriever.directory) == hash(index.directory)
    assert repr(again) == repr(find)
    assert again("签名密钥怎么轮换?") == find("签名密钥怎么轮换?")
    assert again != (index.retrieve(depth=6) >> sl.Rerank() >> sl.Pack(budget=50))


def test_another_process_can_unpickle_it(index: sl.Index, tmp_path: Path) -> None:
    (tmp_path / "find.pickle").write_bytes(pickle.dumps(index.retrieve(depth=5) >> sl.Pack(budget=50)))
    program = "import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb'))('keys').passages[0].doc_id)"
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "find.pickle")], capture_output=True, check=True
    )
    assert ran.stdout.decode().strip() == "en"


def test_what_no_file_can_hold_is_refused(index: sl.Index, tmp_path: Path) -> None:
    def elsewhere(query: str, *, where: str | None = None) -> sl.Ranking:
        return sl.Ranking(query)

    class Mine:
        def count(self, text: str) -> int:
            return len(text)

    for pipeline, said in (
        (index.retrieve() >> sl.Pack(tokenizer=Mine()), "Pack.tokenizer=.*cannot be written"),
        (sl.Pipeline[sl.Ranking](elsewhere), "index.retrieve"),
        (Hybrid(index.directory, index.encoder, pool=7) >> sl.Rerank(), "another pool"),
    ):
        with pytest.raises(UsageError, match=said):
            sl.save_pipeline(pipeline, tmp_path / "shortlist.toml")
    assert not (tmp_path / "shortlist.toml").exists()


def test_a_value_that_a_stage_refuses_is_named_with_its_file(index: sl.Index, tmp_path: Path) -> None:
    file = tmp_path / "shortlist.toml"
    file.write_text("[pipeline.pack]\nbudget = -1\n")
    with pytest.raises(UsageError, match=r"A budget is .*In pipeline\.pack, from: .*shortlist\.toml"):
        index.pipeline(file)
