"""Rerankers by a short name; what is none of them stays a path."""

from __future__ import annotations

import pytest
from tests.models.remote.server import Says, Serve

from shortlist.errors import UsageError
from shortlist.models import load_reranker
from shortlist.models.listwise import ListwiseReranker
from shortlist.models.remote import OpenAIChat, RemoteReranker
from shortlist.models.served import served_reranker
from shortlist.rerank import Rerank


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cohere:rerank-v3.5", RemoteReranker("cohere", model="rerank-v3.5")),
        ("voyage:", RemoteReranker("voyage")),
        ("tei:http://localhost:8080", RemoteReranker("tei", "http://localhost:8080")),
        ("vllm:BAAI/bge-m3@http://localhost:8000", RemoteReranker("vllm", "http://localhost:8000", "BAAI/bge-m3")),
        ("vllm-score:http://[::1]:8000/score", RemoteReranker("vllm-score", "http://[::1]:8000/score")),
        ("jina:@x/y@https://gate.way/v1/rerank", RemoteReranker("jina", "https://gate.way/v1/rerank", "@x/y")),
        (
            "llm:qwen3:8b@http://localhost:11434/v1",
            ListwiseReranker(OpenAIChat("qwen3:8b", "http://localhost:11434/v1")),
        ),
        ("llm:gpt-4o-mini", ListwiseReranker(OpenAIChat("gpt-4o-mini"))),
        ("default", None),
        ("cohere", None),
        ("models/reranker", None),
        ("BAAI/bge-reranker-base", None),
        ("C:\\models\\reranker", None),
        ("http://localhost:8080", None),
    ],
)
def test_names(name: str, expected: object, clean_environment: None) -> None:
    assert served_reranker(name) == expected


@pytest.mark.parametrize(
    "name", ["tei:", "tei:localhost:8080", "vllm:model", "llm:", "llm:m@http://", "llm:m@ftp://x", "cohere:htp://x/y"]
)
def test_a_name_without_what_it_needs_is_refused(name: str, clean_environment: None) -> None:
    with pytest.raises(UsageError):
        served_reranker(name)


def test_the_stage_takes_such_a_name(serve: Serve) -> None:
    server = serve(Says([{"index": 0, "score": -2.5}, {"index": 1, "score": 1.5}]))
    name = f"tei:{server.url}"
    assert load_reranker(name) == RemoteReranker("tei", server.url)
    ranking = Rerank(name)("q", ["a", "b"])
    assert [c.chunk.text for c in ranking] == ["b", "a"]
