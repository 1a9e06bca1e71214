"""Every parser of every field type against arbitrary input: a problem that names the place, or a value that stays."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, false, or_, select
from sqlalchemy.exc import DBAPIError

from engines.form.fields import FIELD_TYPES
from engines.form.fields.base import Context, Field
from engines.form.form import Form
from engines.kernel.problems import ProblemError
from tests.form.build import create_tables, sample
from tests.form.nasty import CELLS, FIXED, NUMBERS, TEXTS, anything, cells

KINDS = [kind.key for kind in FIELD_TYPES if kind.is_value]
CASES = [
    pytest.param(kind.key, options, id=f"{kind.key}-{number}")
    for kind in FIELD_TYPES
    if kind.is_value
    for number, (options, _) in enumerate(kind.samples())
]
CONTEXT = Context(lookup=lambda form, text: 1 if text == "a" else None)
FUZZ = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def accepted(read: Any, *given: Any) -> Any:
    """What a parser made of an input, or None where it said what is wrong; anything else is a fault."""
    try:
        return read(*given)
    except ProblemError as error:
        for one in error.problems:
            json.dumps(one.as_dict()).encode()
        return None


def holds(value: Any, field: Field) -> None:
    """A value that was taken is checked, shown, exported, searched and sent, and comes back as it was."""
    kind = field.type
    for one in kind.check(value, field, CONTEXT):
        json.dumps(one.as_dict()).encode()
    if list(kind.check(value, field, CONTEXT)):
        return
    for locale in ("zh-CN", "en"):
        kind.display(value, field, locale, "Asia/Shanghai").encode()
        kind.export_cell(value, field, Context(locale=locale))
    kind.search_text(value, field).encode()
    kind.form_text(value, field)
    told = kind.to_json(value, field)
    again = json.loads(json.dumps(told, allow_nan=False))
    assert kind.from_json(again, field, CONTEXT) == value


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_whatever_is_sent_is_a_problem_or_a_value_that_survives_json(kind: str, options: Any) -> None:
    field = sample(kind, options).fields["it"]

    def one(raw: Any) -> None:
        value = accepted(field.type.parse, raw, field, CONTEXT)
        if value is not None:
            holds(value, field)

    for raw in FIXED:
        one(raw)
    FUZZ(given(anything())(one))()


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_stands_in_a_cell_is_a_problem_or_a_value(kind: str) -> None:
    field = sample(kind, FIELD_TYPES.get(kind).samples()[0][0]).fields["it"]

    def one(cell: Any) -> None:
        value = accepted(field.type.import_cell, cell, field, CONTEXT)
        if value is not None:
            holds(value, field)

    for cell in (*TEXTS, *NUMBERS, *CELLS):
        one(cell)
    FUZZ(given(cells())(one))()


def condition(form: Form, op: str, raw: Any) -> Any:
    """The condition that a question becomes; None for a problem."""
    field = form.fields["it"]
    try:
        operand = field.type.parse_operand(op, raw, field, CONTEXT)
    except ProblemError:
        return None
    column = form.table.c.id if field.storage in ("links", "children") else form.table.c.it
    return field.type.filter_sql(field, column, op, operand, CONTEXT)


def run(conn: Connection, form: Form, found: Any) -> None:
    """Ask; the database must understand whatever the type let through."""
    with conn.begin_nested():
        conn.execute(select(form.table.c.id).where(found).limit(1)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_asked_for_is_a_problem_or_a_condition(kind: str, conn: Connection) -> None:
    form = sample(kind, FIELD_TYPES.get(kind).samples()[0][0])
    if form.fields["it"].storage == "none":
        pytest.skip("asked through the type of its result")
    create_tables(conn, form.forms)
    ops = form.fields["it"].type.operators(form.fields["it"])

    def one(op: str, raw: Any) -> None:
        found = condition(form, op, raw)
        if found is not None:
            try:
                run(conn, form, found)
            except (DBAPIError, ValueError) as error:
                pytest.fail(f"{op} {raw!r}: {error}")

    for op in ops:
        questions = [*FIXED, *([raw, raw] for raw in FIXED)]
        made = [found for found in (condition(form, op, raw) for raw in questions) if found is not None]
        try:
            run(conn, form, or_(false(), *made))
        except (DBAPIError, ValueError):
            for raw in questions:
                one(op, raw)
    FUZZ(given(st.sampled_from(ops), anything())(one))()
