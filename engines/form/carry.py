# ruff: noqa: S608 - names come from checked documents and are quoted
"""Rows that become records of a form of their own, and records that become rows: the same things in another table.

A form's document says it (`same_rows`: rows `order.lines`, whose records, and by which relation they point at their
order); either form may.
The direction follows from what there was and what there is to be, so going back to an earlier revision carries what was
changed since back as well. Ids stay the same: history, links and what people noted hold.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engines.form import names
from engines.form.conversions import conversion
from engines.form.fields.base import Field
from engines.form.form import Form, Forms, SubForm
from engines.form.places import is_entered, quote, same_values


@dataclass(frozen=True, slots=True)
class Carry:
    """Rows of one revision that are records of the next, or the other way round. `parent` is the relation's key."""

    rows: tuple[Form, SubForm]
    records: Form
    parent: str
    to_records: bool

    @property
    def source(self) -> tuple[str, str]:
        """Form and place that the values come from."""
        return (self.rows[0].key, self.rows[1].key) if self.to_records else (self.records.key, "")

    @property
    def target(self) -> tuple[str, str]:
        """Form and place that they go to."""
        return (self.records.key, "") if self.to_records else (self.rows[0].key, self.rows[1].key)

    @property
    def table(self) -> str:
        """The name of the table that the values come from."""
        return str((self.rows[1].table if self.to_records else self.records.table).name)

    def params(self) -> dict[str, Any]:
        """What the sentences about it may show."""
        kinds = {"from": "rows", "to": "records"} if self.to_records else {"from": "records", "to": "rows"}
        form, field = self.target
        return {"form": form, "field": field, "table": self.table, "source": list(self.source), **kinds}

    def about(self) -> str:
        """One English sentence."""
        return f"Carry {self.table} over to {'.'.join(part for part in self.target if part)}"


def carried(old: Forms | None, new: Forms) -> list[Carry]:
    """What changes its kind between two revisions, by what either says."""
    found: dict[tuple[str, str], Carry] = {}
    for before, after in ((old, new),) if old is not None else ():
        for said in (after, before):
            for form in said.own():
                for one in form.document.get("same_rows", ()):
                    carry = _carry(before, after, str(one.get("form", form.key)), one)
                    if carry is not None:
                        found.setdefault(carry.target, carry)
    return list(found.values())


def _carry(old: Forms, new: Forms, form: str, said: Mapping[str, Any]) -> Carry | None:
    owner, _, key = str(said["rows"]).partition(".")
    parent = str(said["parent"])
    for rows_in, records_in, to_records in ((old, new, True), (new, old, False)):
        holder, records = rows_in.by_key.get(owner), records_in.by_key.get(form)
        other = new if to_records else old
        is_there = holder is not None and key in holder.subforms and records is not None
        still = (old if to_records else new).by_key.get(form) is not None
        left = other.by_key.get(owner)
        if not is_there or holder is None or records is None or still or (left is not None and key in left.subforms):
            continue
        points = records.fields.get(parent)
        if points is not None and points.storage == "column" and points.type.target_form(points) == owner:
            return Carry((holder, holder.subforms[key]), records, parent, to_records)
    return None


def carry_sql(one: Carry) -> Iterator[str]:
    """The statements, in their order, that move the values; in the transaction of the switch."""
    rows, records = one.rows[1], one.records
    holder = one.rows[0].table
    source, target = (rows.table, records.table) if one.to_records else (records.table, rows.table)
    before, after = (rows.fields, records.fields) if one.to_records else (records.fields, rows.fields)
    into = {names.ID: f"s.{names.ID}"}
    if one.to_records:
        into |= {
            name: f"p.{name}"
            for name in (
                names.CREATED_AT,
                names.CREATED_BY,
                names.UPDATED_AT,
                names.UPDATED_BY,
                names.OWNER,
                names.DEPARTMENT,
                names.DELETED,
            )
        }
        into[quote(one.parent)] = f"s.{names.PARENT}"
        origin = f"{quote(source.name)} s JOIN {quote(holder.name)} p ON p.{names.ID} = s.{names.PARENT}"
    else:
        link = f"s.{quote(one.parent)}"
        order = f"row_number() OVER (PARTITION BY {link} ORDER BY s.{names.CREATED_AT}, s.{names.ID}) - 1"
        into |= {names.PARENT: link, names.POSITION: order}
        origin = f"{quote(source.name)} s JOIN {quote(holder.name)} p ON p.{names.ID} = {link}"
        origin += f" WHERE s.{names.DELETED} IS NULL"
    for key, field in after.items():
        was = before.get(key)
        value = _value(was, field, key) if was is not None and key != one.parent else None
        if was is None or value is None:
            continue
        into[quote(key)] = value
        for name in (field.sort_key, field.fold_key):
            if name in source.c and name in target.c and same_values(was, field, key):
                into[quote(name)] = f"s.{quote(name)}"
    yield f"DELETE FROM {quote(target.name)}"
    yield f"INSERT INTO {quote(target.name)} ({', '.join(into)}) SELECT {', '.join(into.values())} FROM {origin}"
    links = (rows.links, records.links) if one.to_records else (records.links, rows.links)
    for key in sorted(set(links[0]) & set(links[1])):
        if before[key].type.target_form(before[key]) == after[key].type.target_form(after[key]):
            there = f"SELECT 1 FROM {quote(target.name)} t WHERE t.{names.ID} = l.{names.LINK_SOURCE}"
            columns = f"{names.LINK_SOURCE}, {names.LINK_TARGET}, {names.LINK_POSITION}"
            old, new = quote(links[0][key].name), quote(links[1][key].name)
            yield f"DELETE FROM {new}"
            yield f"INSERT INTO {new} ({columns}) SELECT {columns} FROM {old} l WHERE EXISTS ({there})"
    outer, inner = (rows.subforms, records.subforms) if one.to_records else (records.subforms, rows.subforms)
    for key in sorted(set(outer) & set(inner)):
        yield from _rows_along(outer[key], inner[key], quote(target.name))
    last = f"SELECT coalesce(max({names.ID}), 0) + 1 FROM {quote(target.name)}"
    yield f"SELECT setval(pg_get_serial_sequence('{quote(target.name)}', '{names.ID}'), ({last}), false)"


def _rows_along(before: SubForm, after: SubForm, holder: str) -> Iterator[str]:
    """The rows of what changes its kind go along: it keeps its ids."""
    into = {one: f"s.{one}" for one in (names.ID, names.PARENT, names.POSITION)}
    for key, field in after.fields.items():
        was = before.fields.get(key)
        value = None if was is None else _value(was, field, key)
        if was is None or value is None:
            continue
        into[quote(key)] = value
        for name in (field.sort_key, field.fold_key):
            if name in before.table.c and name in after.table.c and same_values(was, field, key):
                into[quote(name)] = f"s.{quote(name)}"
    table, old = quote(after.table.name), quote(before.table.name)
    there = f"SELECT 1 FROM {holder} t WHERE t.{names.ID} = s.{names.PARENT}"
    yield f"DELETE FROM {table}"
    given = ", ".join(into.values())
    yield f"INSERT INTO {table} ({', '.join(into)}) SELECT {given} FROM {old} s WHERE EXISTS ({there})"
    last = f"SELECT coalesce(max({names.ID}), 0) + 1 FROM {table}"
    yield f"SELECT setval(pg_get_serial_sequence('{table}', '{names.ID}'), ({last}), false)"


def _value(was: Field, field: Field, key: str) -> str | None:
    """The value of a column in the other table; None for what is not kept there or has no way."""
    if was.storage != "column" or field.storage != "column" or not is_entered(field):
        return None
    column = f"s.{quote(key)}"
    return column if same_values(was, field, key) else conversion(was, field, column)


def counted(one: Carry) -> dict[str, str]:
    """Queries for how many there are, and how many cannot be carried: they point at nothing or lie in the trash."""
    rows = f"SELECT count(*) FROM {quote(one.table)}"
    if one.to_records:
        return {"rows_query": rows, "fails_query": "SELECT 0"}
    return {
        "rows_query": rows,
        "fails_query": f"{rows} WHERE {quote(one.parent)} IS NULL OR {names.DELETED} IS NOT NULL",
    }


def derived_fields(one: Carry, new: Forms) -> list[Field]:
    """The fields of the target, and of the rows that come along, with columns that only Python can derive."""
    form, path = new.by_key[one.target[0]], one.target[1]
    places: list[Form | SubForm] = [form.subforms[path]] if path else [form]
    places += places[0].subforms.values()
    return [
        field
        for place in places
        for field in place.fields.values()
        if {field.sort_key, field.fold_key, field.digest_key} & set(place.table.c.keys())
    ]
