"""One record of an import through the stages of the one write path (D4), with what an import may do besides:

take records that lack required values, keep the time of creation that the file gives, and try without writing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import TIMESTAMP, BigInteger, column, update, values

from engines.form import ranges
from engines.form.choosing import hold as choosing
from engines.form.derive.follow import follow_values
from engines.form.form import Form
from engines.form.names import CREATED_AT, ID
from engines.form.nested import fresh_rows, row_fields
from engines.form.policy import policy_for
from engines.form.records import Saved
from engines.form.transaction import Transaction
from engines.form.write import compute, constraints, load, stages
from engines.form.write.draft import Draft
from engines.kernel.problems import Forbidden, Problem, ProblemError, Rejected

REQUIRED: Final = "record.required"


@dataclass(slots=True)
class Wanted:
    """What a row wants: values by field, the given time of creation, and what was wrong with its cells already."""

    values: dict[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None
    problems: list[Problem] = field(default_factory=list)
    incomplete: bool = False
    excused: frozenset[str] = frozenset()
    writing: bool = False
    """Whether the database was written to: then a problem must undo more than this record's thoughts."""


def write_record(
    tx: Transaction, form: Form, wanted: Wanted, record_id: int | None, *, trial: bool
) -> tuple[Saved | None, list[str]]:
    """Create or change one record; gives it and the required fields that stayed blank. A trial writes nothing.

    Raises `Rejected` with every problem, `Forbidden`, `NotFound`.
    """
    policy = policy_for(tx, form)
    operation = "create" if record_id is None else "update"
    policy.require(operation)
    draft = Draft(tx, form, policy, "create" if record_id is None else "update", wanted.values, record_id)
    if record_id is None:
        draft.values = dict.fromkeys(form.fields) | {key: [] for key in form.subforms}
    else:
        _open(draft)
    draft.problems = list(wanted.problems)
    missing: list[str] = []
    for stage in stages.CREATE if record_id is None else stages.UPDATE:
        if stage is stages.checks:
            missing = _checks(draft, wanted)
            if trial:
                _free(draft)
                return None, missing
        else:
            wanted.writing = wanted.writing or stage in (stages.serials, stages.row)
            stage(draft)
        if stage is stages.system_view and wanted.created_at is not None:
            draft.view[CREATED_AT] = wanted.created_at
    return stages.saved(draft), missing


def date_back(tx: Transaction, form: Form, given: Mapping[int, datetime]) -> None:
    """Give new records the times of creation that the file gives; the log keeps when they were written."""
    if not given:
        return
    table = form.table
    pairs = values(column("id", BigInteger), column("at", TIMESTAMP(timezone=True)), name="given")
    rows = pairs.data(list(given.items()))
    mine = update(table).where(table.c[ID] == rows.c.id)
    tx.connection.execute(mine.values({CREATED_AT: rows.c.at}))
    follow_values(tx, form, list(given), [CREATED_AT])


def _open(draft: Draft) -> None:
    """The stored record, locked and judged, as `update_record` opens it."""
    tx, form, policy = draft.tx, draft.form, draft.policy
    flags: dict[str, Any] = {} if policy.everywhere("update") else {"_may_write": policy.rows("update")}
    for key in draft.given:
        paths = [key] if key in form.fields else []
        paths += [one.path for one in row_fields(form.subforms[key])] if key in form.subforms else []
        for path in paths:
            answer = policy.edits(path, "update")
            if isinstance(answer, bool):
                draft.rights[path] = answer
            else:
                flags[f"_edit.{path}"] = answer
    found = load.locked(tx, form, draft.record_id or 0, flags, draft.given)
    if found is None or not found.get("_may_write", True):
        label = form.label(draft.locale)
        message = f"You may not change this record of {label}"
        raise Forbidden(Problem("import.update_denied", "", message, {"form": label, "id": draft.record_id}))
    for name in [name for name in found if name.startswith("_edit.")]:
        draft.rights[name.removeprefix("_edit.")] = bool(found.pop(name))
    draft.old = found | load.inner(tx, form, draft.record_id or 0)
    draft.version = found["_version"]
    draft.values = {key: draft.old.get(key) for key in form.fields}
    draft.values |= fresh_rows(form, draft.old)


def checked(draft: Draft, wanted: Wanted) -> list[str]:
    """The checks of every write but for uniqueness; gives the required fields whose blanks the plan excuses.

    Raises `Rejected` with all problems, `Forbidden`.
    """
    known = len(draft.problems)
    compute.required(draft)
    asked, others = [], draft.problems[:known]
    for problem in draft.problems[known:]:
        if problem.path in wanted.excused:
            continue
        if wanted.incomplete and problem.code == REQUIRED:
            asked.append(problem.path)
        else:
            others.append(problem)
    draft.problems = others
    compute.counts(draft)
    compute.choices(draft)
    ranges.hold(draft)
    choosing.hold(draft)
    compute.readonly(draft)
    compute.rules(draft)
    draft.problems += constraints.doubled_rows(draft)
    if draft.denials:
        raise Forbidden([*draft.denials, *draft.problems])
    if draft.problems:
        raise Rejected(draft.problems)
    return asked


def _checks(draft: Draft, wanted: Wanted) -> list[str]:
    """All checks of one record; where something is wrong also what is taken by others."""
    try:
        return checked(draft, wanted)
    except ProblemError as error:
        error.problems = (*error.problems, *constraints.taken(draft))
        raise


def _free(draft: Draft) -> None:
    """What the database would say of unique values and of rights on the new row, asked before."""
    problems = list(constraints.taken(draft))
    if problems:
        raise Rejected(problems)
