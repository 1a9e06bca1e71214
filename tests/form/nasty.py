"""Input that nobody would type: what programs send by mistake and what people try who mean harm."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

TEXTS: Final = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202e abc",
    "²",
    "٣٤٥",
    "９９９",
    "1e400",
    "1e-400",
    "1E+999999999",
    "9" * 30,
    "9" * 400,
    "9" * 5000,
    "-0",
    "NaN",
    "-Infinity",
    "0x10",
    "1_000",
    "true",
    "null",
    "{}",
    "[]",
    '{"id": 1}',
    "[" * 3000,
    '{"a":' * 3000,
    "9999-12-31",
    "0000-00-00",
    "0001-01-01",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999-12:00",
    "9999-12-31T23:59:59.999Z",
    "1000-01-01",
    "10000-01-01",
    "2026-02-30",
    "2026-06-05T25:61",
    "2026-W99",
    "24:00",
    "x" * 20_000,
    "京" * 10_001,
    "a@b",
    "a@" + "b" * 300 + ".cn",
    "http://[::1",
    "http://a b",
    "javascript:alert(1)",
    "//host",
    "http://xn--a",
    "%s %(x)s {0} {x}",
    "'; DROP TABLE x; --",
    "<svg onload=alert(1)>",
    "\\",
    "100%_",
    "110101199003070000",
    "11010119900307002X",
    "+86 138-0013-8000",
    "2026-06-01..",
    "2026-06-01 ~ 2025-01-01",
    "1,2,3",
    "A\nB",
    "=1+1",
    "#12",
    "#" + "9" * 30,
    "#" + "9" * 5000,
    "RRULE:FREQ=SECONDLY;COUNT=99999999999999999999",
    "FREQ=DAILY;UNTIL=99999999T999999Z",
)
LARGE: Final = (2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**400)
NUMBERS: Final = (0, -1, 1, *LARGE, 0.1, 1e308, -1e-308, float("nan"), float("inf"))
SHAPES: Final = (
    None,
    True,
    [],
    {},
    [[]],
    [None],
    [{}],
    [[["x"]]],
    {"id": None},
    {"id": "x"},
    {"id": -1},
    {"id": 2**70},
    {"id": "²"},
    {"id": {"id": 1}},
    {"id": [1]},
    [{"id": 2**70}],
    [{"id": "²"}],
    [1, 1],
    [2**70],
    ["²", "9" * 5000],
    {"rows": 1},
    {"rows": [{"id": 2**70}]},
    {"rows": None, "partial": "yes"},
    [{"name": {"x": 1}, "qty": "9" * 400}],
    [{"\x00": 1}],
    {"start": "x", "end": []},
    {"start": "2026-06-05", "end": "2026-06-01"},
    {"start": None, "end": "9999-12-31"},
    ["2026-06-05", "2026-06-01"],
    ["9999-12-31", "9999-12-31"],
    {"lat": "x"},
    {"lat": 1e308, "lng": float("nan")},
    {"lat": 10**400, "lng": 0},
    {"latitude": "1e999", "longitude": "2"},
    {"province": 1, "city": {}, "detail": []},
    {"path": [1], "detail": 3},
    {"freq": "daily", "interval": 10**30},
    {"every": "day", "interval": -1, "until": "x"},
    {"choice": [], "text": 1},
    {"key": "other", "text": "\x00"},
    {"filename": "../../x", "id": "../../etc"},
    [{"id": "a" * 64, "name": 1, "size": -1}],
    {"anything": [{"deep": [{"deeper": {}}]}]},
    list(range(3000)),
)
CELLS: Final = (
    date(1, 1, 1),
    date(9999, 12, 31),
    datetime(1, 1, 1),  # noqa: DTZ001 - a workbook's cells have no zone
    datetime(9999, 12, 31, 23, 59, 59, 999999),  # noqa: DTZ001
    time(23, 59, 59, 999999),
    Decimal("NaN"),
    Decimal("sNaN"),
    Decimal("Infinity"),
    Decimal("1E+1000000"),
    Decimal("1E-1000000"),
    b"\xff\x00",
)
FIXED: Final = (*TEXTS, *NUMBERS, *SHAPES)

words = st.sampled_from(TEXTS) | st.text(max_size=12)
plain = st.none() | st.booleans() | st.integers() | st.floats() | words
KEYS: Final = ["id", "key", "text", "start", "end", "rows", "partial", "name", "qty", "lat", "lng", "detail", "freq"]
json_values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)


def anything() -> st.SearchStrategy[Any]:
    """Values of JSON, the known traps more often than by chance."""
    return st.sampled_from(FIXED) | json_values


def cells() -> st.SearchStrategy[Any]:
    """What a file may hold in a cell."""
    return st.sampled_from((*TEXTS, *NUMBERS, *CELLS)) | plain | st.dates() | st.datetimes() | st.times()
