"""What the SQL of expressions promises: it never raises, a condition is never NULL, indexes stay usable."""

from decimal import Decimal

import pytest
from harness import run_sql
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Connection,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    func,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from engines.formula import FieldRef, FieldScope, Place, Type, compile_expression
from engines.formula.functions.samples import FACTS
from engines.formula.sql import DG_SQL

SCOPE = FieldScope(
    "t",
    (
        FieldRef("a", Type.NUMBER),
        FieldRef("b", Type.NUMBER),
        FieldRef("name", Type.TEXT),
        FieldRef("day", Type.DATE),
        FieldRef("at", Type.DATETIME),
        FieldRef("flag", Type.BOOLEAN),
        FieldRef("tags", Type.LIST),
    ),
)


class TableScope:
    """A SqlScope over one table."""

    def __init__(self, table):
        self.table = table

    def column(self, key):
        return self.table.c[key]


@pytest.fixture
def table(conn: Connection):
    table = Table(
        "t",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("a", Numeric),
        Column("b", Numeric),
        Column("name", Text(collation="C")),
        Column("at", DateTime(timezone=True)),
        Column("flag", Boolean),
        Column("tags", ARRAY(Text)),
    )
    conn.execute(CreateTable(table))
    conn.execute(
        text(
            "INSERT INTO t SELECT n, n, NULLIF(n, 3), 'name ' || n, now(), n > 5, ARRAY['k' || n] FROM"
            " generate_series(1, 5000) n"
        )
    )
    return table


def compiled(expression, place=Place.FILTER):
    return compile_expression(expression, SCOPE, place=place)


@pytest.mark.parametrize(
    ("expression", "index"),
    [
        ("a = 7", "a"),
        ("a > 4990", "a"),
        ('name = "name 7"', "name"),
        ('AND(name >= "name 4", name < "name 41")', "name"),
        ("a = 1 + 6", "a"),
        ('CONTAINS(tags, "k7")', "tags"),
        ("at > NOW() + 1", "at"),
        ("b = a", None),
    ],
)
def test_a_plain_condition_on_a_column_uses_its_index(conn: Connection, table, expression, index):
    for key in ("a", "name", "at"):
        conn.execute(text(f"CREATE INDEX ON t ({key})"))
    conn.execute(text("CREATE INDEX ON t USING gin (tags)"))
    conn.execute(text("ANALYZE t"))
    conn.execute(text("SET LOCAL enable_seqscan = off"))
    statement = select(table.c.id).where(compiled(expression).sql(TableScope(table), FACTS))
    sql = str(statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))
    plan = "\n".join(row[0] for row in conn.execute(text("EXPLAIN " + sql.replace(":", "\\:"))))
    assert (f"t_{index}_idx" in plan) if index else ("_idx" not in plan), plan


@pytest.mark.parametrize(
    "expression", ["a < b", "a = b", "flag", "NOT(flag)", "flag = TRUE", "b >= 3", "AND(flag, b > 1)"]
)
def test_a_condition_is_never_null(conn: Connection, table, expression):
    condition = compiled(expression).sql(TableScope(table), FACTS)
    assert conn.scalar(select(func.count()).select_from(table).where(condition.is_(None))) == 0


def test_what_reads_no_field_reaches_the_database_as_a_value(table):
    expression = compiled('DATEADD(TODAY(), -7, "day") > day', Place.FILTER)
    sql = str(
        compile_expression("a > YEAR(TODAY()) * 2 / 0 + 3", SCOPE, place=Place.FILTER).sql(TableScope(table), FACTS)
    )
    assert expression.volatile
    assert "dg." not in sql


def test_no_raw_division_or_cast_of_texts_is_generated(table):
    texts = [
        "a / b",
        "VALUE(name)",
        "DATE(name)",
        "MOD(a, b)",
        "POWER(a, b)",
        "AVERAGE(a, b)",
        "LEFT(name, a)",
        "DATE(a, b, a)",
    ]
    for expression in texts:
        sql = str(compile_expression(expression, SCOPE).sql(TableScope(table), FACTS))
        assert "/" not in sql
        assert "dg." in sql


def test_the_guard_functions_may_be_made_again_and_are_immutable_and_parallel_safe(server):
    with server.connect() as connection:
        connection.execute("BEGIN")
        connection.execute(DG_SQL)
        connection.execute(DG_SQL)
        rows = connection.execute(
            "SELECT proname, provolatile, proparallel FROM pg_proc WHERE pronamespace = 'dg'::regnamespace"
        ).fetchall()
        connection.execute("ROLLBACK")
    assert len(rows) > 30
    assert {(volatile, parallel) for _, volatile, parallel in rows} == {("i", "s")}
    assert "%" not in DG_SQL


def test_results_do_not_depend_on_the_zone_or_dates_of_the_session(conn: Connection):
    moment = FACTS.now
    scope_row = {"at": moment, "day": moment.date(), "a": Decimal(3)}
    texts = [
        'TEXT(at, "yyyy-mm-dd hh:mm:ss")',
        'DATEADD(at, a, "month")',
        "DATETIME(day)",
        "at + a",
        'DATE("2024-1-2" & name)',
    ]
    expressions = [compile_expression(t, SCOPE, place=Place.LIVE) for t in texts]
    before = run_sql(conn, SCOPE, scope_row, FACTS, *expressions)
    conn.execute(text("SET LOCAL timezone TO 'America/New_York'"))
    conn.execute(text("SET LOCAL datestyle TO 'ISO, DMY'"))
    assert run_sql(conn, SCOPE, scope_row, FACTS, *expressions) == before


def test_the_deepest_expression_allowed_compiles_to_sql_far_down_the_stack(conn: Connection):
    deep = "IF(a > 1, " * 20 + "(a + (b * (a - b)))" + ", 0)" * 20
    chain = "+".join(["a"] * 47)
    expressions = [compile_expression(t, SCOPE) for t in (deep, chain, "ABS(" * 46 + "a" + ")" * 46)]

    def down(levels):
        return run_sql(conn, SCOPE, {"a": Decimal(2)}, FACTS, *expressions) if levels == 0 else down(levels - 1)

    assert down(150) == [Decimal(2), Decimal(94), Decimal(2)]


_any_text = st.text(max_size=12).filter(lambda value: "\x00" not in value and value.isprintable())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.one_of(_any_text, st.from_regex(r"[-+ ]?[0-9.]{0,5}[eE,_ ]?[0-9]{0,3}", fullmatch=True)))
@example("NaN")
@example("Infinity")
@example("1e400")
@example("0x1F")
@example("1_000")
@example("12-")
@example("9999-99-99")
@example("٣")
def test_any_text_turns_into_the_same_number_or_date_as_in_python(conn: Connection, value):
    row = {"name": value or None}
    expressions = [
        compile_expression(t, SCOPE) for t in ("VALUE(name)", "DATE(name)", "TRIM(name)", "LEN(name)", "UPPER(name)")
    ]
    with conn.begin_nested():
        found = run_sql(conn, SCOPE, row, FACTS, *expressions)
    assert found == [e.evaluate(row, FACTS) for e in expressions]
