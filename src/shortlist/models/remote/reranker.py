"""RemoteReranker: a rerank service behind the same port as a model of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from shortlist.errors import UsageError
from shortlist.models.judgement import Judgement
from shortlist.models.remote.address import Address, checked_url, key_of, shown_url
from shortlist.models.remote.call import AT_ONCE, Call
from shortlist.models.remote.post import Patience
from shortlist.models.remote.service import Service
from shortlist.models.remote.services import SERVICES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ServiceName: TypeAlias = Literal["cohere", "jina", "voyage", "tei", "vllm", "vllm-score"]


@dataclass(frozen=True, repr=False)
class RemoteReranker:
    """A reranker that somebody else runs. Making one sends nothing; scoring sends the query and the passages.

    Thread-safe: connections are shared by all of a process. It holds no key but the one given to it.

    Args:
        service: whose shape is spoken: "cohere", "jina" (and the gateways that speak it), "voyage", "tei", "vllm"
            (/rerank) or "vllm-score" (/score).
        url: where, if not at the service's own address; tei and vllm have none. An address without a path gets the
            service's own path, any other is taken as it is.
        model: whose scores; the service's usual one if not given. tei and vllm take the one they were started with.
        key: if not given, of the environment: COHERE_API_KEY, JINA_API_KEY, VOYAGE_API_KEY, TEI_API_KEY or
            VLLM_API_KEY. A hosted service's key goes from the environment to its own address only: for another
            address give it here.
        scale: of the scores, where this model's differ from the service's usual ("probability", "logit", "cosine").
        batch: the most passages in a request, where the server takes fewer or more than usual.
        patience: timeouts and repetitions.

    Raises:
        UsageError: an unknown service, no address, or one that is not http.
    """

    service: ServiceName
    url: str = ""
    model: str = ""
    key: str | None = None
    scale: str = ""
    batch: int | None = field(default=None, kw_only=True)
    patience: Patience = field(default_factory=Patience, kw_only=True)

    def __post_init__(self) -> None:
        known = SERVICES.get(self.service)
        if known is None:
            raise UsageError(f'There is no service "{self.service}". Known are: {", ".join(SERVICES)}.')
        if not (self.url or known.url):
            raise UsageError(
                f"{self.service} runs where you run it: give its address, such as {self.service}:http://localhost:8080 "
                f'or RemoteReranker("{self.service}", "http://localhost:8080").'
            )
        if self.batch is not None and self.batch < 1:
            raise UsageError(f"batch counts the passages of a request: at least 1, not {self.batch}.")
        object.__setattr__(self, "url", checked_url(self.service, self.url or known.url, known.path))
        object.__setattr__(self, "model", self.model or known.model)
        object.__setattr__(self, "scale", self.scale or known.scale)

    def __repr__(self) -> str:
        return f"RemoteReranker({self.service!r}, {shown_url(self.url)!r}, model={self.model!r}, scale={self.scale!r})"

    @property
    def name(self) -> str:
        """Service and model, and the host where it is not the service's own."""
        named = f"{self.service}:{self.model}" if self.model else self.service
        return named if self._at_home else f"{named}@{shown_url(self.url)}"

    @property
    def lanes(self) -> int:
        """Passages that are under way at once."""
        return self._service.documents * AT_ONCE

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """One score a passage, float32, in the order given; higher is better. The notes of `judge` are left out."""
        return self.judge(query, passages).scores

    def judge(self, query: str, passages: Sequence[str]) -> Judgement:
        """Scores, and notes on what was read in windows or what the service warned of.

        Equal passages are sent once. More than fit into a request go in several. A passage longer than the service
        reads is sent in overlapping windows and its best one counts: before, where the service would cut it without a
        word, or after the service has refused it.

        Raises:
            MissingExtra: httpx2 is not installed.
            QueryTooLong: the query leaves no room for a passage. It is never cut.
            ServiceError: the service refused, failed or answered nonsense; its children KeyRefused and
                ServiceUnavailable say which.
            UsageError: `passages` is one string.
        """
        import numpy as np

        if isinstance(passages, str):
            raise UsageError("Passages are a list of texts, not one text. Put it in a list: [passage]")
        call = Call(self._service, self._address, self.model, self.scale, query, self.patience)
        scores = call.scores(list(dict.fromkeys(passages)))
        return Judgement(np.array([scores[passage] for passage in passages], np.float32), call.notes())

    @property
    def _service(self) -> Service:
        known = SERVICES[self.service]
        return known if self.batch is None else replace(known, documents=self.batch)

    @property
    def _at_home(self) -> bool:
        known = SERVICES[self.service]
        return bool(known.url) and self.url == checked_url(self.service, known.url, known.path)

    @property
    def _address(self) -> Address:
        known = SERVICES[self.service]
        names = known.key_names if not known.url or self._at_home else ()
        return Address(self.service, self.url, key_of(self.key, names), names)
