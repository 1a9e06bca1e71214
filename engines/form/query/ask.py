"""A question in the making: the form, the reader's policy, and everything that a condition or column is built from.

Nothing here can be had without a policy: the scope's columns are what the reader sees (D4, D6).
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, false, literal, or_, true
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.sql.expression import cast

from engines.form.facts import facts_of
from engines.form.fields.base import Context, Field
from engines.form.form import Form
from engines.form.names import DELETED, SEARCH
from engines.form.policy import Policy, policy_for
from engines.form.policy.policy import Answer
from engines.form.policy.rules import about
from engines.form.protect.seal import exact_sql
from engines.form.scope import FormScope, alive_in
from engines.form.search import sealed_fields, searched_fields, tsquery
from engines.form.transaction import Transaction


@dataclass(frozen=True)
class Ask:
    """What reads of one form lean on."""

    tx: Transaction
    form: Form
    policy: Policy
    scope: FormScope
    context: Context

    @property
    def table(self) -> FromClause:
        """The form's table, without an alias."""
        return self.form.table

    def run(self, statement: Any, **parameters: Any) -> Any:
        """Execute a statement with what its conditions ask about this reader.

        Every read goes through here: parts of statements are kept for readers who are alike, and only the parameters
        tell these apart.
        """
        return self.tx.connection.execute(statement, {**about(self.tx.actor, self.scope.facts), **parameters})

    def alive(self, *, trash: bool = False) -> ColumnElement[bool]:
        """The rows that are there, or those in the trash."""
        if self.form.of_rows is not None:
            held = alive_in(self.form, self.table)
            return true() if held is None else ~held if trash else held
        if DELETED not in self.table.c:
            return false() if trash else true()
        return self.table.c[DELETED].is_not(None) if trash else self.table.c[DELETED].is_(None)

    def found_by(self, terms: tuple[str, ...]) -> ColumnElement[bool]:
        """The rows in which every term stands in some field that may be seen there (pairs of characters only)."""
        if not terms:
            return true()
        if SEARCH not in self.table.c:
            return self._plainly(terms)
        fields = searched_fields(self.form)
        rights: dict[str, Answer] = {one.path: self.policy.finds(one) for one in fields}
        open_paths = [path for path, right in rights.items() if right is True]
        partly = {path: right for path, right in rights.items() if not isinstance(right, bool)}
        column = self.table.c[SEARCH]
        conditions: list[ColumnElement[bool]] = []
        for term in terms:
            ways: list[ColumnElement[bool]] = []
            if open_paths:
                ways.append(_matches(column, tsquery(term, open_paths)))
            ways += [_matches(column, tsquery(term, [path])) & right for path, right in partly.items()]
            ways += self._sealed(term)
            conditions.append(or_(false(), *ways))
        if partly and not sealed_fields(
            self.form
        ):  # one condition that the index can answer, before those that look at rights
            paths = [*open_paths, *partly]
            conditions = [_matches(column, tsquery(term, paths)) for term in terms] + conditions
        return _all(conditions)

    def _sealed(self, term: str) -> list[ColumnElement[bool]]:
        """The rows in which an encrypted field that may be read in full is just this word."""
        ways: list[ColumnElement[bool]] = []
        for one in sealed_fields(self.form):
            right = self.policy.finds(one)
            if right is False:
                continue
            same = exact_sql(one, self.table.c[one.digest_key], "eq", term)
            ways.append(same if right is True else same & right)
        return ways

    def _plainly(self, terms: tuple[str, ...]) -> ColumnElement[bool]:
        """People forms are small and have no search column: parts of names and of sort keys."""
        columns = [self.table.c[name] for name in ("name", "name__sort", "email") if name in self.table.c]
        found = [or_(*(column.icontains(term, autoescape=True) for column in columns)) for term in terms]
        return _all(found)

    def field(self, key: str) -> Field:
        """A field or system field. Raises `NotFound` with a suggestion."""
        return self.form.get(key)


def ask(tx: Transaction, form: Form, grants: Any = ()) -> Ask:
    """Begin a question as the transaction's actor."""
    policy = policy_for(tx, form, grants=grants)

    def see(other: Form, path: str, table: FromClause) -> Answer:
        if other is form:
            return policy.sees(path, table)
        return policy_for(tx, other).sees(path, table)

    def clear(other: Form, path: str, table: FromClause) -> Answer:
        return (policy if other is form else policy_for(tx, other)).clear(path, table)

    def rows_of(other: Form, table: FromClause) -> ColumnElement[bool] | None:
        related = policy_for(tx, other)
        return None if related.everywhere("read") else related.rows("read", table)

    unlimited = policy.unlimited
    facts = facts_of(tx, form.forms)
    seen, usable = (None, None) if unlimited else (see, rows_of)
    scope = FormScope(form, form.table, facts, seen, usable, clear=clear)
    return Ask(tx, form, policy, scope, Context.of(tx))


def _matches(column: ColumnElement[Any], query: str) -> ColumnElement[bool]:
    return column.op("@@", is_comparison=True)(cast(literal(query), TSQUERY))


def _all(conditions: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    whole = conditions[0]
    for condition in conditions[1:]:
        whole = whole & condition
    return whole
