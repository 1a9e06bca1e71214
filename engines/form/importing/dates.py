"""Days in the shapes that exports bring: month first, day first, year first, two-digit years; and which of them fit."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Final, Literal

from engines.form.fields.base import reject
from engines.form.fields.times import EARLIEST, parse_day, parse_time
from engines.kernel.problems import Rejected

Order = Literal["ymd", "mdy", "dmy"]
DATE_ORDERS: Final[tuple[Order, ...]] = ("ymd", "mdy", "dmy")
PIVOT: Final = 69
"""Two-digit years from here on are of the last century, as in POSIX."""

_WIDE: Final = str.maketrans("０１２３４５６７８９：／－．　", "0123456789:/-. ")
_PARTS = re.compile(r"^(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})$")


def read_day(text: str, order: Order) -> date:
    """The day that a text means where its parts stand in this order. A leading year of four digits is always a year.

    Raises `Rejected`.
    """
    tidy = text.strip().translate(_WIDE)
    match = _PARTS.match(tidy)
    if match is None or len(match[1]) == 4:
        return parse_day(text)
    first, second, third = match.groups()
    year, month, day = {
        "ymd": (first, second, third),
        "mdy": (third, first, second),
        "dmy": (third, second, first),
    }[order]
    try:
        found = date(_year(year), int(month), int(day))
    except ValueError:
        found = date.min
    if found.year < EARLIEST or len(year) not in (2, 4) or len(day) > 2:
        raise reject("import.not_a_date", f'"{text[:50]}" is not a date in this order', value=text[:50], order=order)
    return found


def read_moment(text: str, order: Order) -> date | datetime:
    """A day with or without a time behind it; the time is meant in the zone of the reader. Raises `Rejected`."""
    tidy = text.strip().translate(_WIDE)
    head, separator, tail = tidy.replace("T", " ").partition(" ")
    if not separator or ":" not in tail:
        return read_day(text, order)
    return datetime.combine(read_day(head, order), parse_time(tail.removesuffix("Z").strip()))


def fitting_orders(texts: Iterable[str]) -> dict[Order, int]:
    """How many of the texts are no dates in each order: 0 means that all of them fit."""
    wrong: dict[Order, int] = dict.fromkeys(DATE_ORDERS, 0)
    for text in texts:
        for order in DATE_ORDERS:
            try:
                read_moment(text, order)
            except Rejected:
                wrong[order] += 1
    return wrong


def depends_on_order(text: str) -> bool:
    """Whether the text is another day in another order: no day that begins with its year is."""
    head = text.strip().translate(_WIDE).replace("T", " ")
    head = head.partition(" ")[0] if ":" in head else head
    match = _PARTS.match(head)
    return match is not None and len(match[1]) < len("2026")


def _year(text: str) -> int:
    number = int(text)
    if len(text) > 2:
        return number
    return number + (1900 if number >= PIVOT else 2000)
