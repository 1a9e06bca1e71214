"""Finding, cutting and putting together texts and lists of texts, by code points (EXPRESSIONS.md, rule 8)."""

from collections.abc import Sequence
from decimal import Decimal

from engines.formula.limits import MAX_TEXT
from engines.formula.numbers import whole
from engines.formula.texts import LOWER_LETTERS, SPACES, UPPER_LETTERS, lower, text, upper

List = tuple[str, ...] | None
MOST_PAIRS = 500
_LETTERS = frozenset(UPPER_LETTERS + LOWER_LETTERS)
_CONTROLS = dict.fromkeys(range(32))
_ALL_SPACES = dict.fromkeys(map(ord, SPACES))


def replace(value: str | None, start: Decimal | None, count: Decimal | None, new: str | None) -> str | None:
    """So many characters from a place on replaced; blank for a place before the text or a negative count."""
    first, size = whole(start, 0, MAX_TEXT + 1), whole(count, -1, MAX_TEXT + 1)
    if first is None or first < 1 or size is None or size < 0:
        return None
    old = value or ""
    return text(old[: first - 1] + (new or "") + old[first - 1 + size :])


def repeat(value: str | None, count: Decimal | None) -> str | None:
    """The text so many times, never more than 10,000 characters; blank for a negative count."""
    times = whole(count, -1, MAX_TEXT)
    if not value or times is None or times < 0:
        return None
    return text(value * min(times, MAX_TEXT // len(value) + 1))


def nth_place(value: str, part: str, nth: int) -> int:
    """Where the nth occurrence begins, from 0; those after one another do not overlap; from the end if negative."""
    if nth < 0:
        nth += value.count(part) + 1
    place = -len(part)
    for _ in range(nth):
        place = value.find(part, place + len(part))
        if place < 0:
            return -1
    return place if nth > 0 else -1


def _nth(nth: Decimal | None) -> int:
    return whole(nth, -MAX_TEXT - 1, MAX_TEXT + 1) or 0


def substitute_nth(value: str | None, old: str | None, new: str | None, nth: Decimal | None) -> str | None:
    """Only the nth occurrence replaced; blank for a number below 1."""
    count = _nth(nth)
    if count < 1:
        return None
    if value is None or old is None:
        return value
    place = nth_place(value, old, count)
    return value if place < 0 else text(value[:place] + (new or "") + value[place + len(old) :])


def before(value: str | None, part: str | None, nth: Decimal | None) -> str | None:
    """What stands before the nth occurrence; blank if there is none."""
    if value is None or part is None:
        return None
    place = nth_place(value, part, _nth(nth))
    return None if place < 0 else value[:place] or None


def after(value: str | None, part: str | None, nth: Decimal | None) -> str | None:
    """What stands after the nth occurrence; blank if there is none."""
    if value is None or part is None:
        return None
    place = nth_place(value, part, _nth(nth))
    return None if place < 0 else value[place + len(part) :] or None


def all_between(value: str | None, start: str | None, end: str | None) -> List:
    """What stands between the first 500 pairs of delimiters, without the empty texts."""
    if value is None or start is None or end is None:
        return None
    found: list[str] = []
    place = 0
    for _ in range(MOST_PAIRS):
        first = value.find(start, place)
        last = value.find(end, first + len(start)) if first >= 0 else -1
        if last < 0:
            break
        if last > first + len(start):
            found.append(value[first + len(start) : last])
        place = last + len(end)
    return tuple(found) or None


def between(value: str | None, start: str | None, end: str | None) -> str | None:
    """The first text between two delimiters; blank if they are not there."""
    if value is None or start is None or end is None:
        return None
    first = value.find(start)
    last = value.find(end, first + len(start)) if first >= 0 else -1
    return None if last < 0 else value[first + len(start) : last] or None


def split(value: str | None, separator: str | None) -> List:
    """The parts between separators, without the empty ones."""
    if value is None:
        return None
    parts = value.split(separator) if separator is not None else [value]
    return tuple(part for part in parts if part) or None


def glue(items: Sequence[str] | None, separator: str | None) -> str | None:
    """The items of a list with a separator between them."""
    between_ = separator or ""
    return None if items is None else text(between_.join(items[: MAX_TEXT // (len(between_) + 1) + 1]))


def text_join(separator: str | None, skip: bool | None, *parts: str | None) -> str | None:
    """Texts with a separator between them; blanks are left out if `skip`."""
    found: list[str] = []
    size = 0
    for part in parts:
        if part or not skip:
            found.append(part or "")
            size += len(part or "") + len(separator or "")
            if size >= 2 * MAX_TEXT:
                break
    return text((separator or "").join(found))


def item(items: Sequence[str] | None, place: Decimal | None) -> str | None:
    """The item at a place from 1; from the end if negative."""
    at = whole(place, -MAX_TEXT - 1, MAX_TEXT + 1)
    if items is None or not at or abs(at) > len(items):
        return None
    return items[at - 1 if at > 0 else at]


def list_of(*parts: str | None) -> List:
    """Texts as a list, without blanks."""
    return tuple(part for part in parts if part) or None


def has_any(items: Sequence[str] | None, wanted: Sequence[str] | None) -> bool:
    """Whether a list has at least one of these; a blank list has none."""
    return items is not None and wanted is not None and not set(items).isdisjoint(wanted)


def has_all(items: Sequence[str] | None, wanted: Sequence[str] | None) -> bool:
    """Whether a list has all of these; blank is no list to ask for."""
    return items is not None and wanted is not None and set(items).issuperset(wanted)


def one_of(value: str | None, wanted: Sequence[str] | None) -> bool:
    """Whether a text is one of these."""
    return value is not None and wanted is not None and value in wanted


def proper(value: str | None) -> str | None:
    """Words with a capital letter and small ones after it; what is no letter ends a word."""
    if value is None:
        return None
    small, capital = lower(value) or "", upper(value) or ""
    return "".join(
        low if place and value[place - 1] in _LETTERS else high
        for place, (low, high) in enumerate(zip(small, capital, strict=True))
    )


def reverse(value: str | None) -> str | None:
    """The characters from the last to the first."""
    return None if value is None else value[::-1]


def clean(value: str | None) -> str | None:
    """Without control characters: line breaks, tabulators and what else is below the blank in the table of signs."""
    return None if value is None else value.translate(_CONTROLS) or None


def without_spaces(value: str | None) -> str | None:
    """Without any space, wide ones and line breaks included."""
    return None if value is None else value.translate(_ALL_SPACES) or None


def sign_of(code: Decimal | None) -> str | None:
    """The character with this number; blank if no character that can be stored has it."""
    number = whole(code, 0, 0x110000)
    if number is None or not 0 < number < 0x110000 or 0xD800 <= number < 0xE000:
        return None
    return chr(number)


def code_of(value: str | None) -> Decimal | None:
    """The number of the first character."""
    return None if value is None else Decimal(ord(value[0]))
