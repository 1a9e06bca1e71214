"""The actor of a transaction as a reader: the policy of every form that a report touches."""

from sqlalchemy import ColumnElement, FromClause
from sqlalchemy.sql.elements import True_

from engines.form.facts import facts_of
from engines.form.form import Form, Forms
from engines.form.policy import policy_for
from engines.form.transaction import Transaction
from engines.report.reader import Reader


def reader_of(tx: Transaction, forms: Forms) -> Reader:
    """The actor of a transaction as a reader of an app's forms."""

    def clear(form: Form, path: str, table: FromClause) -> bool | ColumnElement[bool]:
        return policy_for(tx, form).clear(path, table)

    def see(form: Form, path: str, table: FromClause) -> bool | ColumnElement[bool]:
        return policy_for(tx, form).sees(path, table)

    def rows_of(form: Form, table: FromClause) -> ColumnElement[bool] | None:
        condition = policy_for(tx, form).rows("read", table)
        return None if isinstance(condition, True_) else condition

    return Reader(facts_of(tx, forms), see, rows_of, clear)
