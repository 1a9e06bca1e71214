"""The two derived forms of a text: folded (for search and uniqueness) and the sort key (for order by name).

Both are made here, by the writer, and stored; SQL never folds (D3). `fold` is NFKC, case folded, trimmed, with runs of
blanks made one. `sort_key` puts Chinese characters in the order of their pinyin among Latin words, as address books do.

The readings are a table of our own (`data/pinyin.txt`, one common reading for each character of the Unihan blocks that
names are written in), 58 KB in memory once it is needed: every web process writes records, and pypinyin with its
phrase dictionary would triple such a process (see docs/decisions/pinyin.md).
"""

import unicodedata
from array import array
from functools import lru_cache
from importlib import resources
from typing import Final

_FIRST: Final = 0x3400
_LAST: Final = 0x9FFF

# Readings that a whole name settles: leading surnames whose common reading is another, and a few places.
_LEADING: Final = {
    **{"曾": "zeng1", "仇": "qiu2", "覃": "qin2", "翟": "zhai2", "尉迟": "yu4 chi2"},
    **{"重庆": "chong2 qing4", "厦门": "xia4 men2", "单县": "shan4 xian4", "乐清": "yue4 qing1"},
    **{"长春": "chang2 chun1", "长沙": "chang2 sha1", "长安": "chang2 an1"},
    **{"长江": "chang2 jiang1", "长城": "chang2 cheng2"},
}


def fold(text: str) -> str:
    """The folded form: two texts that people take for the same are equal in it. Empty for blanks only."""
    if text.isascii():
        return " ".join(text.lower().split())
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


def sort_key(text: str) -> str:
    """The key by which texts are ordered (by code points) as people expect of names.

    Equal readings are told apart by the characters, so that the order is the same every time.
    """
    folded = fold(text)
    if folded.isascii():
        return folded
    readings = _readings()
    parts: list[str] = []
    rest = folded
    for length in (2, 1):
        if folded[:length] in _LEADING:
            parts.append(f"{_LEADING[folded[:length]]} ")
            rest = folded[length:]
            break
    for character in rest:
        code = ord(character)
        reading = readings.of(code) if _FIRST <= code <= _LAST else ""
        parts.append(f"{reading} " if reading else character)
    return "".join(parts) + "\x01" + folded


class _Readings:
    """One syllable number for each code point, and the syllables."""

    def __init__(self, lines: list[str]) -> None:
        self.syllables = [""]
        self.numbers = array("H", bytes(2 * (_LAST - _FIRST + 1)))
        for line in lines:
            syllable, characters = line.split(" ")
            self.syllables.append(syllable)
            for character in characters:
                if _FIRST <= ord(character) <= _LAST:
                    self.numbers[ord(character) - _FIRST] = len(self.syllables) - 1

    def of(self, code: int) -> str:
        return self.syllables[self.numbers[code - _FIRST]]


@lru_cache(maxsize=1)
def _readings() -> _Readings:
    text = (resources.files("engines.form") / "data" / "pinyin.txt").read_text(encoding="utf-8")
    return _Readings(text.splitlines())
