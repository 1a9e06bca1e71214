"""Where the values of a form's fields are found in a statement: what expressions and filters are compiled over.

A scope stands on one alias of a form's table (or of a sub-form's). `see` says how much of a column may be used: the
policy gives a blank where the reader may not see the value, so that no filter, sort or total can tell it (D6).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, case, cast, exists, false, null, select, true

from engines.form.fields.base import Field
from engines.form.form import Form, SubForm
from engines.form.names import DELETED, ID, LINK_SOURCE, LINK_TARGET, PARENT, POSITION
from engines.form.protect.seal import covered, refused
from engines.formula import Facts

See = Callable[[Form, str, FromClause], "bool | ColumnElement[bool]"]
"""Whether the value of a field (`amount`, `lines.qty`) may be seen: always, never, or in the rows of a condition."""

Rows = Callable[[Form, FromClause], "ColumnElement[bool] | None"]
"""Which records of another form may be used; None for all."""


@dataclass(frozen=True)
class FormScope:
    """One alias of a form's table, or of the table of one of its sub-forms (`subform` is its key then).

    `outer` is the alias of the record that a sub-form row belongs to: the rights of a row's fields are its rights.
    `clear` says where a masked field may be read in full; where `see` is given and it is not, masks stay on.
    """

    form: Form
    table: FromClause
    facts: Facts
    see: See | None = None
    rows_of: Rows | None = None
    subform: str | None = None
    outer: FromClause | None = None
    clear: See | None = None

    @property
    def fields(self) -> Mapping[str, Field]:
        """The fields that can be named here."""
        if self.subform is None:
            return self.form.every
        sub = self.form.subforms[self.subform]
        rows = self.form.forms.row_forms.get(f"{self.form.key}.{self.subform}")
        if rows is None:
            return sub.fields
        return {**rows.every, **sub.fields} if sub.subforms else rows.every  # rows of rows are none of a row's form

    def raw(self, key: str) -> ColumnElement[Any]:
        """The value of a field without asking for rights: its column, or the expression of a live formula."""
        field = self.fields.get(key)
        if field is not None and field.encrypted:
            raise refused(field, "")
        if field is not None and field.live:
            expression: ColumnElement[Any] = field.expression.sql(self, self.facts)
            return expression
        return self.table.c[key]

    def guarded(self, key: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """A value of a field as this reader sees it: blank where it may not be seen, masked where not in full."""
        return self.exact(key, self._masked(key, value))

    def _masked(self, key: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
        mask = self.fields[key].mask if self.see is not None and key in self.fields else None
        if mask is None:
            return value
        clear = self._asked(self.clear, key) if self.clear is not None else False
        if clear is True:
            return value
        hidden = mask.sql(self.raw(key))  # also where it is sorted: another form of the value would tell more
        return hidden if clear is False else case((clear, value), else_=hidden)

    def read(self, key: str) -> ColumnElement[Any]:
        """What a reader selects of a field: its value as the reader sees it; of an encrypted one what Python opens."""
        field = self.fields.get(key)
        if field is None or not field.encrypted:
            return self.column(key)
        sealed: ColumnElement[Any] = self.table.c[key]
        if self.see is None or field.mask is None:
            return self.exact(key, sealed)
        clear = self._asked(self.clear, key) if self.clear is not None else False
        if clear is True:
            return self.exact(key, sealed)
        hidden = covered(sealed)
        return self.exact(key, hidden if clear is False else case((clear, sealed), else_=hidden))

    def digest(self, key: str) -> ColumnElement[Any]:
        """The digests of an encrypted field, blank where the reader may not see the value."""
        return self.exact(key, self.table.c[self.fields[key].digest_key])

    def exact(self, key: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """A value of a field, blank in the rows where the reader may not see it; without its mask."""
        seen = self.seen(key)
        if seen is True:
            return value
        if seen is False:
            return cast(null(), value.type)
        return blank_unless(seen, value)

    def seen(self, key: str) -> "bool | ColumnElement[bool]":
        """Whether this field may be seen here."""
        if self.see is None or key not in self.fields or key.startswith("_"):
            return True
        return self._asked(self.see, key)

    def _asked(self, see: See, key: str) -> "bool | ColumnElement[bool]":
        if self.subform:
            return see(self.form, f"{self.subform}.{key}", self.outer if self.outer is not None else self.table)
        return see(self.form, key, self.table)

    # -- engines.formula.SqlScope -------------------------------------------------------------------------------

    def column(self, key: str) -> ColumnElement[Any]:
        """The value of a field as this reader sees it."""
        if self._outside(key):
            around, on = self._record()
            return select(around.column(key)).where(on).correlate_except(around.table).scalar_subquery()
        return self.guarded(key, self.raw(key))

    def related(self, key: str) -> "tuple[FromClause, ColumnElement[bool], FormScope]":
        """The one record that a relation, member or department field points at."""
        around = self._around
        one = around.fields[key] if around is not None and self._outside(key) else self.fields[key]
        target = target_of(self.form, one)
        alias = target.table.alias()
        inner = self._inside(target, alias)
        return alias, and_(alias.c.id == self.column(key), *self._usable(target, alias)), inner

    def rows(self, key: str) -> "tuple[FromClause, ColumnElement[bool], FormScope]":
        """The rows of a sub-form, the records that a relation to many points at, or those of a related list."""
        below = None if self.form.of_rows is None else self.form.of_rows.subforms.get(key)
        if below is not None:
            return self._below(below)
        if self._outside(key):
            around, on = self._record()
            source, within, inner = around.rows(key)
            return around.table.join(source, within), on, inner
        if key not in self.fields:
            return self._reverse(key)
        field = self.fields[key]
        seen = self.seen(key)
        guard = [] if seen is True else [false() if seen is False else seen]
        if field.type.key == "subform":
            alias = self.form.subforms[field.path].table.alias()
            record = self.outer if self.subform else self.table
            inner = replace(self, table=alias, subform=field.path, outer=record)
            return alias, and_(alias.c[PARENT] == self.table.c.id, *guard), inner
        target = target_of(self.form, field)
        if field.links is None:
            raise LookupError(f"{field.path} points at one record")
        link, alias = field.links.alias(), target.table.alias()
        source = link.join(alias, link.c[LINK_TARGET] == alias.c.id)
        inner, usable = self._inside(target, alias), self._usable(target, alias)
        return source, and_(link.c[LINK_SOURCE] == self.table.c.id, *guard, *usable), inner

    @property
    def _around(self) -> Form | None:
        """The form of the record around a row, also around one that a relation led to."""
        if self.form.of_rows is not None:
            return self.form.of_rows.form
        return self.form if self.subform is not None and "." not in self.subform else None

    def _outside(self, key: str) -> bool:
        """Whether a name of a row means a field of the record around it: those of the row win."""
        return self._around is not None and key in self._around.fields and key not in self.fields

    def _record(self) -> "tuple[FormScope, ColumnElement[bool]]":
        """The record around a row, on an alias of its own, and what ties it to the row."""
        form = self._around or self.form
        alias = form.table.alias()
        return replace(self, form=form, table=alias, subform=None, outer=None), alias.c[ID] == self.table.c[PARENT]

    def whole(self, key: str) -> "tuple[FromClause, ColumnElement[bool], FormScope]":
        """Every record of a form of the app that the reader may use: the trash and what the policy denies left out."""
        target = self.form.forms.get(key)
        alias = target.table.alias()
        return alias, and_(true(), *self._usable(target, alias)), self._inside(target, alias)

    def order(self) -> "tuple[ColumnElement[Any], ...]":
        """What puts the rows of this scope into their own order."""
        return (self.table.c[POSITION], self.table.c.id) if self.subform else (self.table.c.id,)

    def _reverse(self, key: str) -> "tuple[FromClause, ColumnElement[bool], FormScope]":
        """The records that point at this one, as far as the reader may see that they do."""
        owner = self.form.forms.row_forms.get(f"{self.form.key}.{self.subform}") if self.subform else self.form
        found = None if owner is None else owner.reverse(key)
        if found is None:
            raise LookupError(f"{self.form.key} has no rows {key}")
        alias = found.form.table.alias()
        inner, usable = self._inside(found.form, alias), self._usable(found.form, alias)
        if found.field.links is None:
            return alias, and_(inner.column(found.field.key) == self.table.c.id, *usable), inner
        seen = inner.seen(found.field.key)
        guard = [] if seen is True else [false() if seen is False else seen]
        link = found.field.links.alias()
        source = link.join(alias, link.c[LINK_SOURCE] == alias.c.id)
        return source, and_(link.c[LINK_TARGET] == self.table.c.id, *guard, *usable), inner

    def _below(self, sub: SubForm) -> "tuple[FromClause, ColumnElement[bool], FormScope]":
        """The rows of a row that a relation led to; beside them stands the record around, whose rights are theirs."""
        record, alias = sub.form.table.alias(), sub.table.alias()
        inner = replace(self, form=sub.form, table=alias, subform=sub.path, outer=record)
        seen = True if self.see is None else self.see(sub.form, sub.path, record)
        guard = [] if seen is True else [false() if seen is False else seen]
        on = and_(alias.c[PARENT] == self.table.c.id, record.c.id == self.table.c[PARENT], *guard)
        return record.join(alias, true()), on, inner

    def _inside(self, target: Form, alias: FromClause) -> "FormScope":
        """The scope of the records of another form."""
        return replace(self, form=target, table=alias, subform=None, outer=None)

    def _usable(self, target: Form, alias: FromClause) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        alive = alive_in(target, alias)
        if alive is not None:
            conditions.append(alive)
        allowed = None if self.rows_of is None else self.rows_of(target, alias)
        if allowed is not None:
            conditions.append(allowed)
        return conditions


def blank_unless(condition: ColumnElement[bool], value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The value where the condition holds, else a blank of the same type."""
    return case((condition, value), else_=cast(null(), value.type))


def target_of(form: Form, field: Field) -> Form:
    """The compiled form that a relation, member or department field points at."""
    key = field.type.target_form(field)
    if key is None:
        raise LookupError(f"{form.key}.{field.path} points at no form")
    return form.forms.target(key)


def alive_in(form: Form, table: FromClause) -> ColumnElement[bool] | None:
    """The condition that a record (for a row: the record around it) is not in the trash; None where there is none."""
    if form.of_rows is not None:
        record = form.of_rows.form.table.alias()
        mine = record.c[ID] == table.c[PARENT]
        return exists(select(1).select_from(record).where(mine, record.c[DELETED].is_(None)))
    return table.c[DELETED].is_(None) if DELETED in table.c else None
