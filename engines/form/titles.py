"""What records are called: one query for each form that is pointed at, with the reader's rights.

A record that the reader may not see, or whose title is hidden from the reader, is shown as a dash: that something is
linked is a fact of the record at hand, what it is called is not.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, case, select

from engines.form.facts import facts_of
from engines.form.fields.base import Field, Link
from engines.form.fields.link import FormLink, split
from engines.form.form import Form
from engines.form.names import ID
from engines.form.policy import policy_for
from engines.form.policy.rules import ids as among
from engines.form.row_titles import records_around, row_titles
from engines.form.scope import FormScope, target_of
from engines.form.transaction import Transaction

HIDDEN: Final = "—"
LEFT: Final = "\x1f"
"""Stands behind the name of a member who left, or of a closed department, in what `title_column` gives."""
DEEPEST: Final = 3
"""A title may be that of another record; so often, since records may point at each other in a circle."""


def titles(tx: Transaction, form: Form, ids: Iterable[int], *, depth: int = 0, masked: bool = False) -> dict[int, str]:
    """The titles of records by id, also of those in the trash; a dash for what may not be seen.

    `masked` keeps every mask on, whoever asks: for words that are kept and read by others.
    """
    wanted = set(ids)
    if not wanted:
        return {}
    if form.of_rows is not None:
        return _row_titles(tx, form, wanted, depth, masked)
    policy = policy_for(tx, form)
    table = form.table
    key = form.title_field
    one = form.fields.get(key) if key else None
    if one is None or one.storage == "links" or one.storage == "children":
        query = select(table.c[ID], table.c[ID].label("_title"))
    else:
        scope = FormScope(
            form,
            table,
            facts_of(tx, form.forms),
            see=lambda _, path, alias: policy.sees(path, alias),
            clear=lambda _, path, alias: False if masked else policy.clear(path, alias),
        )
        query = select(table.c[ID], scope.column(one.key).label("_title"))
    query = query.where(table.c[ID] == among(wanted), policy.rows("read"))
    locale, zone = tx.actor.locale, tx.actor.zone
    found = dict.fromkeys(wanted, HIDDEN)
    for record_id, value in tx.connection.execute(query):
        if one is None:
            found[record_id] = f"#{record_id}"
        elif one.type.target_form(one) and value is not None:
            below = (
                {} if depth >= DEEPEST else titles(tx, target_of(form, one), [value], depth=depth + 1, masked=masked)
            )
            found[record_id] = below.get(value, HIDDEN)
        elif policy.sees(one.key) is False:
            continue
        else:
            found[record_id] = one.type.display(one.type.from_column(value, one), one, locale, zone) or f"#{record_id}"
    return found


def _row_titles(tx: Transaction, form: Form, ids: set[int], depth: int, masked: bool) -> dict[int, str]:
    """The titles of rows, which are made of those of their records and of what they point at."""
    if depth > DEEPEST:
        return dict.fromkeys(ids, HIDDEN)

    def named(target: Form, of: Iterable[int]) -> Mapping[int, str]:
        return titles(tx, target, of, depth=depth + 1, masked=masked)

    return row_titles(tx, form, ids, named, facts_of(tx, form.forms), HIDDEN, masked=masked)


def title_column(tx: Transaction, form: Form, one: Field, record: ColumnElement[Any]) -> ColumnElement[Any] | None:
    """The raw title of the record that a column points at, as part of the reader's own statement.

    NULL where it may not be seen. None where titles need more than a column (a title that is a relation itself).
    """
    target = target_of(form, one)
    if target.title_field is None:
        return None
    title = target.fields[target.title_field]
    if title.storage != "column" or title.type.target_form(title):
        return None
    scope = _reading(tx, target)
    shown = scope.column(title.key)
    if target.system:
        shown = case((scope.table.c.active, shown), else_=shown + LEFT)
    return _beyond(tx, target, scope, shown, record)


def title_sorted_by(one: Field) -> Field | None:
    """The field that names what a member, department or single relation points at, where lists can be in its order."""
    end, target = one.end or one, one.target
    many = end.links is not None or end.storage not in ("column", "none")
    title = None if target is None or many else _fields_of(target).get(target.title_field or "")
    plain = title is not None and title.storage == "column" and not title.type.target_form(title)
    return title if title is not None and plain and title.type.sort_columns(title) else None


def _fields_of(target: Any) -> Mapping[str, Field]:
    return {} if target.of_rows is not None else target.fields


def is_sorted_by(one: Field) -> bool:
    """Whether a list may be in the order of a field."""
    if title_sorted_by(one) is not None:
        return True
    return (one.live and one.type.sortable) or bool(one.type.sort_columns(one))


def title_order(tx: Transaction, form: Form, one: Field, record: ColumnElement[Any]) -> ColumnElement[Any] | None:
    """What records are ordered by where they are in the order of the names of what a field points at.

    NULL where the name may not be seen; None for a field that points at nothing that has such a name.
    """
    title = title_sorted_by(one)
    if title is None:
        return None
    target = target_of(form, one)
    scope = _reading(tx, target)
    kept = scope.table.c[title.type.sort_columns(title)[0]]
    return _beyond(tx, target, scope, title.type.rank(scope.guarded(title.key, kept), title), record)


def _reading(tx: Transaction, target: Form) -> FormScope:
    policy, alias = policy_for(tx, target), target.table.alias()
    return FormScope(
        target,
        alias,
        facts_of(tx),
        see=lambda _, path, table: policy.sees(path, table),
        clear=lambda _, path, table: policy.clear(path, table),
    )


def _beyond(
    tx: Transaction, target: Form, scope: FormScope, shown: ColumnElement[Any], record: ColumnElement[Any]
) -> ColumnElement[Any]:
    policy, alias = policy_for(tx, target), scope.table
    query = select(shown).where(alias.c[ID] == record)
    if not policy.everywhere("read"):
        query = query.where(policy.rows("read", alias))
    return query.scalar_subquery()


def link_of(record_id: int, raw: Any, words: Callable[[Any], str]) -> Link:
    """The link for an id and what `title_column` gave for it."""
    left = isinstance(raw, str) and raw.endswith(LEFT)
    return Link(record_id, words(raw.removesuffix(LEFT) if left else raw) or f"#{record_id}", left)


def title_words(tx: Transaction, form: Form, one: Field) -> Callable[[Any], str]:
    """A function that gives the words for what `title_column` gave."""
    target = target_of(form, one)
    title = target.fields[target.title_field or ""]
    locale, zone = tx.actor.locale, tx.actor.zone

    def words(raw: Any) -> str:
        return HIDDEN if raw is None else title.type.display(title.type.from_column(raw, title), title, locale, zone)

    return words


def text_of(tx: Transaction, form: Form, one: Field, value: Any) -> str:
    """A value as people read it, with the titles of what it points at."""
    if value is not None and one.type.target_form(one):
        target = target_of(form, one)
        ids = value if isinstance(value, tuple | list) else (value,)
        named = titles(tx, target, [one_id for one_id in ids if isinstance(one_id, int)])
        links = tuple(Link(one_id, named.get(one_id, HIDDEN)) for one_id in ids)
        value = links if isinstance(value, tuple | list) else links[0]
    elif value is not None and one.parts:
        row = {one.key: value}
        link_parts(tx, form, [one], [row])
        value = row[one.key]
    return one.type.display(value, one, tx.actor.locale, tx.actor.zone)


def link_parts(tx: Transaction, form: Form, fields: Iterable[Field], rows: list[dict[str, Any]]) -> None:
    """Turn the values of relations to one of several forms into `FormLink`s with titles, in place."""
    wholes = [one for one in fields if one.parts]
    wanted: dict[str, set[int]] = {}
    for one in wholes:
        for row in rows:
            found = split(row.get(one.key))
            if found is not None:
                wanted.setdefault(found[0], set()).add(found[1])
    named = {key: titles(tx, form.forms.get(key), ids) for key, ids in wanted.items() if key in form.forms}
    for one in wholes:
        for row in rows:
            found = split(row.get(one.key))
            if found is not None:
                row[one.key] = FormLink(*found, named.get(found[0], {}).get(found[1], HIDDEN))


def link_all(tx: Transaction, form: Form, fields: Iterable[Field], rows: Iterable[dict[str, Any]]) -> None:
    """Turn the ids in rows into `Link`s with titles, in place, one query for each form that is pointed at."""
    fields, rows = list(dict.fromkeys(fields)), list(rows)
    link_parts(tx, form, fields, rows)
    pointing = [one for one in fields if one.type.target_form(one)]
    wanted: dict[str, set[int]] = {}
    for one in pointing:
        ids = wanted.setdefault(str(one.type.target_form(one)), set())
        for row in rows:
            value = row.get(one.key)
            if value is not None:
                ids.update(value if isinstance(value, tuple | list) else (value,))
    targets = {key: form.forms.target(key) for key in wanted}
    named = {key: titles(tx, targets[key], ids) for key, ids in wanted.items()}
    gone = {key: _left(tx, targets[key], ids) for key, ids in wanted.items() if targets[key].system}
    around = {key: records_around(tx, targets[key], ids) for key, ids in wanted.items() if targets[key].of_rows}
    for one in pointing:
        away = gone.get(str(one.type.target_form(one)), frozenset())
        known: Mapping[int, str] = named[str(one.type.target_form(one))]
        records = around.get(str(one.type.target_form(one)), {})

        def link(
            value: int,
            known: Mapping[int, str] = known,
            away: frozenset[int] = away,
            records: Mapping[int, int] = records,
        ) -> Link:
            record = records.get(value) if known[value] != HIDDEN else None
            return Link(value, known[value], value in away, record)

        for row in rows:
            value = row.get(one.key)
            if isinstance(value, tuple | list):
                row[one.key] = tuple(link(one_id) for one_id in value)
            elif value is not None:
                row[one.key] = link(value)


def _left(tx: Transaction, form: Form, ids: Iterable[int]) -> frozenset[int]:
    """Those of these people (or departments) who are there no longer."""
    wanted = set(ids)
    if not wanted:
        return frozenset()
    table = form.table
    query = select(table.c[ID]).where(table.c[ID] == among(wanted), ~table.c.active)
    return frozenset(tx.connection.execute(query).scalars())
