"""The record that walks through a flow: what conditions say of it, what it is called, and writing to it.

The engine acts with system rights here: an approval is judged by what stands in the record, not by what the person
who happens to act may see.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import select, update

from engines.form import names
from engines.form.derive.follow import follow_values
from engines.form.facts import facts_of
from engines.form.form import Form
from engines.form.policy.policy import denied, policy_for, unknown
from engines.form.records import update_record
from engines.form.scope import FormScope, target_of
from engines.form.titles import text_of, titles
from engines.form.transaction import SYSTEM, Transaction
from engines.formula import Expression, Place, Type, compile_expression
from engines.kernel.problems import Forbidden, NotFound, Rejected
from engines.workflow.nodes.base import Node


@lru_cache(maxsize=4096)
def condition(form: Form, text: str) -> Expression:
    """The compiled condition over a form. Raises `Rejected` with the position of what is wrong."""
    return compile_expression(text, form.scope, expects=Type.BOOLEAN, place=Place.FILTER)


def holds(tx: Transaction, form: Form, record_id: int, node: Node) -> dict[str, bool]:
    """Which branches of a condition node are true for the record now, in one query.

    Raises `Rejected` naming the node and branch when a running version speaks of a field that is gone.
    """
    facts = facts_of(tx, form.forms)
    scope = FormScope(form, form.table, facts)
    columns = []
    for branch in node.options["branches"]:
        try:
            expression = condition(form, branch["when"])
        except Rejected as error:
            place = f"nodes.{node.key}.branches.{branch['key']}.when"
            raise Rejected(problem.under(place) for problem in error.problems) from error
        columns.append(expression.sql(scope, facts).label(branch["key"]))
    row = tx.connection.execute(select(*columns).where(form.table.c[names.ID] == record_id)).mappings().one()
    return {key: bool(value) for key, value in row.items()}


def title_of(tx: Transaction, form: Form, record_id: int) -> str:
    """What the record is called, for lists and notices of those who are asked about it: title and subtitle.

    It is kept for all of them, so masks stay on.
    """
    trusted = replace(tx, actor=replace(SYSTEM, locale=tx.actor.locale, zone=tx.actor.zone))
    title = titles(trusted, form, [record_id], masked=True)[record_id]
    field = form.fields.get(form.subtitle_field or "")
    if field is None or field.storage != "column":
        return title
    query = select(form.table.c[field.key]).where(form.table.c[names.ID] == record_id)
    stored = tx.connection.execute(query).scalar_one()
    if field.type.target_form(field):
        target = target_of(form, field)
        subtitle = "" if stored is None else titles(trusted, target, [stored], masked=True)[stored]
    else:
        value = field.type.from_column(stored, field)
        subtitle = text_of(trusted, form, field, value if field.mask is None else field.mask.text(value))
    return f"{title} · {subtitle}" if subtitle else title


def write_state(tx: Transaction, form: Form, record_id: int, status: str, values: Mapping[str, Any]) -> None:
    """Write what a flow sets: the flow's state field through the one write path, and the system column.

    The values are written as the system with the origin `flow`, so that the history says who did it.
    """
    if values:
        acting = replace(SYSTEM, locale=tx.actor.locale, zone=tx.actor.zone)
        update_record(replace(tx, actor=acting, origin="flow"), form, record_id, values)
    # The system column is the flow's own and no value of the record: no version, no line in the history.
    statement = update(form.table).where(form.table.c[names.ID] == record_id)
    tx.connection.execute(statement.values({names.FLOW_STATE: status}))
    follow_values(tx, form, [record_id], [names.FLOW_STATE])


def require_submit(tx: Transaction, form: Form, record_id: int) -> None:
    """Raise `NotFound` when the actor may not see the record, `Forbidden` when the actor may not submit it."""
    policy = policy_for(tx, form)
    table = form.table
    query = select(policy.rows("submit").label("submit")).where(
        table.c[names.ID] == record_id, table.c[names.DELETED].is_(None), policy.rows("read")
    )
    row = tx.connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(unknown(form, record_id))
    if not row.submit:
        raise Forbidden(denied(form, "submit"))
