"""CausalReranker: the logits of yes and no behind a prompt → one score a passage."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol

from shortlist.errors import ModelError, UsageError
from shortlist.models.causal.frame import Frame, only_token
from shortlist.models.causal.prompt import Prompt
from shortlist.models.judgement import Judgement
from shortlist.models.tokenizer import ModelTokenizer
from shortlist.records import Window

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class LanguageModel(Protocol):
    """A causal language model, as far as a reranker needs it."""

    def next_logits(self, texts: Sequence[Sequence[int]], tokens: Sequence[int]) -> NDArray[np.float32]:
        """The logits of these tokens as the one that follows each text: float32, shape (texts, tokens)."""
        ...


class CausalReranker:
    """A language model that is asked whether a passage answers the query. Thread-safe; pickled by how it was loaded.

    The score is logit(yes) - logit(no), whose sigmoid is the probability that the model itself gives to "yes" against
    "no"; for a model that was trained on yes alone, logit(yes). Each prompt is computed alone unless it was loaded with
    `batch_tokens`: a pair's score does not depend on the others.
    """

    scale: ClassVar[str] = "logit"
    lanes: ClassVar[int] = 1

    def __init__(
        self,
        name: str,
        model: LanguageModel,
        tokenizer: ModelTokenizer,
        prompt: Prompt,
        max_tokens: int,
        reload: Callable[[], CausalReranker] | None = None,
    ) -> None:
        self.name = name  # with the revision of its files
        self.max_tokens = max_tokens  # of a prompt: instruction, query and passage together
        self.tokenizer = tokenizer
        self.prompt = prompt
        self._model = model
        self._answers = [only_token(tokenizer, word) for word in (prompt.yes, prompt.no) if word]
        self._reload = reload

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Logits, float32, shape (passages,), in the order given; higher is better."""
        return self.judge(query, passages).scores

    def judge(self, query: str, passages: Sequence[str]) -> Judgement:
        """Scores, each with the window that it stands for.

        A passage longer than the prompt leaves room for is read in overlapping windows, and the best one counts. The
        query and the prompt are never cut. Equal passages are computed once.

        Raises:
            QueryTooLong: the query leaves a passage fewer than 16 tokens.
            ModelError: a score is not a finite number.
            UsageError: `passages` is one string.
        """
        import numpy as np

        if isinstance(passages, str):
            raise UsageError("Passages are a list of texts, not one text. Put it in a list: [passage]")
        frame = Frame.of(self.prompt, query, self.tokenizer, self.max_tokens)
        read = {passage: frame.parts(passage) for passage in dict.fromkeys(passages)}
        scores = iter(self._scores([part.ids for parts, _ in read.values() for part in parts]))
        best: dict[str, tuple[float, Window]] = {}
        for passage, (parts, tokens) in read.items():
            own = [next(scores) for _ in parts]
            part = parts[own.index(max(own))]
            best[passage] = max(own), Window(tokens, tokens, len(parts), part.start, part.end)
        return Judgement(
            np.array([best[passage][0] for passage in passages], np.float32),
            windows=tuple(best[passage][1] for passage in passages),
        )

    def _scores(self, prompts: Sequence[Sequence[int]]) -> list[float]:
        if not prompts:
            return []
        logits = self._model.next_logits(prompts, self._answers).astype("float64")
        scores: list[float] = (logits[:, 0] - logits[:, 1] if self.prompt.no else logits[:, 0]).tolist()
        if not all(map(math.isfinite, scores)):
            raise ModelError(
                f"{self.name} gave a score that is no finite number: its weights are damaged, or its precision is too "
                "low for them. Fetch it again, or load it in float32."
            )
        return scores

    def __reduce__(self) -> tuple[Callable[[], CausalReranker], tuple[()]]:
        if self._reload is None:
            raise TypeError(f"{self!r} was made by hand and has no path to be loaded from again.")
        return self._reload, ()

    def __repr__(self) -> str:
        return f"<CausalReranker {self.name}>"
