"""Where a document may be cut, before anything is arranged."""

from __future__ import annotations

import pytest

from shortlist.chunk.cuts import Cut, cuts
from shortlist.records import Document

ENGLISH, CHINESE = "The key is rotated every year. ", "签名密钥每年轮换一次。"


@pytest.mark.parametrize("sentence", [ENGLISH, CHINESE])
@pytest.mark.parametrize("after", ["", "\n\nThe next paragraph."])
def test_every_sentence_of_the_first_paragraph_begins_a_cut(sentence: str, after: str) -> None:
    found = {place for place, kind in cuts(Document("d", sentence * 6 + after)) if kind == Cut.SENTENCE}
    assert found == {len(sentence) * n for n in range(1, 6)}
