"""Who reads a report: the rights of one actor at one moment, as scopes over tables; there is no way around them."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause, and_, true

from engines.form.form import Form
from engines.form.scope import FormScope, Rows, See, alive_in
from engines.formula import Facts


@dataclass(frozen=True)
class Reader:
    """The facts of the moment, and what of each form may be seen."""

    facts: Facts
    see: See
    rows_of: Rows
    clear: See | None = None

    def scope(self, form: Form, table: FromClause) -> FormScope:
        """The values of a form as this reader sees them."""
        return FormScope(form, table, self.facts, self.see, self.rows_of, clear=self.clear)

    def records(self, form: Form, table: FromClause) -> ColumnElement[bool]:
        """Which records this reader may count: readable ones that are not in the trash."""
        alive = alive_in(form, table)
        conditions: list[ColumnElement[bool]] = [] if alive is None else [alive]
        allowed = self.rows_of(form, table)
        if allowed is not None:
            conditions.append(allowed)
        return and_(true(), *conditions)
