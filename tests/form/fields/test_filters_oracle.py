"""Filters and order of every field type against plain Python: whatever a type offers, SQL finds what people mean.

Types and values come from the registry: the samples of a type that fit the options of its first one stand in a table
together with a blank, and each is asked for with every operator that plain Python knows an answer to.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from engines.form.fields import FIELD_TYPES
from engines.form.fields.base import Context, Field, FieldType
from engines.form.fields.date_range import Days
from engines.form.form import Form
from engines.kernel.problems import ProblemError
from tests.form.build import create_tables, sample

CONTEXT = Context()
FOR_ALL: dict[str, tuple[Any, ...]] = {
    "rating": (1, 2, 3, 5),
    "percent": ("15%", "-5%", "100%"),
    "slider": (0, 40, 100),
    "time": ("00:00", "09:30", "23:59"),
    "period": ("2025-12", "2026-03", "2026-04"),
    "date": ("2026-06-05", "1949-10-01", "2026-06-06"),
    "datetime": ("2026-06-05 09:30", "2026-06-05 09:31", "2026-12-31 23:59"),
    "number": (7, -3, 0, 12),
    "money": ("10005534", "-0.05", "0"),
    "text": ("上海远山", "远山 100%_\\", "ABC-1", "zz"),
    "url": ("https://www.example.com/a", "http://docs.example.com", "mailto:info@example.com"),
    "plate": ("京A12345", "粤BD12345", "沪A0023领"),
    "richtext": ("<p>甲 <b>乙</b>丙</p>", "<ul><li>a &lt; b</li></ul>", "plain"),
    "date_range": (["2026-06-01", "2026-06-05"], ["2026-06-05", "2026-06-30"], ["2025-01-01", "9999-12-31"]),
}
PLAIN: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, asked: value == asked,
    "ne": lambda value, asked: value != asked,
    "lt": lambda value, asked: value is not None and value < asked,
    "le": lambda value, asked: value is not None and value <= asked,
    "gt": lambda value, asked: value is not None and value > asked,
    "ge": lambda value, asked: value is not None and value >= asked,
    "in": lambda value, asked: value == asked,
    "nin": lambda value, asked: value != asked,
    "between": lambda value, asked: value == asked,
    "empty": lambda value, _asked: value is None,
    "filled": lambda value, _asked: value is not None,
}
WRAPPED = {"in": lambda raw: [raw], "nin": lambda raw: [raw], "between": lambda raw: [raw, raw]}
OF_DAYS: dict[str, Callable[[Days, Days], bool]] = {
    "covers": lambda value, asked: value.start <= asked.start and asked.end <= value.end,
    "overlaps": lambda value, asked: value.start <= asked.end and asked.start <= value.end,
    "inside": lambda value, asked: asked.start <= value.start and value.end <= asked.end,
    "starts_from": lambda value, asked: value.start >= asked.start,
    "starts_until": lambda value, asked: value.start <= asked.start,
    "ends_from": lambda value, asked: value.end >= asked.start,
    "ends_until": lambda value, asked: value.end <= asked.start,
}


def values_of(kind: FieldType, field: Field) -> list[Any]:
    """Different values of a type that a field accepts, parsed."""
    found: list[Any] = []
    for raw in (*FOR_ALL.get(kind.key, ()), *(value for _, value in kind.samples())):
        try:
            value = kind.parse(raw, field, CONTEXT)
        except ProblemError:
            continue
        if value is not None and value not in found and not list(kind.check(value, field, CONTEXT)):
            found.append(value)
    return found


def comparable(kind: FieldType, field: Field) -> bool:
    return field.storage == "column" and kind.formula_type(field).value in (
        "text",
        "number",
        "boolean",
        "date",
        "datetime",
    )


def table_with(conn: Connection, form: Form, values: list[Any]) -> dict[int, Any]:
    """Records with these values and one without, by id."""
    create_tables(conn, form.forms)
    field, stored = form.fields["it"], dict(enumerate([*values, None], start=1))
    if field.parts:  # real foreign keys: the record that is pointed at must be there
        conn.execute(insert(form.forms.get("other").table).values(id=1, name="甲公司"))
    for number, value in stored.items():
        conn.execute(insert(form.table).values(id=number, **field.type.to_columns(value, field)))
    return stored


def found(conn: Connection, form: Form, op: str, raw: Any) -> set[int]:
    field = form.fields["it"]
    asked = field.type.parse_operand(op, raw, field, CONTEXT)
    condition = field.type.filter_sql(field, form.table.c.it, op, asked, CONTEXT)
    return set(conn.execute(select(form.table.c.id).where(condition)).scalars())


KINDS = [pytest.param(kind, id=kind.key) for kind in FIELD_TYPES if kind.is_value and kind.storage == "column"]


@pytest.mark.parametrize("kind", KINDS)
def test_filters_find_what_plain_python_finds(kind: FieldType, conn: Connection) -> None:
    form = sample(kind.key, kind.samples()[0][0])
    field = form.fields["it"]
    if not comparable(kind, field):
        pytest.skip("its operators are its own")
    stored = table_with(conn, form, values_of(kind, field))
    for op in set(kind.operators(field)) & PLAIN.keys():
        for asked in stored.values():
            if asked is None:
                continue
            raw = kind.to_json(asked, field)
            wanted = {number for number, value in stored.items() if PLAIN[op](value, asked)}
            assert found(conn, form, op, WRAPPED[op](raw) if op in WRAPPED else raw) == wanted, (op, asked)


@pytest.mark.parametrize("kind", KINDS)
def test_words_are_found_wherever_they_stand(kind: FieldType, conn: Connection) -> None:
    form = sample(kind.key, kind.samples()[0][0])
    field = form.fields["it"]
    if not comparable(kind, field) or "contains" not in kind.operators(field):
        pytest.skip("has no words")
    stored = table_with(conn, form, values_of(kind, field))
    texts = {number: None if one is None else kind.search_text(one, field) for number, one in stored.items()}
    for text in filter(None, texts.values()):
        for part in {text[:2], text[-2:], text[1:3], text[:1].upper(), "\\", "%", "_"} - {""}:
            if "\n" in part:
                continue
            hit = {number for number, one in texts.items() if one is not None and part.lower() in one.lower()}
            assert found(conn, form, "contains", part) == hit, part
            assert found(conn, form, "ncontains", part) == stored.keys() - hit, part


@pytest.mark.parametrize("kind", KINDS)
def test_order_is_that_of_the_values(kind: FieldType, conn: Connection) -> None:
    form = sample(kind.key, kind.samples()[0][0])
    field = form.fields["it"]
    names = kind.sort_columns(field)
    if not names or not (comparable(kind, field) or kind.key == "date_range") or kind.has_choices:
        pytest.skip("has no order")
    stored = table_with(conn, form, values_of(kind, field))
    rows = list(conn.execute(select(form.table.c.id).order_by(form.table.c[names[0]], form.table.c.id)).scalars())
    assert stored[rows[-1]] is None
    sorted_values = [stored[number] for number in rows[:-1]]
    key: Callable[[Any], Any] = (lambda one: one.start) if kind.key == "date_range" else (lambda one: one)
    assert [key(one) for one in sorted_values] == sorted(map(key, sorted_values))


def test_ranges_of_days_are_found_by_their_ends_and_what_they_cover(conn: Connection) -> None:
    form = sample("date_range")
    field = form.fields["it"]
    more = [Days(date(2026, 6, 3), date(2026, 6, 3)), Days(date(2026, 5, 1), date(2026, 6, 1))]
    stored = table_with(conn, form, [*values_of(field.type, field), *more])
    assert set(OF_DAYS) | {"empty", "filled"} == set(field.type.operators(field))
    for op, means in OF_DAYS.items():
        for asked in filter(None, stored.values()):
            wanted = {number for number, value in stored.items() if value is not None and means(value, asked)}
            raw = {"start": str(asked.start), "end": str(asked.end)} if "_" not in op else str(asked.start)
            assert found(conn, form, op, raw) == wanted, (op, asked)
    june = Context(now=CONTEXT.now.replace(year=2026, month=6, day=15))
    this = field.type.parse_operand("overlaps", "this_month", field, june)
    assert this == Days(date(2026, 6, 1), date(2026, 6, 30))
