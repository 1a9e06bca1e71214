"""The tasks of a stage: ticked by people who may change the record's stage, asked for when it is left."""

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.query import get_record
from engines.form.stages.known import stages_by_key
from engines.form.stages.tables import STAGE_TASK
from engines.form.transaction import Transaction
from engines.kernel.problems import Forbidden, NotFound, Problem, Rejected


def done_tasks(tx: Transaction, form: Form, record_id: int, field: Field, stage: str) -> frozenset[str]:
    """The keys of the tasks that were ticked in a stage."""
    query = select(STAGE_TASK.c.task).where(
        STAGE_TASK.c.form == form.table.name,
        STAGE_TASK.c.record_id == record_id,
        STAGE_TASK.c.field == field.key,
        STAGE_TASK.c.stage == stage,
    )
    return frozenset(tx.connection.execute(query).scalars())


def tick_tasks(tx: Transaction, form: Form, record_id: int, field: Field, stage: str, done: Collection[str]) -> None:
    """Set which tasks of a stage are done; who did each first stays. The stage is that of the record, or one it was in.

    Raises `NotFound` where the actor may not see the record, `Forbidden` where it may not change its stage, `Rejected`
    for tasks that the stage does not have.
    """
    record = get_record(tx, form, record_id)
    if "update" not in record.may or field.key not in record.editable:
        label = field.label(tx.actor.locale)
        raise Forbidden(Problem("record.field_denied", field.key, "You may not give this field", {"label": label}))
    known = stages_by_key(field).get(stage)
    if known is None:
        raise NotFound(Problem("stage.unknown", field.key, f'There is no stage "{stage}"', {"key": stage}))
    keys = {task.key for task in known.tasks}
    for key in done:
        if key not in keys:
            raise Rejected(Problem("stage.unknown_task", field.key, f'There is no task "{key}"', {"key": key}))
    here = {"form": form.table.name, "record_id": record_id, "field": field.key, "stage": stage}
    gone = delete(STAGE_TASK).where(*(STAGE_TASK.c[name] == value for name, value in here.items()))
    tx.connection.execute(gone.where(STAGE_TASK.c.task.not_in(list(done))))
    if done:
        rows = [{**here, "task": key, "done_at": tx.now, "done_by": tx.actor.id} for key in done]
        tx.connection.execute(insert(STAGE_TASK).values(rows).on_conflict_do_nothing())
