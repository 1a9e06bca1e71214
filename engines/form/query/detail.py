"""One record, with what its reader may do with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, Select, bindparam, select

from engines.form.derive.pending import lags, recomputing
from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.kept import Kept
from engines.form.names import DELETED
from engines.form.nested import row_fields
from engines.form.policy import Grant
from engines.form.policy.policy import Answer, denied, unknown
from engines.form.policy.signature import signature
from engines.form.query.ask import Ask, ask
from engines.form.query.reader import Reader
from engines.form.query.types import Record
from engines.form.transaction import Transaction
from engines.kernel.problems import Forbidden, NotFound

ON_A_RECORD: Final = ("update", "delete", "submit", "export")
_MAY: Final = "_may."
_EDIT: Final = "_edit."
_LAGS: Final = "_lags"


def get_record(
    tx: Transaction, form: Form, record_id: int, *, grants: Iterable[Grant] = (), trash: bool = False
) -> Record:
    """The record as the actor may see it, rows and links included, with `may` and `editable`.

    Raises `NotFound` where it is not there or may not be seen (one cannot be told from the other), `Forbidden` where
    the actor may see no record of the form at all. `trash` finds it in the trash too.
    """
    asked = ask(tx, form, grants)
    if not asked.policy.may("read"):
        raise Forbidden(denied(form, "read"))
    alike = signature(asked.policy)
    plan = _plan(asked, trash) if alike is None else _PLANS.get((form, alike, trash), lambda: _plan(asked, trash))
    reader, answers = Reader(asked, plan.fields, plan.rights), plan.answers
    found = asked.run(plan.statement, P_record=record_id).mappings().one_or_none()
    if found is None:
        raise NotFound(unknown(form, record_id))
    row = dict(found)
    holds = {name: right if isinstance(right, bool) else bool(row[name]) for name, right in answers.items()}
    may = frozenset(name.removeprefix(_MAY) for name, held in holds.items() if held and name.startswith(_MAY))
    editable = frozenset(name.removeprefix(_EDIT) for name, held in holds.items() if held and name.startswith(_EDIT))
    deleted = row.get(DELETED) is not None
    if "update" not in may or deleted:
        editable = frozenset()
    allowed = frozenset({"read"} | (may - {"update"} if deleted else may))
    late = recomputing(tx, form, [record_id]) if row.get(_LAGS) else {}
    seen = frozenset(path for path in late.get(record_id, ()) if asked.policy.sees(path) is not False)
    return reader.records([row], may=allowed, editable=editable, recomputing=seen)[0]


@dataclass(frozen=True)
class _Plan:
    """The statement for one record of a form, and what is known without it."""

    statement: Select[Any]
    fields: dict[str, Field]
    rights: dict[str, Answer]
    answers: dict[str, Answer]


_PLANS: Final[Kept[_Plan]] = Kept(1024)


def _plan(asked: Ask, trash: bool) -> _Plan:
    reader = Reader.of(asked, None)
    answers = _answers(asked)
    conditions = [right.label(name) for name, right in answers.items() if not isinstance(right, bool)]
    late = [lags(asked.form).label(_LAGS)] if asked.form.kept else []
    query = select(*reader.columns(), *conditions, *late).select_from(asked.table)
    query = query.where(asked.table.c.id == bindparam("P_record", type_=BigInteger), asked.policy.rows("read"))
    if not trash:
        query = query.where(asked.alive())
    return _Plan(query, reader.fields, reader.rights, answers)


def _answers(asked: Ask) -> dict[str, Answer]:
    """What the actor may do, and change, with this record: known at once, or to be asked of the database."""
    policy, form = asked.policy, asked.form
    answers: dict[str, Answer] = {}
    for operation in ON_A_RECORD:
        allowed: Any = policy.may(operation)
        if allowed and not policy.everywhere(operation):
            allowed = policy.rows(operation)
        answers[_MAY + operation] = allowed
    if form.system:
        return dict.fromkeys(answers, False)
    for key, one in form.fields.items():
        if one.type.writable and not one.readonly:
            answers[_EDIT + key] = policy.edits(key)
        for inner in row_fields(form.subforms[key]) if key in form.subforms else ():
            if inner.type.writable and not inner.readonly:
                answers[_EDIT + inner.path] = policy.edits(inner.path)
    return answers


def exists_for(tx: Transaction, form: Form, record_id: int) -> bool:
    """Whether the actor may see a record."""
    asked = ask(tx, form)
    query = select(1).select_from(asked.table).where(asked.table.c.id == record_id, asked.alive())
    return asked.policy.may("read") and (asked.run(query.where(asked.policy.rows("read"))).first() is not None)
