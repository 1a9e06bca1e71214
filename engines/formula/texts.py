"""Text operations of the language on code points (EXPRESSIONS.md, rule 8). Blank is None; an empty result is blank."""

import unicodedata
from collections.abc import Sequence
from decimal import Decimal

from engines.formula.limits import MAX_TEXT
from engines.formula.numbers import whole

SPACES = "".join(
    map(chr, (*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F))
) + "\u3000\ufeff"  # fmt: skip
"""What TRIM removes at both ends."""


def _letters() -> tuple[str, str]:
    """Letters with exactly one other case that leads back: A-Z, Latin with marks, Greek, Cyrillic, full width."""
    ranges = ((0x41, 0x5B), (0xC0, 0x180), (0x391, 0x3AA), (0x400, 0x482), (0xFF21, 0xFF3B))
    upper = "".join(
        sign for start, end in ranges for sign in map(chr, range(start, end))
        if len(sign.lower()) == 1 and sign.lower() != sign and sign.lower().upper() == sign
    )  # fmt: skip
    return upper, upper.lower()


UPPER_LETTERS, LOWER_LETTERS = _letters()
_TO_LOWER = str.maketrans(UPPER_LETTERS, LOWER_LETTERS)
_TO_UPPER = str.maketrans(LOWER_LETTERS, UPPER_LETTERS)


def text(value: str) -> str | None:
    """A text as a result: at most 10,000 characters, empty is blank."""
    return (value if len(value) <= MAX_TEXT else value[:MAX_TEXT]) or None


def join(*parts: str | None) -> str | None:
    """The parts one after another; blanks are skipped."""
    found: list[str] = []
    size = 0
    for part in parts:
        if part:
            found.append(part)
            size += len(part)
            if size >= MAX_TEXT:
                break
    return text("".join(found))


def length(value: str | None) -> Decimal:
    """Code points; 0 for blank."""
    return Decimal(len(value)) if value else Decimal(0)


def _count(value: Decimal | None) -> int | None:
    count = whole(value, -1, MAX_TEXT + 1)
    return None if count is None or count < 0 else count


def left(value: str | None, count: Decimal | None) -> str | None:
    """The first characters; blank for a negative count."""
    size = _count(count)
    return None if value is None or size is None else value[:size] or None


def right(value: str | None, count: Decimal | None) -> str | None:
    """The last characters; blank for a negative count."""
    size = _count(count)
    return None if value is None or not size else value[-size:]


def mid(value: str | None, start: Decimal | None, count: Decimal | None) -> str | None:
    """So many characters from a place counted from 1; blank for a place before the text."""
    first, size = _count(start), _count(count)
    if value is None or not first or size is None:
        return None
    return value[first - 1 : first - 1 + size] or None


def find(part: str | None, value: str | None, start: Decimal | None) -> Decimal | None:
    """The place of the first occurrence from `start` on, counted from 1; blank when there is none."""
    first = _count(start)
    if part is None or value is None or not first:
        return None
    place = value.find(part, first - 1)
    return None if place < 0 else Decimal(place + 1)


def upper(value: str | None) -> str | None:
    """Capital letters, one for one."""
    return None if value is None else value.translate(_TO_UPPER)


def lower(value: str | None) -> str | None:
    """Small letters, one for one."""
    return None if value is None else value.translate(_TO_LOWER)


def trim(value: str | None) -> str | None:
    """Without the spaces at both ends, the wide one of Chinese texts included."""
    return None if value is None else value.strip(SPACES) or None


def substitute(value: str | None, old: str | None, new: str | None) -> str | None:
    """Every occurrence replaced; never more of them than fit into a text."""
    if value is None or old is None:
        return value
    return text(value.replace(old, new, MAX_TEXT // len(new) + 1) if new else value.replace(old, ""))


def contains(value: str | None, part: str | None) -> bool:
    """Whether the part occurs; nothing is contained in blank, and blank in nothing."""
    return value is not None and part is not None and part in value


def has(items: Sequence[str] | None, item: str | None) -> bool:
    """Whether a list has the text among its items."""
    return items is not None and item is not None and item in items


def starts(value: str | None, part: str | None) -> bool:
    """Whether the text begins with the part."""
    return value is not None and part is not None and value.startswith(part)


def ends(value: str | None, part: str | None) -> bool:
    """Whether the text ends with the part."""
    return value is not None and part is not None and value.endswith(part)


def fold(value: str | None) -> str | None:
    """The form in which SAME compares: compatibility forms unified, small letters, trimmed."""
    return None if value is None else trim(lower(unicodedata.normalize("NFKC", value)))


def same(a: str | None, b: str | None) -> bool:
    """Whether two texts are equal when case, width and outer spaces do not matter."""
    return fold(a) == fold(b)
