"""Rows of a statement into records: values that may be seen, titles of what they point at, rows and links."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, select

from engines.form import names
from engines.form.fields.base import Field
from engines.form.fields.money import Amount
from engines.form.form import SubForm
from engines.form.kept import Kept
from engines.form.nested import rows_of
from engines.form.policy.policy import Answer
from engines.form.policy.rules import ids as among
from engines.form.policy.signature import signature
from engines.form.query.ask import Ask
from engines.form.query.types import Meta, Record
from engines.form.rates.columns import code_column
from engines.form.rates.read import digits_of
from engines.form.scope import FormScope
from engines.form.titles import HIDDEN, link_all, link_of, title_column, title_words

SYSTEM: Final = (
    names.VERSION,
    names.CREATED_AT,
    names.CREATED_BY,
    names.UPDATED_AT,
    names.UPDATED_BY,
    names.OWNER,
    names.DEPARTMENT,
    names.FLOW_STATE,
    names.DELETED,
    "_sample",
)
SEEN: Final = "_see."
CURRENCY: Final = "_cur."
TITLE: Final = "_title."


@dataclass
class Reader:
    """Which fields are read, and how. Sub-forms and relations to many are read with statements of their own."""

    ask: Ask
    fields: dict[str, Field]
    rights: dict[str, Answer] = field(default_factory=dict)
    selected: list[ColumnElement[Any]] | None = None
    digits: Mapping[str, int] | None = None

    @classmethod
    def of(cls, ask: Ask, columns: Iterable[str] | None) -> "Reader":
        """Read these fields (None: all), as far as the reader sees them anywhere; the title's field always.

        What it takes from the policy is kept for readers who are alike.
        """
        columns = None if columns is None else tuple(columns)
        alike = signature(ask.policy)
        if alike is None:
            return cls._made(ask, columns)
        return cls(ask, *_KEPT.get((ask.form, alike, columns), lambda: cls._made(ask, columns).parts()))

    def parts(self) -> "Parts":
        """What may be kept: nothing of a transaction."""
        return self.fields, self.rights, self.selected

    @classmethod
    def _made(cls, ask: Ask, columns: tuple[str, ...] | None) -> "Reader":
        wanted = (
            list(ask.form.fields) if columns is None else [key for key in columns if key != names.ID and key[:1] != "_"]
        )
        title = ask.form.title_field
        if title and title not in wanted:
            wanted.append(title)
        fields = {key: ask.form.get(key) for key in wanted if key in ask.form.fields or ask.form.get(key)}
        rights = {key: ask.policy.sees(key) for key in fields}
        made = cls(ask, {key: one for key, one in fields.items() if rights[key] is not False}, rights)
        made.selected = made._select()
        return made

    def columns(self, *, titles: bool = True) -> list[ColumnElement[Any]]:
        """What the statement selects; with the titles of single records that fields point at."""
        if self.selected is None or not titles:
            return self._select(titles=titles)
        return self.selected

    def _select(self, *, titles: bool = True) -> list[ColumnElement[Any]]:
        table, scope = self.ask.table, self.ask.scope
        selected: list[ColumnElement[Any]] = [table.c[names.ID]]
        selected += [table.c[name] for name in SYSTEM if name in table.c]
        for key, one in self.fields.items():
            if one.storage in ("column", "none"):
                selected.append(scope.read(key).label(key))
            right = self.rights[key]
            if not isinstance(right, bool):
                selected.append(right.label(SEEN + key))
        for one in self._paid():
            code = code_column(one, self.ask.form, table, self.ask.scope.facts)
            selected.append(code.label(CURRENCY + one.path))
        for one in self._pointing() if titles else ():
            title = title_column(self.ask.tx, self.ask.form, one, scope.column(one.key))
            if title is not None:
                selected.append(title.label(TITLE + one.key))
        return selected

    def _paid(self) -> list[Field]:
        """The amounts whose currency the record names: its own, and those of rows."""
        fields = list(self.fields.values())
        fields += [
            one
            for sub in self.ask.form.every_subform()
            if sub.path.partition(".")[0] in self.fields
            for one in sub.fields.values()
            if one.currency is not None and one.currency.outer
        ]
        return [one for one in fields if one.currency is not None]

    def _pointing(self) -> list[Field]:
        """The fields and system fields whose column points at one record."""
        system = (one for key, one in self.ask.form.system_fields.items() if key in SYSTEM)
        found = (*self.fields.values(), *system)
        return [one for one in found if one.type.target_form(one) and one.storage == "column"]

    def records(self, rows: Sequence[Mapping[str, Any]], **more: Any) -> list[Record]:
        """The records of rows, in their order. `more` goes into every one of them."""
        raw = [self._values(row) for row in rows]
        ids = [row[names.ID] for row in rows]
        self._parts(ids, raw)
        self._amounts_of_rows(rows, raw)
        for values, row in zip(raw, rows, strict=True):
            values |= {name: row[name] for name in SYSTEM if name in row}
        named = []
        for one in self._pointing():
            if rows and TITLE + one.key in rows[0]:
                named.append(one.key)
                self._name(one, rows, raw)
        rest = [one for one in (*self.fields.values(), *self._pointing()) if one.key not in named]
        link_all(self.ask.tx, self.ask.form, rest, raw)
        self._row_links(raw)
        return [self._record(row, values, more) for row, values in zip(rows, raw, strict=True)]

    def _name(self, one: Field, rows: Sequence[Mapping[str, Any]], raw: list[dict[str, Any]]) -> None:
        """Make links of the ids of one field, with the titles that the statement brought along."""
        words, key, title = title_words(self.ask.tx, self.ask.form, one), one.key, TITLE + one.key
        for row, values in zip(rows, raw, strict=True):
            value = values.get(key)
            if value is not None:
                values[key] = link_of(value, row[title], words)

    def bare(self, rows: Sequence[Mapping[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
        """Ids and values without titles, for looking at texts again."""
        raw = [self._values(row) for row in rows]
        ids = [row[names.ID] for row in rows]
        self._parts(ids, raw)
        return list(zip(ids, raw, strict=True))

    def _values(self, row: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, one in self.fields.items():
            if row.get(SEEN + key, True):
                values[key] = one.type.from_column(row[key], one) if key in row else None
                if one.currency is not None:
                    values[key] = self._amount(one, values[key], row.get(CURRENCY + key))
        return values

    def _amount(self, one: Field, value: Any, code: str | None) -> Any:
        """An amount with its currency."""
        if value is None:
            return None
        if self.digits is None:
            self.digits = digits_of(self.ask.tx, self.ask.form.forms)
        code = code or one.currency.fixed
        return Amount(value, code, self.digits.get(code))

    def _amounts_of_rows(self, rows: Sequence[Mapping[str, Any]], raw: list[dict[str, Any]]) -> None:
        """Amounts of rows get the currency that their record names."""
        for one in self._paid():
            for row, values in zip(rows, raw, strict=True) if one.subform else ():
                for _, inner in rows_of(values, str(one.subform)):
                    if inner.get(one.key) is not None:
                        inner[one.key] = self._amount(one, inner[one.key], row.get(CURRENCY + one.path))

    def _parts(self, ids: list[int], raw: list[dict[str, Any]]) -> None:
        """Rows of sub-forms and links to many, one statement for each field."""
        form = self.ask.form
        for key, one in self.fields.items():
            if not ids or one.storage not in ("children", "links"):
                continue
            found: dict[int, list[Any]] = {}
            if one.storage == "links":
                links = form.links[key]
                query = select(links.c[names.LINK_SOURCE], links.c[names.LINK_TARGET])
                query = query.where(links.c[names.LINK_SOURCE] == among(ids)).order_by(links.c[names.LINK_POSITION])
                for source, target in self.ask.run(query):
                    found.setdefault(source, []).append(target)
            else:
                for parent, row in self._children(form.subforms[key], ids, self.ask.scope):
                    found.setdefault(parent, []).append(row)
            for record_id, values in zip(ids, raw, strict=True):
                if key in values:
                    values[key] = tuple(found.get(record_id, ())) or None

    def _children(self, sub: SubForm, ids: list[int], around: FormScope) -> list[tuple[int, dict[str, Any]]]:
        """The rows of a sub-form with the fields that may be seen, and their rows; rights by record are asked along.

        `ids` are those of the records, or of the rows of the outer sub-form, that `around` stands on.
        """
        policy = self.ask.policy
        outer = self.ask.table
        source, _, scope = around.rows(sub.key)
        rights = {name: policy.sees(f"{sub.path}.{name}") for name in sub.fields}
        seen = {name: one for name, one in sub.fields.items() if rights[name] is not False}
        fields = {name: one for name, one in seen.items() if name not in sub.subforms}
        selected: list[ColumnElement[Any]] = [source.c[names.ID], source.c[names.PARENT]]
        partly = {name: right for name, right in rights.items() if not isinstance(right, bool)}
        selected += [scope.read(name).label(name) for name, one in fields.items() if one.links is None]
        selected += [right.label(SEEN + name) for name, right in partly.items()]
        paid = [one for one in fields.values() if one.currency is not None and not one.currency.outer]
        for one in paid:
            code = code_column(one, self.ask.form, source, self.ask.scope.facts)
            selected.append(code.label(CURRENCY + one.key))
        query = select(*selected).where(source.c[names.PARENT] == among(ids)).order_by(source.c[names.POSITION])
        if partly and sub.outer is None:
            query = query.select_from(source.join(outer, outer.c.id == source.c[names.PARENT]))
        elif partly:
            lines = around.table
            joined = source.join(lines, lines.c.id == source.c[names.PARENT])
            query = query.select_from(joined.join(outer, outer.c.id == lines.c[names.PARENT]))
        rows = [dict(row) for row in self.ask.run(query).mappings()]
        nested: dict[str, dict[int, list[dict[str, Any]]]] = {name: {} for name in sub.subforms if name in seen}
        for name, held in nested.items():
            for parent, row in self._children(sub.subforms[name], [row[names.ID] for row in rows], scope):
                held.setdefault(parent, []).append(row)
        linked = {name: self._linked(sub.links[name], rows) for name, one in fields.items() if one.links is not None}
        found = []
        for row in rows:
            values: dict[str, Any] = {"id": row[names.ID]}
            for name, one in fields.items():
                if not row.get(SEEN + name, True):
                    continue
                if one.links is not None:
                    values[name] = tuple(linked[name].get(row[names.ID], ())) or None
                else:
                    values[name] = one.type.from_column(row[name], one)
                    if CURRENCY + name in row:
                        values[name] = self._amount(one, values[name], row[CURRENCY + name])
            for name, held in nested.items():
                if row.get(SEEN + name, True):
                    values[name] = tuple(held.get(row[names.ID], ()))
            found.append((row[names.PARENT], values))
        return found

    def _linked(self, links: Any, rows: list[dict[str, Any]]) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        query = select(links.c[names.LINK_SOURCE], links.c[names.LINK_TARGET])
        query = query.where(links.c[names.LINK_SOURCE] == among(row[names.ID] for row in rows))
        for source, target in self.ask.run(query.order_by(links.c[names.LINK_POSITION])):
            found.setdefault(source, []).append(target)
        return found

    def _row_links(self, raw: list[dict[str, Any]]) -> None:
        for sub in self.ask.form.every_subform():
            pointing = [one for one in sub.fields.values() if one.type.target_form(one)]
            if pointing and sub.path.partition(".")[0] in self.fields:
                rows = [row for values in raw for _, row in rows_of(values, sub.path)]
                link_all(self.ask.tx, self.ask.form, pointing, rows)

    def _record(self, row: Mapping[str, Any], values: dict[str, Any], more: Mapping[str, Any]) -> Record:
        meta = Meta(
            owner=values.pop(names.OWNER, None),
            department=values.pop(names.DEPARTMENT, None),
            created_at=values.pop(names.CREATED_AT, None),
            created_by=values.pop(names.CREATED_BY, None),
            updated_at=values.pop(names.UPDATED_AT, None),
            updated_by=values.pop(names.UPDATED_BY, None),
            flow_state=values.pop(names.FLOW_STATE, None),
            deleted_at=values.pop(names.DELETED, None),
            sample=bool(values.pop("_sample", False)),
        )
        version = values.pop(names.VERSION, 1)
        title = self._title(row[names.ID], values)
        return Record(row[names.ID], version, title, values, meta, visible=frozenset(values), **more)

    def _title(self, record_id: int, values: Mapping[str, Any]) -> str:
        key = self.ask.form.title_field
        if key is None:
            return f"#{record_id}"
        if key not in values:
            return HIDDEN
        one = self.ask.form.fields[key]
        actor = self.ask.tx.actor
        return one.type.display(values[key], one, actor.locale, actor.zone) or f"#{record_id}"


Parts = tuple[dict[str, Field], dict[str, Answer], list[ColumnElement[Any]] | None]
_KEPT: Final[Kept[Parts]] = Kept(2048)
