"""Typed expressions and rows for the property test: every operator and function of the language can appear."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from harness import CONFORMANCE, read_scope
from hypothesis import strategies as st

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
ZONES = ["Asia/Shanghai", "UTC", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Apia"]

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
        "SUM(lines.parts, weight * {N})", "AVERAGE(customer.contacts.age)", 'SETTING("vat_rate")', "YEAR({i})",
    ],
    Type.TEXT: [
        "({t} & {t})", "CONCAT({t}, {t}, {t})", "LEFT({t}, {n})", "RIGHT({t}, {n})", "MID({t}, {n}, {n})", "UPPER({t})",
        "LOWER({t})", "TRIM({t})", "SUBSTITUTE({t}, {t}, {t})", "TEXT({n})", 'TEXT({n}, "0.00")',
        'TEXT({n}, "#,##0.##")', 'TEXT({n}, "0.0%")', "TEXT({d})", 'TEXT({d}, "yy年m月d日")',
        'TEXT({i}, "yyyy-mm-dd hh:mm:ss")', 'TEXT({i}, "h:mm")',
        "IF({b}, {t}, {t})", "IFERROR({t}, {t})", "SWITCH({n}, {n}, {t}, {t})", 'SETTING("company")',
        "CURRENTUSER().name", "RMBCAP({n})",
    ],
    Type.BOOLEAN: [
        "({n} = {n})", "({n} <> {n})", "({n} < {n})", "({n} <= {n})", "({n} > {n})", "({n} >= {n})", "({t} = {t})",
        "({t} <> {t})", "({t} < {t})", "({t} >= {t})", "({d} < {d})", "({d} = {d})", "({i} <= {i})",
        "({b} = {b})",
        "({b} <> {b})", "AND({b}, {b})", "OR({b}, {b}, {b})", "NOT({b})", "IF({b}, {b}, {b})", "ISBLANK({n})",
        "ISBLANK({t})", "ISBLANK({d})", "ISBLANK({b})", "ISBLANK(lines)", "CONTAINS({t}, {t})", "CONTAINS({l}, {t})",
        "STARTSWITH({t}, {t})", "ENDSWITH({t}, {t})", "SAME({t}, {t})", "IFERROR({b}, {b})", "(owner = CURRENTUSER())",
        "(customer.owner = owner)", "(nobody = customer)", "SWITCH({b}, {b}, {b}, {b})",
    ],
    Type.DATE: [
        "({d} + {n})", "({d} - {n})", "DATE({n}, {n}, {n})", "DATE(2024, {n}, {n})", "DATE({i})", "DATE({t})",
        "DATEADD({d}, {n}, {u})", "MONTHEND({d})", "IF({b}, {d}, {d})", "MIN({d}, {d})", "MAX({d}, {d})", "TODAY()",
        "IFERROR({d}, {d})", "MAX(lines.day)", "EARLIEST(lines, day + {N})",
    ],
    Type.DATETIME: [
        "({i} + {n})", "({i} - {n})", "DATEADD({i}, {n}, {u})", "DATEADD({i}, {n}, {x})", "DATETIME({d})", "NOW()",
        "IF({b}, {i}, {i})", "LATEST({i}, {i})", "IFERROR({i}, {i})",
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


@st.composite
def expressions(draw: st.DrawFn, kind: Type, depth: int, rows: bool = False) -> str:
    """The text of an expression of this type; inside rows the names of the row may stand too."""
    fields = (IN_ROWS.get(kind, []) * 2 if rows else []) + FIELDS[kind]
    leaves = fields + LITERALS[kind]
    if depth == 0 or kind is Type.LIST or draw(st.integers(0, 5)) == 0:
        return draw(st.sampled_from(leaves))
    shape = draw(st.sampled_from(SHAPES[kind]))
    result, rest = "", shape
    while "{" in rest:
        before, _, rest = rest.partition("{")
        result += before
        letter, rest = rest[0], rest[2:]
        if letter == "u":
            result += f'"{draw(st.sampled_from(UNITS))}"'
        elif letter == "x":
            result += f'"{draw(st.sampled_from(TIMES))}"'
        elif letter in "NB":
            result += draw(expressions(Type.NUMBER if letter == "N" else Type.BOOLEAN, depth - 1, rows=True))
        else:
            result += draw(expressions(LETTERS[letter], depth - 1, rows=rows))
    return result + rest


KINDS = st.sampled_from(list(SHAPES))
ANY_EXPRESSION = KINDS.flatmap(lambda kind: expressions(kind, 3))

_edges = [Decimal(n) for n in ("0", "0.5", "-0.5", "1E-12", "99999999999999999999.999999999999", "2", "-7.25", "0.335")]
_numbers = st.one_of(
    st.sampled_from(_edges),
    st.decimals("-99999999999999999999", "99999999999999999999", places=2),
    st.decimals("-1000", "1000", places=12),
    st.integers(-20, 20).map(Decimal),
)
_texts = st.text(st.sampled_from("aBz9 -.,%é斗拱😀　ßİǆＡ\n\"'\\$&"), min_size=1, max_size=8)
_dates = st.dates(date(1, 1, 1), date(9999, 12, 31)) | st.dates(date(2023, 12, 1), date(2024, 3, 31))
_instants = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001 - the zone comes here
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
)
_values: dict[Type, st.SearchStrategy[Any]] = {
    Type.NUMBER: _numbers,
    Type.TEXT: _texts,
    Type.BOOLEAN: st.booleans(),
    Type.DATE: _dates,
    Type.DATETIME: _instants,
    Type.LIST: st.lists(_texts, min_size=1, max_size=3),
}


def rows_of(scope: FieldScope) -> st.SearchStrategy[dict[str, Any]]:
    """Rows of a scope: each field may be blank or missing."""
    parts: dict[str, st.SearchStrategy[Any]] = {}
    for ref in scope.fields:
        if ref.type is Type.RECORD:
            parts[ref.key] = st.none() | rows_of(ref.target)
        elif ref.type is Type.RECORDS:
            parts[ref.key] = st.lists(rows_of(ref.target), max_size=3)
        else:
            parts[ref.key] = st.none() | _values[ref.type]
    return st.fixed_dictionaries({"id": st.integers(1, 3)}, optional=parts)


FACTS = st.builds(
    Facts,
    now=_instants,
    zone=st.sampled_from(ZONES),
    user=st.none() | st.fixed_dictionaries({"id": st.integers(1, 3), "name": _texts}),
    settings=st.fixed_dictionaries({}, optional={"vat_rate": _numbers, "company": _texts}),
)
