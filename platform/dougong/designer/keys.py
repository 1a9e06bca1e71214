"""Keys from labels: pinyin of Chinese characters, words of Latin ones, unique and within the length."""

import re
from collections.abc import Collection
from typing import Final

from engines.form.compile import RESERVED
from engines.form.folding import fold, sort_key

_TONE: Final = re.compile(r"[1-5]?(?: .*)?$", re.DOTALL)
_PLAIN: Final = re.compile(r"[a-z0-9]")


def key_of(label: str, taken: Collection[str] = (), *, longest: int = 40, fallback: str = "field") -> str:
    """A key for a label that is not among `taken`: `报修人` is `baoxiuren`, `Repair cost` is `repair_cost`.

    Cut at a whole syllable or word. `fallback` names what a label of signs only stands for.
    """
    key = _cut(_parts(label), longest) or fallback
    if not key[0].isalpha():
        key = _cut([fallback, "_", key], longest)
    return unique(key, taken, longest=longest)


def unique(key: str, taken: Collection[str], *, longest: int = 40) -> str:
    """The key, or the key with the first number behind it that makes it new."""
    used = {*taken, *RESERVED}
    number, found = 1, key
    while found in used:
        number += 1
        tail = f"_{number}"
        found = key[: longest - len(tail)].rstrip("_") + tail
    return found


def _parts(label: str) -> list[str]:
    """Syllables, runs of Latin letters, and `_` where words meet."""
    parts: list[str] = []
    for character in fold(label):
        if _PLAIN.fullmatch(character):
            if parts and parts[-1] != "_" and _PLAIN.fullmatch(parts[-1][-1]) and not parts[-1].startswith("\0"):
                parts[-1] += character
            else:
                parts.append(character)
            continue
        reading = "" if character.isascii() else _TONE.sub("", sort_key(character).split("\x01")[0])
        if reading.isascii() and reading.isalpha():
            parts.append(f"\0{reading}")
        elif parts and parts[-1] != "_":
            parts.append("_")
    return parts


def _cut(parts: list[str], longest: int) -> str:
    key = ""
    for part in parts:
        text = part.removeprefix("\0")
        if not part.startswith("\0") and text != "_" and key and key[-1] != "_":
            text = f"_{text}"
        if text == "_" and (not key or key[-1] == "_"):
            continue
        room = longest - len(key)
        if len(text) > room:
            key += "" if key else text[:room]
            break
        key += text
    return key.strip("_")
