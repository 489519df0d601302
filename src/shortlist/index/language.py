"""Which language a document is in, as far as its letters say."""

from __future__ import annotations

import re

SAMPLE = 20_000  # code points that are looked at
HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U000323af]")
KANA_OR_HANGUL = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
LATIN = re.compile(r"[A-Za-z]+")


def language_of(text: str) -> str:
    """ "zh" for Han, "en" for Latin letters, "zh+en" where both are common, "" for anything else.

    A Latin word counts like a Han character; a tenth of either makes it common.
    """
    sample = text[:SAMPLE]
    han, latin = len(HAN.findall(sample)), len(LATIN.findall(sample))
    if len(KANA_OR_HANGUL.findall(sample)) * 2 > han + latin or not han + latin:
        return ""
    share = han / (han + latin)
    return "zh" if share > 0.9 else "en" if share < 0.1 else "zh+en"
