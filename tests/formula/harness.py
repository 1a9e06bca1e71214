"""What the tests of the language share: scopes and rows from JSON, SQL over literal rows, the sample record."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    cast,
    column,
    false,
    literal,
    null,
    select,
    true,
    union_all,
)

from engines.formula import Expression, Facts, FieldRef, FieldScope, Place, Type, browser_facts, compile_expression
from engines.formula.calendars import Calendar, Hours
from engines.formula.memory import with_forms
from engines.formula.python import READERS
from engines.formula.sql.build import SQL_TYPES

CONFORMANCE = Path(__file__).parents[2] / "engines" / "formula" / "conformance"


def read_scope(document: Mapping[str, Any], key: str = "sample") -> FieldScope:
    """A scope from JSON: a field is a type name, {"record": fields} / {"records": fields}, or a choice
    with scores {"type": "text", "scores": {option: score}}."""
    fields = []
    for name, kind in document["fields"].items():
        if isinstance(kind, str):
            fields.append(FieldRef(name, Type(kind)))
        elif "scores" in kind:
            scores = tuple((option, Decimal(str(score))) for option, score in kind["scores"].items())
            fields.append(FieldRef(name, Type(kind["type"]), scores=scores))
        else:
            ((relation, inner),) = kind.items()
            fields.append(FieldRef(name, Type(relation), target=read_scope({"fields": inner}, name)))
    settings = {name: Type(kind) for name, kind in document.get("settings", {}).items()}
    forms = tuple(read_scope({"fields": inner}, name) for name, inner in document.get("forms", {}).items())
    return FieldScope(key, tuple(fields), settings, forms)


def read_value(kind: Type, value: Any) -> Any:
    """A JSON value as Python sees it in a row."""
    if value is None:
        return None
    match kind:
        case Type.NUMBER:
            return Decimal(str(value))
        case Type.DATE:
            return date.fromisoformat(value)
        case Type.DATETIME:
            return datetime.fromisoformat(value)
        case _:
            return value


def read_row(scope: FieldScope, row: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON row as Python sees it."""
    result: dict[str, Any] = {}
    for key, value in row.items():
        ref = scope.field(key)
        assert ref is not None or key == "id", key
        if ref is None or value is None:
            result[key] = value
        elif ref.type is Type.RECORD:
            result[key] = {"id": value["id"], **read_row(ref.target, value)}
        elif ref.type is Type.RECORDS:
            result[key] = [read_row(ref.target, inner) for inner in value]
        else:
            result[key] = read_value(ref.type, value)
    return result


def read_calendar(key: str, document: Mapping[str, Any]) -> Calendar:
    """A calendar from JSON: hours in minutes for each weekday, and for the days that differ."""

    def hours(found: Any) -> Hours:
        return tuple((start, end) for start, end in found)

    days = {date.fromisoformat(day): hours(found) for day, found in document["days"].items()}
    return Calendar(key, tuple(hours(found) for found in document["week"]), days)


def read_facts(scope: FieldScope, document: Mapping[str, Any]) -> Facts:
    """Facts from JSON."""
    settings = {key: read_value(scope.settings[key], value) for key, value in document.get("settings", {}).items()}
    prior = document.get("prior")
    tree = {int(key): (parent, name) for key, (parent, name) in document.get("departments", {}).items()}
    facts = Facts(
        datetime.fromisoformat(document["now"]),
        document["zone"],
        document.get("user"),
        settings,
        prior=None if prior is None else read_row(scope, prior),
        departments=tree,
        rates={
            currency: tuple((date.fromisoformat(day), Decimal(rate)) for day, rate in known)
            for currency, known in document.get("rates", {}).items()
        },
        calendars={key: read_calendar(key, one) for key, one in document.get("calendars", {}).items()},
    )
    forms = {key: [read_row(scope.form(key), row) for row in rows] for key, rows in document.get("forms", {}).items()}
    return with_forms(facts, forms)


@dataclass(frozen=True)
class RowsScope:
    """A SqlScope over rows written into the statement itself, each with its number and that of the row around it."""

    fields: FieldScope
    rows_: tuple[tuple[int, Mapping[str, Any]], ...]
    source: FromClause
    forms: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def over(
        cls, fields: FieldScope, rows: Sequence[tuple[int, Mapping[str, Any]]], forms: Mapping[str, Any] | None = None
    ) -> "RowsScope":
        """Selects of constants, glued together; nothing is remembered, so every call gives a fresh alias."""
        plain = [ref for ref in fields.fields if ref.type is not Type.RECORDS]
        selects = []
        for number, (outer, row) in enumerate(rows):
            values = [
                cast(null() if (v := READERS[ref.type](row.get(ref.key))) is None else literal(
                    list(v) if isinstance(v, tuple) else v, SQL_TYPES[ref.type]), SQL_TYPES[ref.type]).label(ref.key)
                for ref in plain
            ]  # fmt: skip
            selects.append(
                select(literal(number, Integer).label("_number"), literal(outer, Integer).label("_outer"), *values)
            )
        if not selects:
            values = [cast(null(), SQL_TYPES[ref.type]).label(ref.key) for ref in plain]
            empty = [cast(null(), BigInteger).label(name) for name in ("_number", "_outer")]
            selects.append(select(*empty, *values).where(false()))
        return cls(fields, tuple(rows), union_all(*selects).subquery(), forms or {})

    def column(self, key: str) -> ColumnElement[Any]:
        return self.source.c[key]

    def _follow(self, key: str) -> "tuple[FromClause, ColumnElement[bool], RowsScope]":
        ref = self.fields.field(key)
        assert ref is not None and isinstance(ref.target, FieldScope)
        inner: list[tuple[int, Mapping[str, Any]]] = []
        for number, (_, row) in enumerate(self.rows_):
            value = row.get(key)
            found = [value] if isinstance(value, Mapping) else value if isinstance(value, list) else []
            inner += [(number, item) for item in found]
        scope = RowsScope.over(ref.target, inner, self.forms)
        return scope.source, scope.source.c["_outer"] == self.source.c["_number"], scope

    def related(self, key: str) -> "tuple[FromClause, ColumnElement[bool], RowsScope]":
        return self._follow(key)

    def rows(self, key: str) -> "tuple[FromClause, ColumnElement[bool], RowsScope]":
        return self._follow(key)

    def whole(self, key: str) -> "tuple[FromClause, ColumnElement[bool], RowsScope]":
        fields, records = self.forms[key]
        scope = RowsScope.over(fields, [(0, record) for record in records], self.forms)
        return scope.source, true(), scope

    def order(self) -> tuple[ColumnElement[Any], ...]:
        return (self.source.c["_number"],)


def from_sql(kind: Type, value: Any) -> Any:
    """A result of the database as the Python back end would give it."""
    return tuple(value) if isinstance(value, list) else READERS[kind](value)


def run_sql(
    conn: Connection, fields: FieldScope, row: Mapping[str, Any], facts: Facts, *expressions: Expression
) -> Any:
    """The values of several expressions over one row, in one SELECT."""
    records = {} if facts.ask is None else facts.ask.forms
    scope = RowsScope.over(fields, [(0, row)], {key: (fields.form(key), rows) for key, rows in records.items()})
    columns = [e.sql(scope, facts).label(f"c{place}") for place, e in enumerate(expressions)]
    result = conn.execute(select(column("_number"), *columns).select_from(scope.source)).one()
    return [from_sql(e.type, value) for e, value in zip(expressions, result[1:], strict=True)]


def cases() -> list[dict[str, Any]]:
    """Every case of every conformance file, with the scope, facts and row of its file where it has none itself."""
    found = []
    for path in sorted(CONFORMANCE.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        shared = {name: document[name] for name in ("scope", "facts", "row")}
        found += [
            {**shared, **case, "file": path.stem, "id": f"{path.stem}: {case['expression']}"}
            for case in document["cases"]
        ]
    return found


def browser_document(path: Path) -> dict[str, Any]:
    """What the browser's tests need beside a conformance file: the tree of each case, and facts as pages get them."""
    facts: list[dict[str, Any]] = []
    trees = []
    document = json.loads(path.read_text(encoding="utf-8"))
    for case in document["cases"]:
        whole = {**{name: document[name] for name in ("scope", "facts", "row")}, **case}
        scope = read_scope(whole["scope"])
        expression = compile_expression(whole["expression"], scope, place=Place(whole.get("place", "live")))
        moment = browser_facts(read_facts(scope, whole["facts"]))
        moment |= {name: whole["facts"][name] for name in ("prior", "departments", "rates") if name in whole["facts"]}
        if moment not in facts:
            facts.append(moment)
        references = sorted(list(path) for path in expression.references)
        trees.append({"tree": expression.tree(), "facts": facts.index(moment), "references": references})
    return {"facts": facts, "cases": trees}


def browser_text(path: Path) -> str:
    """The file beside a conformance file, one line for each case."""
    document = browser_document(path)
    facts = ",\n  ".join(json.dumps(moment, ensure_ascii=False) for moment in document["facts"])
    lines = ",\n  ".join(json.dumps(case, ensure_ascii=False) for case in document["cases"])
    return f'{{\n "facts": [\n  {facts}\n ],\n "cases": [\n  {lines}\n ]\n}}\n'


def write_browser_documents() -> None:
    """Make the files of trees anew: `python tests/formula/harness.py` after a change of the compiler."""
    for path in sorted(CONFORMANCE.glob("*.json")):
        (CONFORMANCE / "browser" / path.name).write_text(browser_text(path), encoding="utf-8")


if __name__ == "__main__":
    write_browser_documents()
