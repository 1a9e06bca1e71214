"""Small documents and their tables for tests: a test names only what it is about."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.schema import CreateIndex, CreateTable

from engines.form.compile import compile_forms
from engines.form.form import Field, Form, Forms
from engines.kernel.documents import Document

ROWS = [{"key": "name", "type": "text", "label": "Name"}, {"key": "qty", "type": "number", "label": "Qty"}]
OTHER: Document = {
    "kind": "form",
    "key": "other",
    "title": "Other",
    "title_field": "name",
    "fields": [{"key": "name", "type": "text", "label": "Name"}],
}


def field(key: str, kind: str, options: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A field of a document; a sub-form gets the rows `name` and `qty`."""
    rows = {"fields": ROWS} if kind == "subform" else {}
    return {
        "key": key,
        "type": kind,
        "label": {"en": key.title(), "zh-CN": key},
        "options": options or {},
        **rows,
        **more,
    }


def form(key: str, *fields: Mapping[str, Any], **more: Any) -> Document:
    """A form's document."""
    return {"kind": "form", "key": key, "title": {"en": key.title(), "zh-CN": key}, "fields": list(fields), **more}


def forms(*documents: Document, app: str = "app", revision: int = 1) -> Forms:
    """Compiled forms; a form `other` with a name is there unless one is given."""
    given = {(one["kind"], one["key"]) for one in documents}
    extra = [] if ("form", "other") in given else [OTHER]
    return compile_forms(app, [*documents, *extra], revision=revision)


def one_field(kind: str, options: Mapping[str, Any] | None = None, **more: Any) -> Field:
    """The field `it` of a form of its own."""
    return sample(kind, options, **more).fields["it"]


def sample(kind: str, options: Mapping[str, Any] | None = None, **more: Any) -> Form:
    """A form with one field `it`, and what it is about: rows `items` of a roll-up, the stage `a_stage` of its info."""
    about = [field("items", "subform")] if kind == "rollup" else []
    about += [field("a_stage", "stage", {"stages": [{"key": "a"}]})] if kind == "stage_info" else []
    about += [field("a_formula", "formula", {"expression": "1", "result": "number"})] if kind == "explanation" else []
    return forms(form("sample", field("it", kind, options, **more), *about)).get("sample")


def create_tables(conn: Connection, compiled: Forms) -> None:
    """The tables of forms in the workspace's schema; the people tables are there."""
    for table in compiled.metadata.sorted_tables:
        if table.name.startswith("_"):
            continue
        conn.execute(CreateTable(table))
        for index in sorted(table.indexes, key=lambda one: str(one.name)):
            conn.execute(CreateIndex(index))


def people(conn: Connection, compiled: Forms, names: Iterable[str] = ("林悦", "Ana Sol")) -> list[int]:
    """Members and departments with the ids 1, 2, ... in the workspace."""
    ids = []
    for number, name in enumerate(names, start=1):
        common = {"id": number, "name": name, "name__sort": name, "active": True}
        conn.execute(compiled.get("_department").table.insert().values(**common))
        conn.execute(compiled.get("_member").table.insert().values(**common, department=number))
        ids.append(number)
    return ids
