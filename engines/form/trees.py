"""The tree behind a cascade field as a person may see it: the nodes below one, and the way down to one."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from engines.form.fields.base import Field
from engines.form.fields.cascade import ancestors, parent_key
from engines.form.form import Form
from engines.form.names import DELETED
from engines.form.query import Query, Sort, list_records, picked
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem

MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a tree. A leaf has nothing below it."""

    id: int
    title: str
    leaf: bool


def cascade_at(form: Form, path: str) -> Field:
    """The cascade field of a form. Raises `NotFound`."""
    field = form.at(path)
    if field.type.key != "cascade" or field.target is None:
        raise NotFound(Problem("cascade.no_field", path, f'"{path}" is no cascade field', {"path": path}))
    return field


def branches(tx: Transaction, form: Form, path: str, node: int | None) -> list[Node]:
    """The nodes right below one (or at the top), in the order of their titles."""
    field = cascade_at(form, path)
    target = form.forms.get(str(field.type.target_form(field)))
    parent = parent_key(field)
    condition = {"field": parent, "op": "empty"} if node is None else {"field": parent, "op": "eq", "value": node}
    if parent is None:
        condition = {}
    title = target.title_field
    columns, sort = ((title,), (Sort(title),)) if title else ((), ())
    page = list_records(
        tx, target, Query(columns=columns, filter=condition or None, sort=sort, limit=MOST, count="none")
    )
    ids = [one.id for one in page.rows]
    parents = set()
    if parent is not None and ids:
        table = target.table
        below = select(table.c[parent]).where(table.c[parent].in_(ids), table.c[DELETED].is_(None)).distinct()
        parents = set(tx.connection.execute(below).scalars())
    return [Node(one.id, one.title or f"#{one.id}", one.id not in parents) for one in page.rows]


def way_to(tx: Transaction, form: Form, path: str, node: int) -> list[tuple[int, str]]:
    """Ids and titles from the top down to a node; nodes that the person may not see are left out."""
    field = cascade_at(form, path)
    ids = [row.id for row in tx.connection.execute(ancestors(field, node))]
    target = form.forms.get(str(field.type.target_form(field)))
    titles = {one.id: one.title or f"#{one.id}" for one in picked(tx, target, ids)}
    return [(one, titles[one]) for one in ids if one in titles]
