"""How each family of models was trained to be asked. The wording is the models' own: another one costs quality."""

from __future__ import annotations

import re
from dataclasses import dataclass

BLANK = re.compile(r"\{(query|instruction)\}")
SPECIAL = re.compile(r"<\|\w+\|>|<\w+>")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question about one query and one passage: before + lead + passage + after.

    Pieces are tokenised one by one, the lead together with the passage, as the models' own code does. A piece that is
    nothing but a special token ("<|im_start|>") becomes that token; in a query or a passage the same letters are text.
    "{query}" and "{instruction}" may stand in `before` and `lead`.
    """

    before: tuple[str, ...]
    lead: str
    after: tuple[str, ...]  # never cut: without its end a model does not know that it is its turn
    yes: str  # one token
    no: str = ""  # one token; empty: the score is the logit of `yes` alone
    instruction: str = ""  # what counts as an answer, for models that read one

    def filled(self, piece: str, query: str) -> str:
        """A piece with this query in it. What stands in the query is not filled again."""
        return BLANK.sub(lambda blank: query if blank[1] == "query" else self.instruction, piece)


# Qwen/Qwen3-Reranker-0.6B, -4B, -8B: README.md of the models.
QWEN3 = Prompt(
    before=(
        "<|im_start|>",
        "system\nJudge whether the Document meets the requirements based on the Query and the Instruct provided. "
        'Note that the answer can only be "yes" or "no".',
        "<|im_end|>",
        "\n",
        "<|im_start|>",
        "user\n",
    ),
    lead="<Instruct>: {instruction}\n<Query>: {query}\n<Document>: ",
    after=("<|im_end|>", "\n", "<|im_start|>", "assistant\n<think>\n\n</think>\n\n"),
    yes="yes",
    no="no",
    instruction="Given a web search query, retrieve relevant passages that answer the query",
)

# BAAI/bge-reranker-v2-gemma: FlagEmbedding, inference/reranker/decoder_only/base.py.
BGE_GEMMA = Prompt(
    before=("<bos>", "A: {query}", "\n"),
    lead="B: ",
    after=(
        "\n",
        "Given a query A and a passage B, determine whether the passage contains an answer to the query by providing "
        "a prediction of either 'Yes' or 'No'.",
    ),
    yes="Yes",
)

PROMPTS = {"qwen3": QWEN3, "gemma": BGE_GEMMA}  # by `model_type` of config.json
