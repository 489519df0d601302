"""Which script and, by it, which language a text is in: a guess that costs next to nothing."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from shortlist.text.fold import fold
from shortlist.text.function_words import function_words

Language: TypeAlias = Literal["en", "zh", "ja", "ko", "other"]

SAMPLE = 4000  # characters looked at, from the start
LETTERS_PER_WORD = 5
HAN = re.compile("[\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
KANA = re.compile("[\u3041-\u309f\u30a1-\u30fa\u30fd-\u30ff\u31f0-\u31ff]")
HANGUL = re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")
LETTER = re.compile(r"[^\W\d_]")
ENGLISH_LETTER = re.compile("[A-Za-z]")
WORD = re.compile("[a-z]+(?:'[a-z]+)?")


def han_share(text: str) -> float:
    """The share of Han characters among the letters of a text, in [0, 1]; 0 for a text without letters."""
    letters = len(LETTER.findall(text))
    return min(1.0, len(HAN.findall(text)) / letters) if letters else 0.0


def language(text: str) -> Language:
    """A guess at the language, from the scripts of the first 4,000 characters.

    "zh" and "ja" are told apart by kana. A Han character says about as much as an English word, so Chinese that is
    full of English names is "zh" still. Latin letters are "en" where a sentence's worth of them holds English function
    words, or where they are too few to tell; all else is "other", as is a text without letters.
    """
    sample = text[:SAMPLE]
    letters = len(LETTER.findall(sample))
    han, kana, hangul = (len(pattern.findall(sample)) for pattern in (HAN, KANA, HANGUL))
    latin = len(ENGLISH_LETTER.findall(sample))
    if latin / LETTERS_PER_WORD < max(han + kana, hangul):
        if hangul > han + kana:
            return "ko"
        return "ja" if kana * 10 > han else "zh"
    return "en" if latin * 10 > letters * 9 and _is_english(sample) else "other"


def _is_english(sample: str) -> bool:
    words = WORD.findall(fold(sample))
    known = sum(word.replace("'", "") in function_words() for word in words)
    return len(words) < 8 or known * 10 >= len(words)
