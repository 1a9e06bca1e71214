"""What one actor may do with the records of one form, as SQL (D6).

A column's right belongs to the rows of the grant that gives it: somebody in two groups sees the cost only in the rows
of the group that shows the cost. So `sees` and `edits` answer always, never, or a condition.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, FromClause, and_, exists, false, or_, select, true

from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.moment import moment_of
from engines.form.names import ID, PARENT
from engines.form.policy.grants import Grant, grants_of
from engines.form.policy.rules import Around, rule_sql
from engines.form.transaction import Transaction
from engines.formula import Facts
from engines.kernel.problems import Forbidden, Problem

Answer = bool | ColumnElement[bool]


@dataclass(frozen=True)
class Policy:
    """The rights of an actor on a form. `unlimited` is for administrators and the system: everything, everywhere.

    `chain` are the relations through which this policy is asked (inherited rights); `extra` says that rights from
    elsewhere are among the grants.
    """

    form: Form
    tx: Transaction
    grants: tuple[Grant, ...]
    unlimited: bool = False
    chain: tuple[str, ...] = ()
    extra: bool = False
    _memo: dict[tuple[str, str], Answer] = field(default_factory=dict, compare=False, repr=False)

    # -- operations and rows ------------------------------------------------------------------------------------

    def may(self, operation: str) -> bool:
        """Whether the actor may do this at all, in some rows."""
        return self.unlimited or any(operation in grant.operations for grant in self.grants)

    def require(self, operation: str) -> None:
        """Raise `Forbidden` when the actor may not do this in any row."""
        if not self.may(operation):
            raise Forbidden(denied(self.form, operation))

    def having(self, operation: str) -> tuple[Grant, ...]:
        """The grants that give an operation."""
        return tuple(grant for grant in self.grants if operation in grant.operations)

    def everywhere(self, operation: str) -> bool:
        """Whether the operation is allowed in all rows, without looking at them."""
        return self.unlimited or any(grant.everywhere for grant in self.having(operation))

    def rows(self, operation: str = "read", table: FromClause | None = None) -> ColumnElement[bool]:
        """The condition of the rows in which an operation is allowed, on the form's table or an alias of it."""
        if self.everywhere(operation):
            return true()
        table = self.form.table if table is None else table
        return or_(false(), *(self._reach(grant, table) for grant in self.having(operation)))

    # -- fields -------------------------------------------------------------------------------------------------

    def sees(self, path: str, table: FromClause | None = None) -> Answer:
        """Whether the value of a field (`amount`, `lines.cost`) may be seen: always, never, or where."""
        if path.startswith("_") or path == "id":
            return True
        return self._field(path, "read", ("read", "edit"), table)

    def clear(self, path: str, table: FromClause | None = None) -> Answer:
        """Whether a masked value may be read in full: always, never, or where."""
        return True if self.unlimited else self._named(path, "unmask", table)

    def reveals(self, path: str, table: FromClause | None = None) -> Answer:
        """Whether a masked value may be shown, one at a time: always, never, or where (see `protect.reveal`)."""
        return True if self.unlimited else self._named(path, "reveal", table)

    def _named(self, path: str, right: Literal["unmask", "reveal"], table: FromClause | None) -> Answer:
        giving = [
            grant for grant in self.having("read") if path in getattr(grant, right) and grant.right(path) != "hidden"
        ]
        if not giving:
            return False
        if any(grant.everywhere for grant in giving):
            return True
        table = self.form.table if table is None else table
        return or_(*(self._reach(grant, table) for grant in giving))

    def finds(self, one: Field, table: FromClause | None = None) -> Answer:
        """Whether the search over records may use the words of a field: seen, and not behind a mask."""
        seen = self.sees(one.path, table)
        if one.mask is None or seen is False:
            return seen
        clear = self.clear(one.path, table)
        if isinstance(clear, bool):
            return seen if clear else False
        return clear if seen is True else and_(seen, clear)

    def edits(self, path: str, operation: str = "update", table: FromClause | None = None) -> Answer:
        """Whether the value of a field may be given, on `create` or `update`: always, never, or where."""
        return self._field(path, operation, ("edit",), table)

    def visible(self) -> list[str]:
        """The fields that may be seen in some rows, in the order of the form."""
        return [key for key in self.form.fields if self.sees(key) is not False]

    def editable(self, operation: str = "update") -> list[str]:
        """The fields that may be given in some rows, in the order of the form."""
        return [key for key in self.form.fields if self.edits(key, operation) is not False]

    def _field(self, path: str, operation: str, rights: Sequence[str], table: FromClause | None) -> Answer:
        if self.unlimited:
            return True
        kind = f"{operation}.{rights[-1]}.{len(rights)}"
        if table is None or table is self.form.table:
            known = self._memo.get((kind, path))
            if known is not None:
                return known
        answer = self._decide(path, operation, rights, self.form.table if table is None else table)
        if table is None or table is self.form.table:
            self._memo[kind, path] = answer
        return answer

    def _decide(self, path: str, operation: str, rights: Sequence[str], table: FromClause) -> Answer:
        having = self.having(operation)
        giving = [grant for grant in having if grant.right(path) in rights]
        if not giving:
            return False
        if any(grant.everywhere for grant in giving) or _marks(having) <= _marks(giving):
            return True
        return or_(*(self._reach(grant, table) for grant in giving))

    # -- helpers ------------------------------------------------------------------------------------------------

    @cached_property
    def facts(self) -> Facts:
        """The moment that conditions are judged in."""
        return moment_of(self.tx, self.form.forms)

    def _reach(self, grant: Grant, table: FromClause) -> ColumnElement[bool]:
        around = Around(self.tx.actor, self.facts, self.parents, self.chain)
        conditions = [rule_sql(rule, self.form, table, around) for rule in grant.rules]
        if grant.condition is not None:
            conditions.append(grant.condition(table))
        return or_(false(), *conditions)

    def parents(self, form: Form, table: FromClause, chain: tuple[str, ...]) -> ColumnElement[bool]:
        """The readable records of a form that rights are inherited from."""
        return policy_for(self.tx, form, chain=chain).rows("read", table)


_Asking = Callable[[FromClause], Answer]


@dataclass(frozen=True)
class RowPolicy(Policy):
    """The rights of an actor on the rows of a sub-form: those on the record that they stand in."""

    around: Policy | None = None

    @classmethod
    def of(cls, form: Form, around: Policy) -> "RowPolicy":
        """The rights on the rows `form`, from those on their records."""
        return cls(form, around.tx, around.grants, around.unlimited, around.chain, around.extra, around=around)

    @property
    def records(self) -> Policy:
        """The rights on the records."""
        if self.around is None:
            raise LookupError(self.form.key)
        return self.around

    def rows(self, operation: str = "read", table: FromClause | None = None) -> ColumnElement[bool]:
        if self.everywhere(operation):
            return true()
        return self._where(lambda record: self.records.rows(operation, record), table)

    def sees(self, path: str, table: FromClause | None = None) -> Answer:
        if path.startswith("_") or path == "id":
            return True
        return self._asked(lambda record: self.records.sees(self._path(path), record), table)

    def clear(self, path: str, table: FromClause | None = None) -> Answer:
        return self._asked(lambda record: self.records.clear(self._path(path), record), table)

    def reveals(self, path: str, table: FromClause | None = None) -> Answer:
        return self._asked(lambda record: self.records.reveals(self._path(path), record), table)

    def edits(self, path: str, operation: str = "update", table: FromClause | None = None) -> Answer:
        return self._asked(lambda record: self.records.edits(self._path(path), operation, record), table)

    def _asked(self, ask: _Asking, table: FromClause | None) -> Answer:
        found = ask(self.records.form.table.alias())
        return found if isinstance(found, bool) else self._where(ask, table)

    def _where(self, ask: _Asking, table: FromClause | None) -> ColumnElement[bool]:
        """A condition over the record around a row, as one over the row."""
        record = self.records.form.table.alias()
        row = self.form.table if table is None else table
        held = ask(record)
        held = (true() if held else false()) if isinstance(held, bool) else held
        return exists(select(1).select_from(record).where(record.c[ID] == row.c[PARENT], held))

    def _path(self, path: str) -> str:
        rows = self.form.of_rows
        if rows is None or path.startswith(f"{rows.key}."):
            return path
        return f"{rows.key}.{path}"


def policy_for(tx: Transaction, form: Form, *, grants: Iterable[Grant] = (), chain: tuple[str, ...] = ()) -> Policy:
    """The rights of the transaction's actor on a form. `grants` adds rights from elsewhere, such as an open task."""
    actor = tx.actor
    if form.of_rows is not None:
        return RowPolicy.of(form, policy_for(tx, form.of_rows.form, grants=grants, chain=chain))
    if actor.is_system or actor.is_admin:
        return Policy(form, tx, (), unlimited=True, chain=chain)
    if form.system and not form.groups:
        return Policy(form, tx, (PEOPLE,), chain=chain)
    more = (*grants, *tx.grants.get(form.key, ()))
    return Policy(form, tx, (*grants_of(form, actor), *more), chain=chain, extra=bool(more))


PEOPLE: Final = Grant(key="_people", operations=frozenset({"read"}), rules=({"scope": "all"},), other="read")
"""Members and departments are known to everybody in the workspace: they are chosen in fields and shown in lists."""


def denied(form: Form, operation: str) -> Problem:
    """The problem of an operation that is not allowed."""
    words = {"read": "see", "create": "add", "update": "change", "delete": "delete", "export": "export"}
    message = f"You may not {words.get(operation, operation)} records of {form.label}"
    return Problem(f"record.{operation}_denied", form.key, message, {"form": str(form.label), "operation": operation})


def unknown(form: Form, record_id: Any) -> Problem:
    """The problem of a record that is not there, or that the actor may not know of: nobody can tell which."""
    message = f"There is no record #{record_id} of {form.label}, or you may not see it"
    return Problem("record.unknown", form.key, message, {"id": record_id, "form": str(form.label)})


def _marks(grants: Iterable[Grant]) -> frozenset[str]:
    return frozenset().union(*(grant.marks for grant in grants))
