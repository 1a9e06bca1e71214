"""What every field type promises, tested once over the registry."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, insert, literal, select

from engines.form.compile import every_field
from engines.form.fields import FIELD_TYPES
from engines.form.fields.base import Context, Field, Link
from engines.form.fields.date_range import Days
from engines.form.fields.link import FormLink
from engines.form.form import Form
from engines.form.names import LINK_POSITION, LINK_SOURCE, LINK_TARGET, PARENT, POSITION
from engines.kernel import schemas
from engines.kernel.problems import ProblemError
from tests.form.build import create_tables, one_field, people, sample

CASES = [
    pytest.param(kind.key, options, value, id=f"{kind.key}-{number}")
    for kind in FIELD_TYPES
    if kind.is_value
    for number, (options, value) in enumerate(kind.samples())
]
KINDS = [pytest.param(kind.key, id=kind.key) for kind in FIELD_TYPES if kind.is_value]
TITLES = {("other", "甲公司"): 1, ("other", "Beta"): 2, ("_member", "林悦"): 1, ("_member", "Ana Sol"): 2}
TITLES |= {("_department", "华东大区"): 1, ("_department", "North"): 2}
CONTEXT = Context(lookup=lambda form, text: TITLES.get((form, text)))


def plain(value: Any) -> Any:
    """A value without the titles that were read with it."""
    if isinstance(value, tuple):
        return tuple(plain(one) for one in value)
    if isinstance(value, FormLink):
        return value.text
    return value.id if isinstance(value, Link) else value


def store(conn: Connection, form: Form, value: Any) -> Field:
    """Write a value as the record writer does."""
    if form.fields["it"].storage == "none":
        pytest.skip("computed when it is read")
    create_tables(conn, form.forms)
    people(conn, form.forms)
    other = form.forms.get("other").table
    conn.execute(insert(other).values([{"id": 1, "name": "甲公司"}, {"id": 2, "name": "Beta"}]))
    field = form.fields["it"]
    kind = field.type
    record = conn.execute(
        insert(form.table).values(**kind.to_columns(value, field)).returning(form.table.c.id)
    ).scalar()
    if field.links is not None:
        for position, one in enumerate(value):
            link = {LINK_SOURCE: record, LINK_TARGET: plain(one), LINK_POSITION: position}
            conn.execute(insert(field.links).values(**link))
    if field.child is not None:
        for position, row in enumerate(value):
            columns = {PARENT: record, POSITION: position}
            for key, one in row.items():
                columns |= field.rows[key].type.to_columns(one, field.rows[key])
            conn.execute(insert(field.child).values(**columns))
    return field


def read(conn: Connection, form: Form, field: Field) -> Any:
    """Read it back as the query does."""
    if field.links is not None:
        query = select(field.links.c[LINK_TARGET]).order_by(field.links.c[LINK_POSITION])
        return tuple(conn.execute(query).scalars())
    if field.child is not None:
        rows = conn.execute(select(field.child).order_by(field.child.c[POSITION])).mappings().all()
        return tuple(
            {key: one.type.from_column(row[key], one) for key, one in field.rows.items() if row[key] is not None}
            for row in rows
        )
    return field.type.from_column(conn.execute(select(form.table.c.it)).scalar(), field)


@pytest.mark.parametrize(("kind", "options", "value"), CASES)
def test_a_value_survives_the_database(kind: str, options: Any, value: Any, conn: Connection) -> None:
    form = sample(kind, options)
    field = store(conn, form, value)
    assert read(conn, form, field) == plain(value)


@pytest.mark.parametrize(("kind", "options", "value"), CASES)
def test_a_value_survives_json(kind: str, options: Any, value: Any) -> None:
    field = one_field(kind, options)
    assert field.type.from_json(field.type.to_json(value, field), field) == plain(value)


@pytest.mark.parametrize(("kind", "options", "value"), CASES)
@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_a_value_survives_an_export_and_its_import(kind: str, options: Any, value: Any, locale: str) -> None:
    field = one_field(kind, options)
    context = Context(locale=locale, lookup=CONTEXT.lookup)
    cell = field.type.export_cell(value, field, context)
    again = field.type.import_cell(cell, field, context)
    if kind in ("attachment", "image", "signature"):  # a table of records names files, it does not carry them
        assert [one["id"] for one in again] == [one["id"] for one in value]
    else:
        assert again == plain(value)


@pytest.mark.parametrize(("kind", "options", "value"), CASES)
def test_a_value_fits_its_own_rules_and_is_shown(kind: str, options: Any, value: Any) -> None:
    field = one_field(kind, options)
    assert list(field.type.check(value, field, CONTEXT)) == []
    for locale in ("zh-CN", "en"):
        assert field.type.display(value, field, locale, "Asia/Shanghai")
    assert isinstance(field.type.search_text(value, field), str)


@pytest.mark.parametrize(("kind", "options", "value"), CASES)
def test_what_is_shown_can_be_typed_back(kind: str, options: Any, value: Any) -> None:
    field = one_field(kind, options)
    by_title = field.type.formula_type(field).value in ("record", "records") or field.parts
    if by_title or kind in ("attachment", "image", "signature"):
        pytest.skip("shown by titles, entered by ids")
    shown = field.type.display(value, field, "zh-CN", "Asia/Shanghai")
    again = field.type.parse(shown, field, CONTEXT)
    assert field.type.display(again, field, "zh-CN", "Asia/Shanghai") == shown


@pytest.mark.parametrize("kind", KINDS)
def test_a_blank_is_none_everywhere(kind: str) -> None:
    options = FIELD_TYPES.get(kind).samples()[0][0]
    field = one_field(kind, options)
    for blank in (None, "", [] if field.type.formula_type(field).value in ("records", "list") else ""):
        assert field.type.parse(blank, field, CONTEXT) is None
        assert field.type.import_cell(blank, field, CONTEXT) is None
    assert field.type.display(None, field) == ""
    assert field.type.search_text(None, field) == ""
    assert field.type.export_cell(None, field, CONTEXT) is None
    assert field.type.from_json(field.type.to_json(None, field), field) is None
    assert all(value is None for value in field.type.to_columns(None, field).values())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("nonsense", [object(), float("nan"), {"x": {}}, [[["deep"]]], "\x00\ud800", 10**400, b"bytes"])
def test_nonsense_is_a_problem_and_never_an_error(kind: str, nonsense: Any) -> None:
    field = one_field(kind, FIELD_TYPES.get(kind).samples()[0][0])
    with contextlib.suppress(ProblemError):
        field.type.parse(nonsense, field, CONTEXT)
    with contextlib.suppress(ProblemError):
        field.type.import_cell(nonsense, field, CONTEXT)


@pytest.mark.parametrize("kind", KINDS)
def test_options_are_closed_and_described_in_both_languages(kind: str) -> None:
    found = FIELD_TYPES.get(kind)
    assert schemas.lint(found.options_schema) == []
    assert found.title["en"] and found.title["zh-CN"] and found.icon
    options, _ = found.samples()[0]
    assert list(found.check_options(options)) == []
    assert [problem.code for problem in found.check_options({**options, "colour": 1})] == ["document.unknown"]


OPERANDS: dict[str, Callable[[Any], Any]] = {
    "between": lambda one: [one, one],
    "in": lambda one: [one],
    "nin": lambda one: [one],
}

DAYS_OPERANDS = {"starts_from": "1900-01-01", "starts_until": "9999-12-31", "ends_from": "1900-01-01"}
DAYS_OPERANDS |= {"ends_until": "9999-12-31", "inside": ["1900-01-01", "9999-12-31"]}


@pytest.mark.parametrize(("kind", "options", "value"), CASES)
def test_every_operator_is_true_or_false_for_filled_and_blank(
    kind: str, options: Any, value: Any, conn: Connection
) -> None:
    """No condition is NULL (EXPRESSIONS.md, 6); a value is equal to itself and different from a blank."""
    form = sample(kind, options)
    field = store(conn, form, value)
    conn.execute(insert(form.table).values(id=99))
    column = form.table.c.it if field.storage == "column" else form.table.c.id
    raw = field.type.to_json(value, field)
    for op in field.type.operators(field):
        wrap = OPERANDS.get(op) if not isinstance(raw, list) else None
        operand = "this_month" if op == "relative" else wrap(raw) if wrap else raw
        if op in ("contains", "ncontains") and isinstance(raw, str):
            operand = field.type.search_text(value, field)[:2] or raw[:2]
        if isinstance(value, Days):
            operand = DAYS_OPERANDS.get(op, raw)
        parsed = field.type.parse_operand(op, operand, field, CONTEXT)
        condition = field.type.filter_sql(field, column, op, parsed, CONTEXT)
        query = select(condition, condition.is_(None)).select_from(form.table).order_by(form.table.c.id)
        (filled, filled_null), (blank, blank_null) = conn.execute(query).all()
        assert not filled_null and not blank_null, op
        if isinstance(value, Days) and op not in ("empty", "filled"):
            assert filled and not blank, op
        if op in ("eq", "contains", "starts", "in", "ge", "le", "between", "filled"):
            assert filled and not blank, op
        if op in ("ne", "ncontains", "nin", "empty"):
            assert not filled and blank, op
        if op in ("lt", "gt"):
            assert not filled and not blank, op
    assert conn.execute(select(literal(1))).scalar() == 1


def test_every_field_of_a_form_is_found() -> None:
    assert [one.path for one in every_field(sample("subform"))] == ["it", "it.name", "it.qty"]
