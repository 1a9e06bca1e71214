"""Typed expressions and rows for the property test: every operator and plain function of the language can appear."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from harness import CONFORMANCE, read_scope

from engines.formula import Facts, FieldScope, Type

SCOPE = read_scope(json.loads((CONFORMANCE / "numbers.json").read_text(encoding="utf-8"))["scope"])

FIELDS: dict[Type, list[str]] = {
    Type.NUMBER: ["amount", "rate", "zero", "none", "huge", "tiny", "customer.credit", "nobody.credit"],
    Type.TEXT: ["name", "code", "empty", "word", "customer.grade", "customer.owner.name", "nobody.grade"],
    Type.BOOLEAN: ["flag", "unset"],
    Type.DATE: ["due", "start", "nodate"],
    Type.DATETIME: ["created", "finished", "notime"],
    Type.LIST: ["tags", "notags"],
}
IN_ROWS: dict[Type, list[str]] = {
    Type.NUMBER: ["qty", "price", "product.price", "amount"],
    Type.TEXT: ["note", "product.name"],
    Type.BOOLEAN: ["done"],
    Type.DATE: ["day"],
}
NUMBERS = [
    "0", "1", "2", "3", "7", "12", "100", "0.5", "2.5", "1000.005", "0.000000000001", "99999999999999999999", "33.3333",
    "-1", "-2.5", "15%",
]  # fmt: skip
TEXTS = [
    '""',
    '"a"',
    '"é😀"',
    '" x　"',
    '"-"',
    '"12.5"',
    '"2024-02-29"',
    '"O"',
    '"ＡＢ"',
    '"斗"',
    '"line\nbreak"',
    '"%_"',
]
UNITS = ["day", "week", "month", "quarter", "year"]
TIMES = ["hour", "minute", "second"]
PERIODS = ["week", "month", "quarter", "year"]
RESTS = [*UNITS, "md", "ym", "yd"]
SMALL = ["-2", "-1", "-0.5", "0", "1", "1.9", "2", "3", "11", "12", "13", "17", "21", "30"]
ZONES = ["Asia/Shanghai", "UTC", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Apia"]

# {k} a small number, {p} a period, {r} a unit of DATEDIF,
# {n} a number, {t} a text, {b} a condition, {d} a date, {i} an instant, {l} a list, {u} a unit, {x} a unit of instants;
# {N} and {B} stand inside the rows of `lines`.
SHAPES: dict[Type, list[str]] = {
    Type.NUMBER: [
        "({n} + {n})", "({n} - {n})", "({n} * {n})", "({n} / {n})", "({n} / {n} * {n})", "-{n}", "({n} ^ 2)",
        "POWER({n}, -3)", "POWER({n}, {n})", "ROUND({n}, 2)", "ROUND({n}, {n})", "ROUNDUP({n}, {n})",
        "ROUNDDOWN({n}, {n})", "INT({n})", "ABS({n})", "CEILING({n}, {n})", "FLOOR({n}, {n})", "MOD({n}, {n})",
        "LEN({t})", "FIND({t}, {t})", "FIND({t}, {t}, {n})", "VALUE({t})", "VALUE(TEXT({n}))", "IF({b}, {n}, {n})",
        "IFS({b}, {n}, {b}, {n})", "SWITCH({t}, {t}, {n}, {t}, {n}, {n})", "SWITCH({n}, {n}, {n})", "IFERROR({n}, {n})",
        "SUM({n}, {n}, {n})", "AVERAGE({n}, {n})", "MIN({n}, {n})", "MAX({n}, {n})", "COUNT({n}, {t}, {d})",
        "({d} - {d})", "({i} - {i})", "YEAR({d})", "MONTH({d})", "DAY({d})", "WEEKDAY({d})", "HOUR({i})", "MINUTE({i})",
        "SECOND({i})", "DAYS({d}, {i})", "DATEDIF({d}, {d}, {u})", "DATEDIF({i}, {i}, {x})", "COUNT({l})",
        "SUM(lines, {N})", "AVERAGE(lines, {N})", "MIN(lines, {N})", "MAX(lines, {N})",
        "COUNT(lines, {N})",
        "COUNTIF(lines, {B})", "SUMIF(lines, {B}, {N})", "COUNT(lines)", "SUM(nolines, qty * {n})",
        "SUM(lines.parts.weight)",
        "SIGN({n})", "QUOTIENT({n}, {n})", "GCD({n}, {n}, {k})", "LCM({n}, {k})", "SQRT({n})", "EXP({n})", "EXP({k})",
        "LN({n})", "LOG({n})", "LOG({n}, {k})", "LOG10({n})", "SIN({n})", "COS({n})", "TAN({n})", "COT({n})",
        "ASIN({n})", "ASIN(1 / {n})", "ACOS(1 / {n})", "ATAN({n})", "ACOT({n})", "RADIANS({n})", "DEGREES({n})",
        "PERMUT({n}, {k})", "COMBIN({n}, {k})", "PRODUCT({n}, {n}, {n})", "MEDIAN({n}, {n}, {n}, {n})",
        "NORM_S_DIST({n})", "NORM_S_DIST({n} / 100, {b})", "DISTANCE({k}, {n}, {k}, {n})", "POWER({n}, 0.5)",
        "POWER({n}, {n} / 7)", "({n} ^ 1.5)", "COUNTBLANK({n}, {t}, {d}, {l})", "SEARCH({t}, {t})",
        "SEARCH({t}, {t}, {k})", "COUNTCHAR({t})", "CODE({t})", "COUNT(SPLIT({t}, {t}))", "WEEKDAY({d}, {k})",
        "WEEKNUM({d})", "WEEKNUM({d}, {k})", "ISOWEEKNUM({i})", "QUARTER({d})", "DAYS360({d}, {d}, {b})",
        "DAYS360({d}, {i})", "TIMESTAMP({i})", "TIMESTAMP({d})", "TIME({k}, {n}, {k})", "DATEDIF({d}, {d}, {r})",
        "DATEDIF({i}, {d}, {r})",
        "SUM(lines.parts, weight * {N})", "AVERAGE(customer.contacts.age)", 'SETTING("vat_rate")', "YEAR({i})",
    ],
    Type.TEXT: [
        "({t} & {t})", "CONCAT({t}, {t}, {t})", "LEFT({t}, {n})", "RIGHT({t}, {n})", "MID({t}, {n}, {n})", "UPPER({t})",
        "LOWER({t})", "TRIM({t})", "SUBSTITUTE({t}, {t}, {t})", "TEXT({n})", 'TEXT({n}, "0.00")',
        'TEXT({n}, "#,##0.##")', 'TEXT({n}, "0.0%")', "TEXT({d})", 'TEXT({d}, "yy年m月d日")',
        'TEXT({i}, "yyyy-mm-dd hh:mm:ss")', 'TEXT({i}, "h:mm")',
        "IF({b}, {t}, {t})", "IFERROR({t}, {t})", "SWITCH({n}, {n}, {t}, {t})", 'SETTING("company")',
        "CURRENTUSER().name", "RMBCAP({n})", "REPLACE({t}, {k}, {k}, {t})", "REPT({t}, {k})", "REPT({t}, {n})",
        "SUBSTITUTE({t}, {t}, {t}, {k})", "PROPER({t})", "TEXTBEFORE({t}, {t}, {k})", "TEXTAFTER({t}, {t}, {k})",
        "TEXTBEFORE({t}, \"-\")", "TEXTAFTER({t}, \"-\", -1)", "TEXTBETWEEN({t}, {t}, {t})",
        "TEXTJOIN({t}, {b}, {t}, {t})", "STRREVERSE({t})", "CLEAN({t})", "NOSPACE({t})", "CHAR({n})", "CHAR({n} + 30)",
        "FIXED({n}, {k})", "FIXED({n}, {n}, {b})", "ENCODEURI({t})", "ENCODEURICOMPONENT({t})", "DECODEURI({t})",
        "DECODEURICOMPONENT({t})", "DECODEURICOMPONENT(ENCODEURICOMPONENT({t}))", "JOIN({l}, {t})", "INDEX({l}, {k})",
    ],
    Type.BOOLEAN: [
        "({n} = {n})", "({n} <> {n})", "({n} < {n})", "({n} <= {n})", "({n} > {n})", "({n} >= {n})", "({t} = {t})",
        "({t} <> {t})", "({t} < {t})", "({t} >= {t})", "({d} < {d})", "({d} = {d})", "({i} <= {i})",
        "({b} = {b})",
        "({b} <> {b})", "AND({b}, {b})", "OR({b}, {b}, {b})", "NOT({b})", "IF({b}, {b}, {b})", "ISBLANK({n})",
        "ISBLANK({t})", "ISBLANK({d})", "ISBLANK({b})", "ISBLANK(lines)", "CONTAINS({t}, {t})", "CONTAINS({l}, {t})",
        "STARTSWITH({t}, {t})", "ENDSWITH({t}, {t})", "SAME({t}, {t})", "IFERROR({b}, {b})", "(owner = CURRENTUSER())",
        "(customer.owner = owner)", "(nobody = customer)", "SWITCH({b}, {b}, {b}, {b})",
        "XOR({b}, {b}, {b})", "EXACT({t}, {t})", "ISNUMBER({t})", "ISNUMBER({n})", "HASANY({l}, {l})",
        "HASALL({l}, {t}, {t})", "INTEXTSET({t}, {t}, {t})", "INTEXTSET({t}, {l})", "ISLEAPYEAR({n})",
        "ISLEAPYEAR({d})", "CONTAINS(SPLIT({t}, {t}), {t})", "AND(OR({b}, NOT({b})), IF({b}, {b}, XOR({b}, {b})))",
    ],
    Type.DATE: [
        "({d} + {n})", "({d} - {n})", "DATE({n}, {n}, {n})", "DATE(2024, {n}, {n})", "DATE({i})", "DATE({t})",
        "DATEADD({d}, {n}, {u})", "MONTHEND({d})", "IF({b}, {d}, {d})", "MIN({d}, {d})", "MAX({d}, {d})", "TODAY()",
        "EDATE({d}, {k})", "EDATE({i}, {n})", "EOMONTH({d}, {k})", "EOMONTH({d}, {n})", "STARTOF({d}, {p})",
        "ENDOF({d}, {p})", "STARTOF({i}, {p})", "DATEDELTA({d}, {n})",
        "IFERROR({d}, {d})", "MAX(lines.day)", "EARLIEST(lines, day + {N})",
    ],
    Type.DATETIME: [
        "({i} + {n})", "({i} - {n})", "DATEADD({i}, {n}, {u})", "DATEADD({i}, {n}, {x})", "DATETIME({d})", "NOW()",
        "IF({b}, {i}, {i})", "LATEST({i}, {i})", "IFERROR({i}, {i})",
        "DATETIME({d}, {k}, {k})", "DATETIME({d}, {n}, {k}, {n})", "DATEDELTA({i}, {k})", "({i} + TIME({k}, {k}, {k}))",
    ],
    Type.LIST: [
        "SPLIT({t}, {t})", "SPLIT({t}, \"-\")", "FINDA({t}, {t}, {t})", "LIST({t}, {t}, {t})", "IF({b}, {l}, {l})",
    ],
}  # fmt: skip
LETTERS = {"n": Type.NUMBER, "t": Type.TEXT, "b": Type.BOOLEAN, "d": Type.DATE, "i": Type.DATETIME, "l": Type.LIST}
LITERALS = {
    Type.NUMBER: NUMBERS,
    Type.TEXT: TEXTS,
    Type.BOOLEAN: ["TRUE", "FALSE"],
    Type.DATE: ["DATE(2024, 2, 29)", "DATE(1, 1, 1)", "DATE(9999, 12, 31)"],
    Type.DATETIME: ["NOW()", "DATETIME(DATE(2000, 1, 1))"],
    Type.LIST: ["tags"],
}


def expression(random: Random, kind: Type, depth: int, rows: bool = False) -> str:
    """The text of an expression of this type; inside rows the names of the row may stand too."""
    fields = (IN_ROWS.get(kind, []) * 2 if rows else []) + FIELDS[kind]
    if depth == 0 or random.random() < 0.15:
        return random.choice(fields + LITERALS[kind])
    result, rest = "", random.choice(SHAPES[kind])
    while "{" in rest:
        before, _, rest = rest.partition("{")
        letter, rest = rest[0], rest[2:]
        result += before + _part(random, letter, depth - 1, rows)
    return result + rest


CHOICES = {"u": UNITS, "x": TIMES, "p": PERIODS, "r": RESTS}


def _part(random: Random, letter: str, depth: int, rows: bool) -> str:
    if letter in CHOICES:
        return f'"{random.choice(CHOICES[letter])}"'
    if letter == "k":
        return random.choice(SMALL)
    if letter in "NB":
        return expression(random, Type.NUMBER if letter == "N" else Type.BOOLEAN, depth, rows=True)
    return expression(random, LETTERS[letter], depth, rows)


def any_expression(random: Random) -> str:
    """An expression of any type, mostly three levels deep; short enough to be allowed."""
    while True:
        text = expression(random, random.choice(list(SHAPES)), random.choice([1, 2, 3, 3, 4]))
        if len(text) < 2000:
            return text


_EDGES = [
    "0",
    "0.5",
    "-0.5",
    "1E-12",
    "99999999999999999999.999999999999",
    "2",
    "-7.25",
    "0.335",
    "1",
    "-1",
    "45",
    "2024",
]
_SIGNS = "aBz9 -.,%é斗拱😀　ßİǆＡ\n\"'\\$&/?\u0301𠮷ﬁ"
_WORDS = [
    "a-b-c",
    "%E6%96%97",
    "%zz",
    "1,234.5",
    "12%",
    "aaaa",
    "SO-2024-001",
    "2024-02-30",
    "2024/2/9",
    "😀-😀",
    "Ａ　Ｂ",
]
_MONTH_ENDS = [
    date(year, month, day)
    for year in (1, 1900, 2000, 2023, 2024, 9999)
    for month, day in ((1, 31), (2, 28), (12, 31), (1, 1))
]


def _number(random: Random) -> Decimal:
    return random.choice(
        [
            lambda: Decimal(random.choice(_EDGES)),
            lambda: Decimal(random.randrange(-(10**22) + 1, 10**22)).scaleb(-2),
            lambda: Decimal(random.randrange(-(10**15), 10**15)).scaleb(-12),
            lambda: Decimal(random.randrange(-20, 21)),
            lambda: Decimal(random.randrange(-10_000, 10_000)).scaleb(-2),
        ]
    )()


def _text(random: Random) -> str:
    if random.random() < 0.3:
        return random.choice(_WORDS)
    return "".join(random.choice(_SIGNS) for _ in range(random.randrange(1, 9)))


def _date(random: Random) -> date:
    if random.random() < 0.4:
        return random.choice(_MONTH_ENDS)
    if random.random() < 0.5:
        return date(2023, 12, 1) + timedelta(days=random.randrange(120))
    return date.fromordinal(random.randrange(1, date.max.toordinal() + 1))


def _instant(random: Random) -> datetime:
    ms = random.randrange(200 * 365 * 86_400_000)
    return datetime(1900, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


VALUES: dict[Type, Callable[[Random], Any]] = {
    Type.NUMBER: _number,
    Type.TEXT: _text,
    Type.BOOLEAN: lambda random: random.random() < 0.5,
    Type.DATE: _date,
    Type.DATETIME: _instant,
    Type.LIST: lambda random: [_text(random) for _ in range(random.randrange(1, 4))],
}


def any_row(random: Random, scope: FieldScope = SCOPE) -> dict[str, Any]:
    """A row of a scope: each field may be blank or missing."""
    row: dict[str, Any] = {"id": random.randrange(1, 4)}
    for ref in scope.fields:
        if random.random() < 0.2:
            continue
        if random.random() < 0.1:
            row[ref.key] = [] if ref.type is Type.RECORDS else None
        elif isinstance(ref.target, FieldScope) and ref.type is Type.RECORD:
            row[ref.key] = any_row(random, ref.target)
        elif isinstance(ref.target, FieldScope):
            row[ref.key] = [any_row(random, ref.target) for _ in range(random.randrange(4))]
        else:
            row[ref.key] = VALUES[ref.type](random)
    return row


def any_facts(random: Random) -> Facts:
    """A moment, a zone, perhaps somebody who acts, perhaps settings."""
    settings = {"vat_rate": _number(random), "company": _text(random)}
    return Facts(
        _instant(random),
        random.choice(ZONES),
        random.choice([None, {"id": random.randrange(1, 4), "name": _text(random)}]),
        {key: value for key, value in settings.items() if random.random() < 0.7},
    )
