"""What a task lets its person do with the record (D6): one `EXISTS` on open tasks, and the field rights of its node.

The rights of a node hold only where the page is opened for that task; other rights come from the permission groups.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, exists, select

from engines.form import names
from engines.form.form import Form
from engines.form.policy.grants import Grant
from engines.form.transaction import Transaction
from engines.workflow.tables import TASK
from engines.workflow.versions import flow_of_instance

_EDITS: Final = ("edit", "required")


def open_task_condition(
    form: Form, member: int | None, table: FromClause | None = None, *, task_id: int | None = None
) -> ColumnElement[bool]:
    """The condition "this person has an open task (or an unread copy) on this record", on the form's table or an alias.

    With `task_id` only that task counts.
    """
    record = form.table if table is None else table
    task = TASK.alias("task")
    conditions = [
        task.c.app == form.app,
        task.c.form == form.key,
        task.c.record_id == record.c[names.ID],
        task.c.member_id == member,
        task.c.state == "open",
    ]
    if task_id is not None:
        conditions.append(task.c.id == task_id)
    return exists(select(1).select_from(task).where(*conditions))


def grants_for(tx: Transaction, form: Form, record_id: int, task_id: int | None = None) -> tuple[Grant, ...]:
    """What the actor's open tasks give on a record: to be handed to `get_record`, `update_record`, `policy_for`.

    Every open task lets its person read; only the one for which the page is opened lets them edit, too. A node that
    names no fields shows all of them; one that names some shows these only (and what `*` says).
    """
    query = select(TASK.c.id, TASK.c.instance_id, TASK.c.node, TASK.c.kind).where(
        TASK.c.app == form.app,
        TASK.c.form == form.key,
        TASK.c.record_id == record_id,
        TASK.c.member_id == tx.actor.id,
        TASK.c.state == "open",
    )
    return tuple(_grant(tx, form, row, edits=row.id == task_id) for row in tx.connection.execute(query))


def _grant(tx: Transaction, form: Form, task: Any, *, edits: bool) -> Grant:
    flow = flow_of_instance(tx, task.instance_id)
    rights = dict(flow.nodes[task.node].options.get("fields", {})) if task.kind == "approve" else {}
    if not edits:
        rights = {path: "read" if right in _EDITS else right for path, right in rights.items()}
    other = rights.pop("*", "hidden" if rights else "read")
    may_edit = other in _EDITS or any(right in _EDITS for right in rights.values())
    me, task_id = tx.actor.id, task.id

    def mine(table: FromClause) -> ColumnElement[bool]:
        return open_task_condition(form, me, table, task_id=task_id)

    return Grant(
        key=f"task:{task_id}",
        operations=frozenset({"read", "update"} if may_edit else {"read"}),
        rights={path: _right(right) for path, right in rights.items()},
        other=_right(other),
        condition=mine,
    )


def required_fields(options: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that must be filled in before an approval with these options is approved."""
    return tuple(path for path, right in options.get("fields", {}).items() if right == "required")


def _right(right: str) -> Any:
    return "edit" if right in _EDITS else right
