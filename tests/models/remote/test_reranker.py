"""Each service's shape against a server on this machine, and each thing that can go wrong with one."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.models.remote.server import Answer, Asked, Says, Serve, Server
from tests.models.remote.shapes import ANSWERS, DOCUMENTS

from shortlist.errors import KeyRefused, QueryTooLong, ServiceError, ServiceUnavailable, UsageError
from shortlist.models.remote import SERVICES, Patience, RemoteReranker
from shortlist.models.remote.batches import weight

QUERY = "How is the key rotated? 如何轮换密钥"
QUICK = Patience(read_s=30, total_s=60, wait_s=0.01)  # only the waits: the machine may have other work
PASSAGES = [
    "The key is rotated.",
    "签名密钥每九十天轮换一次。",
    "",
    "Lunch is at noon 🍜",
    'quotes " \\ and \x00 \ud800',
]


def like(text: str) -> float:
    """A score that is a function of the passage alone, in [0, 1]."""
    return len(text) % 97 / 97


def texts_of(service: str, asked: Asked) -> list[str]:
    return asked.body[DOCUMENTS.get(service, "documents")]


def answering(service: str, score: Callable[[str], float] = like) -> Answer:
    return lambda asked: Says(ANSWERS[service]([score(text) for text in texts_of(service, asked)]))


def reranker(service: Any, server: Server, **options: Any) -> RemoteReranker:
    options.setdefault("patience", QUICK)
    return RemoteReranker(service, server.url, **options)


@pytest.mark.parametrize("service", SERVICES)
def test_scores_are_those_of_the_passages_in_the_order_given(service: str, serve: Serve) -> None:
    server = serve(answering(service))
    scores = reranker(service, server, key="k").score(QUERY, PASSAGES)
    assert scores.dtype == "float32"
    assert scores.tolist() == pytest.approx([like(text) for text in PASSAGES])
    assert server.asked[0].path == SERVICES[service].path


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("cohere", {"model": "rerank-v3.5", "query": "q", "documents": ["a", "b"]}),
        (
            "jina",
            {
                "model": "jina-reranker-v2-base-multilingual",
                "query": "q",
                "documents": ["a", "b"],
                "return_documents": False,
            },
        ),
        (
            "voyage",
            {
                "model": "rerank-2.5",
                "query": "q",
                "documents": ["a", "b"],
                "return_documents": False,
                "truncation": False,
            },
        ),
        ("tei", {"query": "q", "texts": ["a", "b"], "truncate": False, "raw_scores": True}),
        ("vllm", {"query": "q", "documents": ["a", "b"]}),
        ("vllm-score", {"text_1": "q", "text_2": ["a", "b"]}),
    ],
)
def test_a_request_has_the_services_shape_and_the_key_in_its_header_alone(
    service: str, expected: Any, serve: Serve
) -> None:
    server = serve(answering(service))
    reranker(service, server, key="top-secret").score("q", ["a", "b", "a"])
    [asked] = server.asked
    assert asked.body == expected
    assert asked.headers["authorization"] == "Bearer top-secret"
    assert b"top-secret" not in asked.raw


def test_the_model_asked_for_is_sent_and_named(serve: Serve) -> None:
    server = serve(answering("vllm"))
    model = reranker("vllm", server, model="bge-m3")
    model.score("q", ["a"])
    assert server.asked[0].body["model"] == "bge-m3"
    assert model.name == f"vllm:bge-m3@{server.url}/rerank"
    assert "authorization" not in server.asked[0].headers


def test_an_address_with_a_path_is_taken_as_it_is(serve: Serve) -> None:
    server = serve(answering("jina"))
    RemoteReranker("jina", f"{server.url}/gateway/rerank?tenant=1", patience=QUICK).score("q", ["a"])
    assert server.asked[0].path == "/gateway/rerank?tenant=1"


def test_scales_are_recorded_and_can_be_stated(serve: Serve) -> None:
    scales = {name: RemoteReranker(name, "http://x").scale for name in ("cohere", "jina", "voyage", "tei", "vllm")}
    assert scales == {
        "cohere": "probability",
        "jina": "score",
        "voyage": "probability",
        "tei": "logit",
        "vllm": "probability",
    }
    server = serve(answering("vllm", lambda _: 7.5))
    with pytest.raises(ServiceError, match=r"no probability.*scale="):
        reranker("vllm", server).score("q", ["a"])
    assert reranker("vllm", server, scale="logit").score("q", ["a"]).tolist() == [7.5]


def test_no_passages_send_nothing(serve: Serve) -> None:
    server = serve(answering("tei"))
    assert reranker("tei", server).score("q", []).tolist() == []
    assert server.asked == []


@pytest.mark.parametrize("service", SERVICES)
def test_many_passages_go_in_requests_that_the_service_takes(service: str, serve: Serve) -> None:
    server = serve(answering(service))
    passages = [f"{i} " + "x" * (i % 7) for i in range(70)]
    scores = reranker(service, server, batch=16).score("q", passages)
    assert scores.tolist() == pytest.approx([like(text) for text in passages])
    sizes = [len(texts_of(service, asked)) for asked in server.asked]
    assert sorted(sizes) == [6, 16, 16, 16, 16]


def test_a_server_is_asked_a_few_things_at_once(serve: Serve) -> None:
    right, lock = answering("tei"), threading.Lock()
    at_once = most = 0

    def answer(asked: Asked) -> Says:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.02)
        with lock:
            at_once -= 1
        return right(asked)

    reranker("tei", serve(answer), batch=1).score("q", [f"passage {i}" for i in range(40)])
    assert 1 < most <= 4


def test_a_request_is_bounded_in_bytes_too(serve: Serve) -> None:
    server = serve(answering("voyage"))
    passages = [f"{i}" + "密" * 30_000 for i in range(12)]  # 90 kB each
    reranker("voyage", server).score("q", passages)
    limit = SERVICES["voyage"].request_bytes
    assert len(server.asked) > 1
    assert all(sum(map(weight, asked.body["documents"])) <= limit for asked in server.asked)


# What a service may answer that is no answer


def said(message: str, status: int = 400) -> Says:
    return Says({"message": message}, status)


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (Says({"results": [{"index": 0, "relevance_score": 0.5}]}), "too few; document 1 has none"),
        (Says({"results": []}), "2 of 2 scores too few"),
        (Says({"results": [{"index": 2, "relevance_score": 0.5}]}), "document 2, but 2 were sent"),
        (Says({"results": [{"index": -1, "relevance_score": 0.5}]}), "document -1"),
        (Says({"results": [{"index": 0, "relevance_score": 0.5}] * 2}), "two scores for document 0"),
        (Says({"results": [{"index": True, "relevance_score": 0.5}]}), 'whole number as "index"'),
        (Says({"results": [{"index": "0", "relevance_score": 0.5}]}), 'whole number as "index"'),
        (Says({"results": [{"index": 0, "relevance_score": "high"}]}), 'no number as "relevance_score"'),
        (Says({"results": [{"index": 0, "score": 0.5}]}), 'no number as "relevance_score"'),
        (Says({"results": [{"index": 0, "relevance_score": None}]}), "no number"),
        (Says(raw=b'{"results": [{"index": 0, "relevance_score": NaN}]}'), "score nan"),
        (Says(raw=b'{"results": [{"index": 0, "relevance_score": -Infinity}]}'), "score -inf"),
        (Says(raw=b'{"results": [{"index": 0, "relevance_score": 1e999}]}'), "score inf"),
        (Says(raw=b'{"results": [{"index": 0, "relevance_score": 1' + b"0" * 400 + b"}]}"), "score inf"),
        (Says({"results": ["a", "b"]}), "a result that is no object"),
        (Says({"data": []}), 'a list named "results"'),
        (Says([]), 'a list named "results"'),
        (Says(None), 'a list named "results"'),
        (Says(raw=b'{"results": [{"index": 0, "rele'), "what is no JSON"),
        (Says(raw=b""), "what is no JSON"),
        (Says(raw=b"\xff\xfe\x00"), "what is no JSON"),
        (Says(raw=b"[" * 200_000), "what is no JSON"),
        (Says(raw=b"<html><style>p{}</style><body><h1>Welcome to nginx</h1></body></html>"), '"Welcome to nginx"'),
        (Says(raw=b"\x1b[2Jgone"), r'"\[2Jgone"'),  # the control character stays out of the terminal
        (said("model not found: rerank-v9", 404), "Is the address right"),
        (Says(status=302, headers={"location": "http://127.0.0.1:9/elsewhere"}), "status 302"),
        (said("documents must be strings", 422), "documents must be strings"),
        (Says({"error": {"message": "bad model", "type": "x"}}, 400), '"bad model"'),
        (Says({"error": "nothing to rank", "error_type": "Empty"}, 400), '"nothing to rank"'),
        (Says(raw=b"<html>402 Payment Required</html>", status=402), '"402 Payment Required"'),
    ],
)
def test_what_is_no_answer_is_an_error_that_says_what_came(says: Says, told: str, serve: Serve) -> None:
    server = serve(says)
    with pytest.raises(ServiceError, match=told):
        reranker("cohere", server).score("q", ["a", "b"])
    assert len(server.asked) == 1  # nothing of this gets better by being tried again


@pytest.mark.parametrize("score", [b"NaN", b"Infinity", b"-Infinity", b"1e400"])
def test_a_logit_is_a_finite_number(score: bytes, serve: Serve) -> None:
    server = serve(Says(raw=b'[{"index": 0, "score": ' + score + b"}]"))
    with pytest.raises(ServiceError, match="no number to rank by"):
        reranker("tei", server).score("q", ["a"])


@pytest.mark.parametrize("status", [401, 403])
def test_a_missing_key_is_asked_for_and_a_wrong_one_never_shown(status: int, serve: Serve) -> None:
    server = serve(lambda asked: said(f"invalid api key: {asked.headers.get('authorization')}", status))
    with pytest.raises(KeyRefused, match=r"key=… *"):
        reranker("cohere", server).score("q", ["a"])
    with pytest.raises(KeyRefused, match="VLLM_API_KEY"):
        reranker("vllm", server).score("q", ["a"])
    model = reranker("cohere", server, key="sk-12345")
    with pytest.raises(KeyRefused, match="the right one") as caught:
        model.score("q", ["a"])
    assert "sk-12345" not in f"{caught.value} {caught.value.data} {model!r} {model.name}"


def test_a_key_with_a_line_break_is_refused_without_being_shown(serve: Serve) -> None:
    server = serve(answering("cohere"))
    model = reranker("cohere", server, key="sk-1\r\nx: y")
    with pytest.raises(UsageError) as caught:
        model.score("q", ["a"])
    assert "sk-1" not in f"{caught.value} {model!r} {model.name}"
    assert server.asked == []
    reranker("cohere", server, key=" sk-1\n").score("q", ["a"])
    assert server.asked[0].headers["authorization"] == "Bearer sk-1"


def test_a_hosted_services_key_leaves_the_environment_for_its_own_address_only(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COHERE_API_KEY", "theirs")
    monkeypatch.setenv("TEI_API_KEY", "mine")
    server = serve(lambda asked: Says([] if "texts" in asked.body else {"results": []}))
    for service in ("cohere", "tei"):
        with pytest.raises(ServiceError, match="too few"):
            reranker(service, server).score("q", ["a"])
    assert [asked.headers.get("authorization") for asked in server.asked] == [None, "Bearer mine"]


def test_a_password_in_an_address_is_not_shown(serve: Serve) -> None:
    server = serve(said("no", 400))
    url = server.url.replace("http://", "http://ann:hunter2@") + "/x?token=hunter3"
    model = RemoteReranker("tei", url, patience=QUICK)
    with pytest.raises(ServiceError) as caught:
        model.score("q", ["a"])
    assert "hunter" not in f"{caught.value} {caught.value.data} {model.name} {model!r}"


# Failures that pass


@pytest.mark.parametrize("status", [408, 424, 429, 500, 502, 503, 504, 529])
def test_overload_and_failures_are_tried_again(status: int, serve: Serve) -> None:
    right = answering("cohere")
    server = serve(lambda asked: right(asked) if len(server.asked) == 3 else said("overloaded", status))
    assert reranker("cohere", server).score("q", ["a"]).tolist() == pytest.approx([like("a")])
    assert len(server.asked) == 3


def test_an_endless_failure_ends_and_says_how_often_it_was_tried(serve: Serve) -> None:
    server = serve(said("the GPU is on fire", 500))
    with pytest.raises(ServiceUnavailable, match=r'5 times.*500: "the GPU is on fire"') as caught:
        reranker("cohere", server).score("q", ["a"])
    assert len(server.asked) == 5
    assert isinstance(caught.value, ConnectionError)


def test_retry_after_is_honoured(serve: Serve) -> None:
    right = answering("cohere")
    busy = Says({"message": "slow down"}, 429, {"retry-after": "0.4"})
    server = serve(lambda asked: right(asked) if len(server.asked) == 2 else busy)
    start = time.monotonic()
    reranker("cohere", server).score("q", ["a"])
    assert time.monotonic() - start >= 0.4


@pytest.mark.parametrize("later", ["3600", "Fri, 31 Dec 2999 23:59:59 GMT", "999999999"])
def test_a_wait_beyond_the_total_is_not_begun(later: str, serve: Serve) -> None:
    server = serve(Says({"message": "quota"}, 429, {"retry-after": later}))
    with pytest.raises(ServiceUnavailable, match=r"asks to wait \d+ seconds"):
        reranker("cohere", server).score("q", ["a"])
    assert len(server.asked) == 1


@pytest.mark.parametrize("nonsense", ["soon", "-5", "1e9", "", "Wed, 01 Jan 2020 00:00:00 GMT", "²"])
def test_a_retry_after_that_says_nothing_changes_nothing(nonsense: str, serve: Serve) -> None:
    right = answering("cohere")
    busy = Says({"message": "slow down"}, 503, {"retry-after": nonsense.encode().decode("latin-1")})
    server = serve(lambda asked: right(asked) if len(server.asked) == 2 else busy)
    assert len(reranker("cohere", server).score("q", ["a"])) == 1


def test_a_server_that_does_not_answer_is_given_up_on(serve: Serve) -> None:
    server = serve(Says([], delay_s=60))
    patience = Patience(read_s=0.1, total_s=0.5, wait_s=0.01)
    start = time.monotonic()
    with pytest.raises(ServiceUnavailable, match="gave no answer"):
        reranker("tei", server, patience=patience).score("q", ["a"])
    assert time.monotonic() - start < 50


def test_a_server_that_drips_is_given_up_on() -> None:
    """Each byte comes in time, the answer never ends: the total counts."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:
        done = threading.Event()

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
                while not done.wait(0.05):
                    connection.sendall(b" ")

        thread = threading.Thread(target=drip)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        start = time.monotonic()
        try:
            with pytest.raises(ServiceUnavailable, match="had not ended"):
                RemoteReranker("tei", url, patience=Patience(read_s=60, total_s=0.4)).score("q", ["a"])
        finally:
            done.set()
            thread.join()
        assert time.monotonic() - start < 50


def test_a_connection_that_is_cut_is_tried_again(serve: Serve) -> None:
    right = answering("cohere")
    cut = Says(raw=b"{", headers={"content-length": "500", "connection": "close"})
    server = serve(lambda asked: right(asked) if len(server.asked) == 2 else cut)
    assert len(reranker("cohere", server).score("q", ["a"])) == 1


def test_nobody_at_the_address(serve: Serve) -> None:
    server = serve(answering("cohere"))
    server.close()
    with pytest.raises(ServiceUnavailable, match="ConnectError"):
        reranker("cohere", server).score("q", ["a"])


# Nothing is cut without a word


def keys(text: str) -> float:
    return text.count("key") / 100


def refusing(service: str, limit: int, message: str, status: int, score: Callable[[str], float] = keys) -> Answer:
    """A server that refuses texts of more than `limit` characters, as its kind does."""
    right = answering(service, score)

    def answer(asked: Asked) -> Says:
        return said(message, status) if max(map(len, texts_of(service, asked))) > limit else right(asked)

    return answer


@pytest.mark.parametrize(
    ("service", "message", "status"),
    [
        ("tei", "`inputs` must have less than 512 tokens. Given: 534", 413),
        ("vllm", "This model's maximum context length is 512 tokens.", 400),
        ("voyage", "The sum of tokens in the query and a document exceeds 32000 tokens", 400),
    ],
)
def test_a_passage_refused_as_too_long_is_read_in_windows(
    service: str, message: str, status: int, serve: Serve
) -> None:
    server = serve(refusing(service, 1000, message, status))
    long = "word " * 1500 + "key" + " word" * 1500
    judgement = reranker(service, server).judge("q", ["short", long, "key key"])
    assert judgement.scores.tolist() == pytest.approx([0, 0.01, 0.02])
    [note] = judgement.notes
    assert note.code == "remote-windows"
    assert note.data["passages"] == 1
    assert note.data["windows"] >= len(long) // 1000
    sent = {text for asked in server.asked for text in texts_of(service, asked) if len(text) <= 1000}
    assert all(any(long[i : i + 20] in text for text in sent) for i in range(0, len(long) - 20, 10))


def test_what_is_refused_does_not_change_the_score_of_its_neighbours(serve: Serve) -> None:
    server = serve(refusing("tei", 1000, "`inputs` must have less than 512 tokens. Given: 534", 413, like))
    passages = [f"{length} ".ljust(length, "x") for length in (100, 600, 800, 999, 1000, 1001, 1100, 1900, 5000)]
    model = reranker("tei", server)
    alone = [model.score("q", [passage])[0] for passage in passages]
    assert model.score("q", passages).tolist() == alone
    assert model.score("q", passages[::-1]).tolist() == alone[::-1]
    assert alone[:5] == pytest.approx([like(passage) for passage in passages[:5]])


@pytest.mark.parametrize(("service", "reads"), [("cohere", 4000), ("jina", 1000)])
def test_a_service_that_cuts_in_silence_is_sent_windows(service: str, reads: int, serve: Serve) -> None:
    server = serve(answering(service, lambda text: text.count("密") / 10))
    long = "文" * 20_000 + "密" + "文" * 20_000
    judgement = reranker(service, server).judge("问", ["短", long])
    assert judgement.scores.tolist() == pytest.approx([0, 0.1])
    assert [note.code for note in judgement.notes] == ["remote-windows"]
    assert all(len(text) + 1 <= reads for asked in server.asked for text in asked.body["documents"])


def test_too_many_texts_are_halved_not_their_texts(serve: Serve) -> None:
    right = answering("tei")

    def answer(asked: Asked) -> Says:
        few = len(asked.body["texts"]) <= 8
        return right(asked) if few else Says({"error": "batch size 32 > maximum allowed batch size 8"}, 413)

    server = serve(answer)
    judgement = reranker("tei", server).judge("q", PASSAGES * 2 + [f"passage {i}" for i in range(40)])
    assert len(judgement.scores) == 50
    assert judgement.notes == ()


def test_a_body_too_large_for_a_proxy_is_sent_in_parts(serve: Serve) -> None:
    right = answering("vllm")
    too_large = Says(raw=b"<html><h1>413 Request Entity Too Large</h1></html>", status=413)
    server = serve(lambda asked: right(asked) if len(asked.raw) < 2000 else too_large)
    judgement = reranker("vllm", server).judge("q", [f"{i} " + "x" * 700 for i in range(9)])
    assert judgement.scores.tolist() == pytest.approx([like(f"{i} " + "x" * 700) for i in range(9)])


def test_a_query_that_leaves_no_room_is_an_error_and_never_cut(serve: Serve) -> None:
    server = serve(said("inputs must have less than 512 tokens. Given: 900", 413))
    with pytest.raises(QueryTooLong):
        reranker("tei", server).score("why " * 500, ["a", "some passage " * 30])
    assert all(asked.body["query"] == "why " * 500 for asked in server.asked)
    asked = len(server.asked)
    with pytest.raises(QueryTooLong, match="tokens"):
        reranker("cohere", server).score("why " * 3000, ["a"])
    assert len(server.asked) == asked


def test_what_the_service_warns_of_is_a_note(serve: Serve) -> None:
    meta = {"warnings": ["document 0 was truncated\x1b[31m", 7]}
    server = serve(Says({"results": [{"index": 0, "relevance_score": 0.5}], "meta": meta}))
    judgement = reranker("cohere", server).judge("q", ["a"])
    assert [note.code for note in judgement.notes] == ["remote-warning"]
    assert "document 0 was truncated" in judgement.notes[0].message
    assert "\x1b" not in judgement.notes[0].message


# A value


def test_it_is_a_value_that_never_shows_its_key() -> None:
    model = RemoteReranker("cohere", key="sk-secret")
    assert model == RemoteReranker("cohere", key="sk-secret") != RemoteReranker("cohere", key="sk-secret", model="x")
    assert pickle.loads(pickle.dumps(model)) == model
    assert model.name == "cohere:rerank-v3.5"
    assert model.url == "https://api.cohere.com/v2/rerank"
    assert "sk-secret" not in repr(model)


@pytest.mark.parametrize(
    ("service", "url", "told"),
    [
        ("coherent", "", "no service"),
        ("tei", "", "give its address"),
        ("tei", "localhost:8080", "no address"),
        ("tei", "ftp://localhost", "no address"),
        ("tei", "http://", "no address"),
        ("tei", "http://ann:hunter2@[::1", "no address"),
        ("tei", "http://localhost:port", "no address"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_sent(service: Any, url: str, told: str) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        RemoteReranker(service, url)
    assert "hunter2" not in str(caught.value)


def test_one_text_is_no_list_and_a_batch_is_not_empty() -> None:
    with pytest.raises(UsageError, match="list"):
        RemoteReranker("tei", "http://localhost:9").score("q", "a passage")
    with pytest.raises(UsageError, match="batch"):
        RemoteReranker("tei", "http://localhost:9", batch=0)


def test_threads_share_one_object(serve: Serve) -> None:
    server = serve(answering("tei"))
    model = reranker("tei", server)
    found: dict[int, list[float]] = {}

    def ask(number: int) -> None:
        found[number] = model.score(f"q{number}", [f"{number} " + "x" * i for i in range(20)]).tolist()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(8):
        assert found[number] == pytest.approx([like(f"{number} " + "x" * i) for i in range(20)])
