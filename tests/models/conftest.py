from collections.abc import Iterator

import pytest
from tests.models.remote.server import Answer, Says, Serve, Server


@pytest.fixture
def serve(clean_environment: None) -> Iterator[Serve]:
    """Start a service; it ends with the test."""
    servers: list[Server] = []

    def start(answer: Answer | Says) -> Server:
        servers.append(Server(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the keys and proxies of whoever runs the tests."""
    for service in ("COHERE", "CO", "JINA", "VOYAGE", "TEI", "VLLM", "OPENAI"):
        monkeypatch.delenv(f"{service}_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
