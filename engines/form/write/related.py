"""Stage `related`: the records that relations point at, one query for each form and level.

The same query checks that they exist, are not in the trash and may be read by the person who chose them, and takes a
key-share lock, so that nobody moves one to the trash before this transaction ends (D4: parents before the record).
Values for stored fields are read with system rights (D6).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, literal, select

from engines.form.fields.base import Field
from engines.form.fields.link import part_of, part_values
from engines.form.fields.links import existence
from engines.form.form import Form, SubForm
from engines.form.names import ID, LINK_POSITION, LINK_SOURCE, LINK_TARGET, PARENT, POSITION
from engines.form.nested import rows_of, stored_rows
from engines.form.policy import policy_for
from engines.form.policy.rules import ids as among
from engines.form.scope import FormScope, alive_in, target_of
from engines.form.write.draft import Draft, Row
from engines.form.write.memory import Memory, Remembered
from engines.form.write.needs import Tree, needs_of


@dataclass
class Wanted:
    """What is asked of the records of one form: `checked` are ids that the writer chose just now, with their places."""

    form: Form
    ids: set[int] = field(default_factory=set)
    columns: set[str] = field(default_factory=set)
    checked: dict[int, list[tuple[str, Field]]] = field(default_factory=dict)


def related(draft: Draft, tree: Tree | None = None) -> None:
    """Check chosen records, load what expressions read of them and build the view of the record."""
    tree = needs_of(draft.form) if tree is None else tree
    wanted = _asked(draft, tree)
    loaded = {key: _load(draft, wanted[key]) for key in sorted(wanted)}
    every = {**draft.form.fields, **draft.form.parts}
    values = {**draft.values, **part_values(draft.form.fields.values(), draft.values)}
    draft.view = _view(draft, draft.form, every, values, tree, loaded)
    for key, sub in draft.form.subforms.items():
        draft.view[key] = [_row_view(draft, sub, row, tree.get(key, {}), loaded) for row in draft.values.get(key) or ()]


def _row_view(draft: Draft, sub: SubForm, row: Row, tree: Tree, loaded: Mapping[str, Mapping[int, Row]]) -> Row:
    view = _view(draft, draft.form, sub.fields, row, tree, loaded)
    for key, inner in sub.subforms.items():
        view[key] = [_row_view(draft, inner, one, tree.get(key, {}), loaded) for one in row.get(key) or ()]
    return view


def learn(drafts: Sequence[Draft], memory: Memory) -> None:
    """Ask once for what many drafts with this memory read, so that `related` asks no more for each of them."""
    together: dict[str, Wanted] = {}
    for draft in drafts:
        for key, one in _asked(draft, needs_of(draft.form)).items():
            entry = together.setdefault(key, Wanted(one.form))
            entry.ids |= one.ids
            entry.columns |= one.columns
    for key in sorted(together):
        _remembered(drafts[0], together[key], memory.forms.setdefault(key, Remembered()))


def _asked(draft: Draft, tree: Tree) -> dict[str, Wanted]:
    """What must be known of the records that a draft points at, by form."""
    wanted: dict[str, Wanted] = {}
    for key, one in draft.form.fields.items():
        if key in draft.form.subforms:
            _want_rows(draft, draft.form.subforms[key], tree.get(key, {}), wanted)
        elif one.type.target_form(one):
            _want(draft, one, draft.values.get(key), tree.get(key), wanted, key if _changed(draft, key) else None)
    held = part_values(draft.form.fields.values(), draft.values)
    for key, part in draft.form.parts.items():
        if part.type.target_form(part):
            whole = part_of(part)
            _want(draft, part, held.get(key), tree.get(key), wanted, whole if _changed(draft, whole) else None)
    return wanted


def _changed(draft: Draft, key: str) -> bool:
    return key in draft.touched and draft.values.get(key) != draft.old.get(key)


def _want_rows(draft: Draft, sub: SubForm, tree: Tree, wanted: dict[str, Wanted]) -> None:
    for inner in sub.subforms.values():
        _want_rows(draft, inner, tree.get(inner.key, {}), wanted)
    pointing = [one for one in sub.fields.values() if one.type.target_form(one)]
    if not pointing:
        return
    touched = sub.path.partition(".")[0] in draft.touched
    stored = stored_rows(draft.old, sub.path)
    for place, row in rows_of(draft.values, sub.path):
        before = stored.get(row.get("id") or 0, {})
        for one in pointing:
            value = row.get(one.key)
            new = touched and value != before.get(one.key)
            _want(draft, one, value, tree.get(one.key), wanted, f"{place}.{one.key}" if new else None)


def _want(draft: Draft, one: Field, value: Any, tree: Tree | None, wanted: dict[str, Wanted], path: str | None) -> None:
    """Note what must be known of the records that a value points at; `path` where the writer has just chosen them."""
    if value is None or (tree is None and path is None):
        return
    target = target_of(draft.form, one)
    entry = wanted.setdefault(target.key, Wanted(target))
    for identity in value if isinstance(value, tuple | list) else (value,):
        entry.ids.add(identity)
        if path is not None:
            entry.checked.setdefault(identity, []).append((path, one))
    if tree:
        entry.columns.update(_readable(target, tree))


def _readable(target: Form, tree: Tree) -> Iterable[str]:
    """The names of a tree that are columns (or live formulas) of the target."""
    return [key for key in tree if key not in target.subforms and not _many(target, key)]


def _many(target: Form, key: str) -> bool:
    return key in target.fields and target.fields[key].links is not None


def _load(draft: Draft, wanted: Wanted) -> dict[int, Row]:
    """The records by id; notes a problem at every place that chose one which is not there or may not be seen."""
    if draft.memory is None:
        rows = _ask(draft, wanted, judged=bool(wanted.checked))
    else:
        rows = _remembered(draft, wanted, draft.memory.forms.setdefault(wanted.form.key, Remembered()))
    missing = [key for key in wanted.checked if key not in rows or not rows[key]["_usable"]]
    for key in missing:
        for path, one in wanted.checked[key]:
            draft.note(existence(one, [key]), "", one)
            problem = draft.problems.pop()
            draft.problem(problem.code, path, problem.message, one, **problem.params)
    return rows


def _ask(draft: Draft, wanted: Wanted, *, judged: bool) -> dict[int, Row]:
    return {row[ID]: dict(row) for row in draft.tx.connection.execute(_select(draft, wanted, judged)).mappings()}


def _remembered(draft: Draft, wanted: Wanted, known: Remembered) -> dict[int, Row]:
    """The records as a memory has them; what it lacks is asked for, always with the writer's right to see them."""
    if not wanted.columns <= known.columns:
        known.columns |= wanted.columns
        known.rows.clear()
    missing = wanted.ids - known.rows.keys()
    if missing:
        found = _ask(draft, Wanted(wanted.form, missing, known.columns), judged=True)
        known.rows |= {key: found.get(key) for key in missing}
    return {key: dict(row) for key in wanted.ids if (row := known.rows[key]) is not None}


def _select(draft: Draft, wanted: Wanted, judged: bool) -> Select[Any]:
    target = wanted.form
    table = target.table
    scope = FormScope(target, table, draft.facts)
    usable = literal(True) if not judged else policy_for(draft.tx, target).rows("read")
    alive = alive_in(target, table)
    if alive is not None:
        usable = usable & alive
    columns = [scope.raw(key).label(key) for key in sorted(wanted.columns - {ID})]
    query = select(table.c[ID], usable.label("_usable"), *columns).where(table.c[ID] == among(wanted.ids))
    if target.system:
        return query
    if draft.reading:
        return query.order_by(table.c[ID])
    held = [table]
    if target.of_rows is not None:  # the record around a row is held too: it must not go to the trash either
        record = target.of_rows.form.table
        query = query.join_from(table, record, record.c[ID] == table.c[PARENT])
        held = [record, table]
    return query.order_by(table.c[ID]).with_for_update(read=True, key_share=True, of=held)


def _view(
    draft: Draft,
    form: Form,
    fields: Mapping[str, Field],
    values: Mapping[str, Any],
    tree: Tree,
    loaded: Mapping[str, Mapping[int, Row]],
) -> Row:
    """The row as expressions read it: relations that something is read of become mappings."""
    view = dict(values)
    for key, below in tree.items():
        one = fields.get(key)
        value = values.get(key)
        if one is None or value is None or one.type.target_form(one) is None:
            continue
        target = target_of(form, one)
        found = loaded.get(target.key, {})
        if isinstance(value, tuple | list):
            view[key] = [_deep(draft, target, found[one_id], below) for one_id in value if one_id in found]
        else:
            view[key] = _deep(draft, target, found[value], below) if value in found else {"id": value}
    return view


def _deep(draft: Draft, target: Form, row: Row, tree: Tree) -> Row:
    """A related record with what is read beyond it; second levels are rare and asked record by record."""
    deep = dict(row)
    for key, below in tree.items():
        one = target.every.get(key)
        if one is None or key == "id":
            continue
        if key in target.subforms or one.links is not None:
            deep[key] = _many_rows(draft, target, one, row[ID], below)
        elif below and one.type.target_form(one) and row.get(key) is not None:
            deep[key] = _one_row(draft, target_of(target, one), row[key], below)
    return deep


def _one_row(draft: Draft, target: Form, identity: int, tree: Tree) -> Row:
    wanted = Wanted(target, {identity}, set(_readable(target, tree)))
    rows = _load(draft, wanted)
    return _deep(draft, target, rows[identity], tree) if identity in rows else {"id": identity}


def _many_rows(draft: Draft, form: Form, one: Field, identity: int, tree: Tree) -> list[Row]:
    """The rows of a sub-form, or the records of a relation to many, of a related record."""
    connection = draft.tx.connection
    if one.links is not None:
        links = one.links
        query = select(links.c[LINK_TARGET]).where(links.c[LINK_SOURCE] == identity).order_by(links.c[LINK_POSITION])
        target = target_of(form, one)
        ids = list(connection.execute(query).scalars())
        rows = _load(draft, Wanted(target, set(ids), set(_readable(target, tree)))) if ids else {}
        return [_deep(draft, target, rows[key], tree) for key in ids if key in rows]
    return [row for _, row in _stored_rows(draft, form, form.subforms[one.path], [identity], tree)]


def _stored_rows(draft: Draft, form: Form, sub: SubForm, parents: Sequence[int], tree: Tree) -> list[tuple[int, Row]]:
    """The rows of a sub-form as far as a tree asks for them, with what they stand in; one question for each level."""
    scope = FormScope(form, sub.table, draft.facts, subform=sub.path)
    plain = [key for key in tree if key in sub.fields and sub.fields[key].storage not in ("links", "children")]
    columns = [scope.raw(key).label(key) for key in plain]
    query = select(sub.table.c[ID], sub.table.c[PARENT].label("_parent"), *columns)
    query = query.where(sub.table.c[PARENT] == among(parents)).order_by(sub.table.c[POSITION], sub.table.c[ID])
    found = [dict(row) for row in draft.tx.connection.execute(query).mappings()]
    by_id = {row[ID]: row for row in found}
    for key, inner in sub.subforms.items():
        if key in tree and by_id:
            for row in found:
                row[key] = []
            for parent, row in _stored_rows(draft, form, inner, list(by_id), tree[key]):
                by_id[parent][key].append(row)
    return [(row.pop("_parent"), row) for row in found]
