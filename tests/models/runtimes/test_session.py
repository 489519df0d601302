import os
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from threading import Lock, current_thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from shortlist.errors import ModelDamaged, ModelNotFound
from shortlist.models.runtimes.session import WORKER, Session, cores, run_each


def doubling() -> bytes:
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "two"], ["y"])],
        "doubling",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])],
        [numpy_helper.from_array(np.array([2], np.float32), "two")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return model.SerializeToString()


def test_a_graph_runs_from_bytes_and_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(doubling())
    for model in (doubling(), tmp_path / "model.onnx"):
        session = Session(model)
        assert (session.inputs, session.outputs) == (("x",), ("y",))
        assert session.run({"x": np.array([1, 4], np.float32)})[0].tolist() == [2, 8]


def test_what_is_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"nowhere\.onnx"):
        Session(tmp_path / "nowhere.onnx")
    (tmp_path / "cut.onnx").write_bytes(doubling()[:40])
    with pytest.raises(ModelDamaged, match=r"cut\.onnx"):
        Session(tmp_path / "cut.onnx")


def test_an_input_that_does_not_fit_is_an_error_of_ours() -> None:
    with pytest.raises(ModelDamaged, match="It takes x"):
        Session(doubling(), name="doubling").run({"x": np.array([1], np.int64)})


@given(st.lists(st.integers(), max_size=40))
@settings(deadline=None)
def test_results_come_in_the_order_of_the_items(items: list[int]) -> None:
    assert list(run_each(lambda item: item * 2, items)) == [item * 2 for item in items]


def test_items_are_drawn_as_they_are_needed() -> None:
    drawn: list[int] = []

    def endless() -> Iterator[int]:
        for item in count():
            drawn.append(item)
            yield item

    assert list(islice(run_each(lambda item: item, endless()), 5)) == [0, 1, 2, 3, 4]
    assert len(drawn) <= 5 + 3 * cores()


def test_no_more_threads_work_than_there_are_cores() -> None:
    working, most, lock = 0, 0, Lock()

    def work(_: int) -> None:
        nonlocal working, most
        with lock:
            working += 1
            most = max(most, working)
        sum(range(20_000))
        with lock:
            working -= 1

    list(run_each(work, range(100)))
    assert 1 <= most <= cores()


def test_work_inside_work_ends() -> None:
    assert [sum(inner) for inner in run_each(lambda n: list(run_each(abs, range(n))), range(50))] == [
        n * (n - 1) // 2 for n in range(50)
    ]


def test_an_exception_reaches_the_caller() -> None:
    def fail(item: int) -> int:
        if item == 3:
            raise KeyError(item)
        return item

    with pytest.raises(KeyError, match="3"):
        list(run_each(fail, range(10)))


def test_one_item_runs_in_the_callers_thread() -> None:
    assert list(run_each(lambda _: current_thread().name.startswith(WORKER), [0])) == [False]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_has_workers_of_its_own() -> None:
    list(run_each(abs, range(4)))
    child = os.fork()
    if child == 0:
        os._exit(0 if list(run_each(abs, range(4))) == [0, 1, 2, 3] else 1)
    assert os.waitpid(child, 0)[1] == 0
