"""Parts of expressions that read rows no record carries: run as SQL, with the rights of the actor.

The Python back end comes here for whole forms and for related lists (`engines.formula.Facts.ask`). What such a part
needs of the record at hand is bound into it already, so changes that are not written yet count.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause, literal, select

from engines.form.form import Form, Forms
from engines.form.policy import policy_for
from engines.form.scope import FormScope
from engines.form.transaction import Transaction
from engines.formula import Facts
from engines.formula.python import READERS
from engines.formula.sql.backend import SqlBackend
from engines.formula.tree import Aggregate
from engines.formula.types import Ask


def asker(tx: Transaction, forms: Forms, facts: Facts) -> Ask:
    """Answers in the transaction, from the records that its actor may read; the system reads everything."""

    def clear(form: Form, path: str, table: FromClause) -> bool | ColumnElement[bool]:
        return policy_for(tx, form).clear(path, table)

    def see(form: Form, path: str, table: FromClause) -> bool | ColumnElement[bool]:
        return policy_for(tx, form).sees(path, table)

    def rows_of(form: Form, table: FromClause) -> ColumnElement[bool] | None:
        policy = policy_for(tx, form)
        return None if policy.everywhere("read") else policy.rows("read", table)

    seen, rows = (None, None) if tx.actor.is_system else (see, rows_of)

    def ask(node: Aggregate, start: Mapping[str, Any] | None) -> Any:
        key = node.form if node.form is not None else (node.remote or (0, ""))[1]
        number = literal(None if start is None else start.get("id"), BigInteger)
        record = select(number.label("id")).subquery()
        scope = FormScope(forms.get(key), record, facts, see=seen, rows_of=rows, clear=clear)
        value = tx.connection.scalar(select(SqlBackend((scope,), facts).element(node)).select_from(record))
        return tuple(value) or None if isinstance(value, list) else READERS[node.type](value)

    return ask
