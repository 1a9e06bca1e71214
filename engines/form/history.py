"""What happened to a record, as people read it: who, when, which field from what to what.

The log keeps old values only; the new value of a change is the old one of the next change of that field, or the
present one. Fields that the reader may not see in this record do not appear.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from engines.form.fields.base import Field, Link
from engines.form.fields.link import FormLink, split
from engines.form.form import Form, SubForm
from engines.form.names import DEPARTMENT, OWNER
from engines.form.nested import rows_of
from engines.form.policy import Grant, Policy, policy_for
from engines.form.protect.reveal import masked_fields
from engines.form.protect.seal import opened_values
from engines.form.query.detail import get_record
from engines.form.rates.past import Around, PastCurrencies
from engines.form.system import CHANGE
from engines.form.titles import HIDDEN, titles
from engines.form.transaction import Transaction
from engines.kernel.problems import ProblemError

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field from what to what, as texts. `row` is the id of a sub-form's row; `kind` what happened to it."""

    path: str
    label: str
    old: str
    new: str
    row: int | None = None
    kind: str = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One version of a record: `kind` is created, updated, deleted or restored."""

    version: int
    at: datetime
    actor: Link | None
    kind: str
    origin: str
    cause: str | None
    fields: tuple[FieldChange, ...] = ()


def changes(
    tx: Transaction, form: Form, record_id: int, *, limit: int = 100, grants: Iterable[Grant] = ()
) -> tuple[Change, ...]:
    """The history of a record, newest first. Raises `NotFound` where the actor may not see the record."""
    record = get_record(tx, form, record_id, grants=grants, trash=True)
    query = select(CHANGE).where(CHANGE.c.form == form.table.name, CHANGE.c.record_id == record_id)
    rows = tx.connection.execute(query.order_by(CHANGE.c.version.desc()).limit(limit)).mappings().all()
    people = titles(tx, form.forms.get("_member"), {row["actor"] for row in rows if row["actor"] is not None})
    present = {**record.values, OWNER: record.meta.owner, DEPARTMENT: record.meta.department}
    teller = _Teller(tx, form, policy_for(tx, form, grants=grants), rows, present)
    found = []
    for row in rows:
        actor = None if row["actor"] is None else Link(row["actor"], people.get(row["actor"], HIDDEN))
        told = tuple(teller.tell(opened_values(form, row["old"] or {})))
        found.append(Change(row["version"], row["at"], actor, row["kind"], row["origin"], row["cause"], told))
    return tuple(found)


class _Teller:
    """Goes back in time: knows every field as it was after the change at hand."""

    def __init__(
        self, tx: Transaction, form: Form, policy: Policy, rows: Iterable[Any], values: Mapping[str, Any]
    ) -> None:
        self.tx = tx
        self.form = form
        self.visible = set(values)
        self.masked = {one.path for one in masked_fields(form) if policy.clear(one.path) is not True}
        self.now: dict[str, Any] = {key: values[key] for key in values if key not in form.subforms}
        self.lines: dict[str, list[dict[str, Any]]] = {
            key: [dict(row) for row in values.get(key) or ()] for key in form.subforms if key in values
        }
        shown = [sub for sub in form.every_subform() if sub.path.partition(".")[0] in self.lines]
        self.cells = {sub.path: self._cells(policy, sub) for sub in shown}
        self.named = self._learn(rows)
        self.currencies = PastCurrencies(tx, form)

    def _cells(self, policy: Policy, sub: SubForm) -> set[str]:
        """The fields of rows that may be seen; where that hangs on the record, its present rows tell."""
        present = {name for _, row in rows_of(self.lines, sub.path) for name in row}
        rights = {name: policy.sees(f"{sub.path}.{name}") for name in sub.fields}
        return {name for name, right in rights.items() if right is True or (right is not False and name in present)}

    def tell(self, old: Mapping[str, Any]) -> Iterable[FieldChange]:
        """The changes of one log entry; then the present is what was before it."""
        after = dict(self.now)
        earlier = {**after, **{key: value for key, value in old.items() if key in after}}
        for key, before in old.items():
            one = self.form.fields.get(key) or self.form.system_fields.get(key)
            if one is None or key not in self.visible:
                continue
            if key in self.lines:
                yield from self._rows(key, before, earlier, after)
                continue
            left, right = self._text(one, before, (earlier,)), self._text(one, self.now[key], (after,))
            yield FieldChange(key, one.label(self.tx.actor.locale), left, right)
            self.now[key] = before

    def _rows(self, key: str, before: Mapping[str, Any], then: Values, now: Values) -> Iterable[FieldChange]:
        """What became of rows while their record went from `then` to `now`."""
        after = {row["id"]: row for row in self.lines[key]}
        earlier: list[dict[str, Any]] = []
        sub = self.form.subforms[key]
        for row_id in before["ids"]:
            stored = before["rows"].get(str(row_id))
            present = after.get(row_id, {})  # a changed row is kept without the rows in it that stayed as they were
            stayed = {name: present[name] for name in sub.subforms if name in present}
            earlier.append({"id": row_id, **stayed, **stored} if stored is not None else present or {"id": row_id})
        label = sub.field.label(self.tx.actor.locale)
        yield from self._compared(sub, label, earlier, self.lines[key], ((then,), (now,)))
        self.lines[key] = earlier

    def _compared(
        self,
        sub: SubForm,
        label: str,
        earlier: Iterable[dict[str, Any]],
        later: Iterable[dict[str, Any]],
        around: tuple[Around, Around],
    ) -> Iterable[FieldChange]:
        """Which rows went, changed and came, and in what of their values; rows of rows too.

        `around` is what stood around the rows before and afterwards.
        """
        were, after = ({row["id"]: row for row in rows} for rows in (earlier, later))
        for row_id, row in were.items():
            if row_id not in after:
                yield FieldChange(sub.path, label, self._line(sub, row, around[0]), "", row_id, "removed")
                continue
            here = ((row, *around[0]), (after[row_id], *around[1]))
            written = [one for one in sub.fields.values() if one.type.writable]
            told = list(self._cell_changes(sub, label, written, here))
            if not told:  # nobody changed the row: what was computed moved by itself
                kept = [one for name, one in sub.fields.items() if not one.type.writable and name in row]
                told = list(self._cell_changes(sub, label, kept, here))
            yield from told
        for row_id, row in after.items():
            if row_id not in were:
                yield FieldChange(sub.path, label, "", self._line(sub, row, around[1]), row_id, "added")

    def _cell_changes(
        self, sub: SubForm, label: str, fields: Iterable[Field], here: tuple[Around, Around]
    ) -> Iterable[FieldChange]:
        """What changed in a row that stayed; `here` is the row with what is around it, before and afterwards."""
        for one in fields:
            name = one.key
            if name not in self.cells[sub.path]:
                continue
            named = f"{label} · {one.label(self.tx.actor.locale)}"
            if one.rows:
                before, now = (side[0].get(name) or () for side in here)
                yield from self._compared(sub.subforms[name], named, before, now, here)
                continue
            left, right = (self._text(one, side[0].get(name), side) for side in here)
            if left != right and self._text(one, here[0][0].get(name), here[1]) != right:
                yield FieldChange(one.path, named, left, right, here[0][0]["id"])

    def _line(self, sub: SubForm, row: Mapping[str, Any], around: Around) -> str:
        """A row in one line, of what may be seen of it."""
        seen = [one for name, one in sub.fields.items() if name in self.cells[sub.path]]
        return " · ".join(text for one in seen if (text := self._text(one, row.get(one.key), (row, *around))))

    def _text(self, field: Field, value: Any, around: Around) -> str:
        actor = self.tx.actor
        if field.mask is not None and field.path in self.masked:
            return str(field.mask.text(value) or "")
        try:
            parsed = value if not isinstance(value, str | list | int) else field.type.parse(value, field)
        except ProblemError:
            return str(value)
        if field.currency is not None and isinstance(parsed, Decimal):
            parsed = self.currencies.amount(field, parsed, around)
        if parsed is not None and field.type.target_form(field):
            many = isinstance(parsed, tuple | list)
            known = self.named.get(str(field.type.target_form(field)), {})
            each = parsed if many else [parsed]
            links = [one if isinstance(one, Link) else Link(one, known.get(one, HIDDEN)) for one in each]
            parsed = tuple(links) if many else links[0]
        elif field.parts and isinstance(parsed, str) and (found := split(parsed)) is not None:
            parsed = FormLink(*found, self.named.get(found[0], {}).get(found[1], HIDDEN))
        return field.type.display(parsed, field, actor.locale, actor.zone)

    def _learn(self, rows: Iterable[Any]) -> dict[str, dict[int, str]]:
        """The titles of everything that old values point at, one query for each form."""
        wanted: dict[str, set[int]] = {}
        for row in rows:
            for key, value in (row["old"] or {}).items():
                one = self.form.fields.get(key) or self.form.system_fields.get(key)
                if one is None:
                    continue
                if key in self.form.subforms:
                    for line in value["rows"].values():
                        for inner in self.form.subforms[key].fields.values():
                            _note(wanted, inner, line.get(inner.key))
                            for below in inner.rows.values():
                                for each in line.get(inner.key) or ():
                                    _note(wanted, below, each.get(below.key))
                else:
                    _note(wanted, one, value)
        return {key: titles(self.tx, self.form.forms.target(key), ids) for key, ids in wanted.items()}


def _note(wanted: dict[str, set[int]], one: Field, value: Any) -> None:
    found = split(value) if one.parts else None
    if found is not None and found[0] in one.parts:
        wanted.setdefault(found[0], set()).add(found[1])
    target = one.type.target_form(one)
    if target is None or value is None:
        return
    wanted.setdefault(target, set()).update(value if isinstance(value, list | tuple) else (value,))
