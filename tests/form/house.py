"""The tables of one workspace, changed from one revision's forms to the next: what tests of such changes share."""

from typing import Any

from sqlalchemy import Connection

from engines.form.ddl import DdlStep, Trash, plan_tables
from engines.form.form import Forms
from engines.form.refresh import refresh
from tests.form.build import form, forms

CATALOG = {
    "columns": """SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, co.collname,
        a.attidentity, pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
        LEFT JOIN pg_collation co ON co.oid = a.attcollation
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = current_schema()::regnamespace AND a.attnum > 0 AND NOT a.attisdropped""",
    "indexes": """SELECT t.relname, i.relname, pg_get_indexdef(i.oid), x.indisvalid FROM pg_index x
        JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
        WHERE t.relnamespace = current_schema()::regnamespace""",
    "constraints": """SELECT t.relname, o.conname, o.convalidated, pg_get_constraintdef(o.oid) FROM pg_constraint o
        JOIN pg_class t ON t.oid = o.conrelid WHERE t.relnamespace = current_schema()::regnamespace
        AND o.contype <> 'n'""",
}


class House:
    """The schema of a workspace in which plans are carried out, one statement after another, as a publish does."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def fresh(self) -> None:
        """Drop every table of the app, the trash included."""
        tables = (
            self.run(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^(app__|_x)' "
                "AND relnamespace = current_schema()::regnamespace"
            )
            .scalars()
            .all()
        )
        if tables:
            self.run(f"DROP TABLE {', '.join(tables)} CASCADE")
        self.run("DELETE FROM _member")

    def run(self, sql: str) -> Any:
        return self.connection.exec_driver_sql(sql, execution_options={"no_parameters": True})

    def apply(self, old: Forms | None, new: Forms, *, trash: Trash | None = None, twice: bool = False) -> list[DdlStep]:
        """Plan and carry out; `twice` repeats every prepare and finish step, which must change nothing."""
        steps = plan_tables(old, new, trash=trash)
        for step in steps:
            for _ in range(2 if twice and step.phase != "switch" else 1):
                self.step(step, new)
        return steps

    def step(self, step: DdlStep, new: Forms) -> None:
        if step.refresh:
            key, _, path = step.refresh.partition(".")
            refresh(self.connection, new.get(key), path)
        else:
            self.run(step.sql)

    def catalog(self) -> dict[str, set[tuple[Any, ...]]]:
        """Everything but the trash and the order of columns."""
        found = {}
        for name, sql in CATALOG.items():
            rows = {tuple(row) for row in self.run(sql.replace("\n", " "))}
            rows = {tuple(map(str, row)) for row in rows if str(row[0]).startswith("app__")}
            found[name] = {row for row in rows if not row[1].startswith("_x")}
        return found


STATES = {"choices": [{"key": "open", "label": {"en": "Open", "zh-CN": "进行"}}, {"key": "done"}]}
SHARED = {
    "kind": "option_set",
    "key": "states",
    "title": "States",
    "choices": [{"key": "o", "label": {"en": "Open", "zh-CN": "进行"}}, {"key": "x"}],
}


def app(*fields: Any, revision: int = 1, **more: Any) -> Forms:
    return forms(SHARED, form("sample", *fields, **more), revision=revision)
