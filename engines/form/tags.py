"""The tags of a field: which there are and how often, and renaming or merging them on all records.

A tag is data: there is no table of tags that could disagree with the records. Renaming is a change of every record that
carries the tag, through the write path: logged, and search, formulas and flows follow.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, func, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from engines.form.fields.base import Field
from engines.form.folding import fold
from engines.form.form import Form
from engines.form.names import DELETED
from engines.form.policy import policy_for
from engines.form.records import update_record
from engines.form.transaction import Transaction
from engines.kernel.problems import Conflict, Forbidden, NotFound, Problem, Rejected

MOST: Final = 500
AT_ONCE: Final = 200
"""So many records are changed in one transaction."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag with its colour and group, where it is declared, and how many records that one may see carry it."""

    key: str
    title: str
    color: str | None
    group: str
    count: int


@dataclass(frozen=True, slots=True)
class Piece:
    """What one transaction of a merge did: `why` is the first reason of those kept; `last` None when none is left."""

    changed: int
    kept: int
    why: Problem | None
    last: int | None


@dataclass(frozen=True, slots=True)
class _Merge:
    key: str
    old: tuple[str, ...]
    new: str

    def replaced(self, tags: Collection[str]) -> list[str]:
        return list(dict.fromkeys(self.new if tag in self.old else tag for tag in tags))


def tags_of(tx: Transaction, form: Form, key: str, search: str = "", limit: int = 50) -> list[Tag]:
    """Declared tags in their order, then others by how often they are used; with `search` those that hold the text."""
    field = _field(form, key)
    counts = _counts(tx, form, field)
    groups: Mapping[str, str] = field.type.groups(field, tx.actor.locale)  # type: ignore[attr-defined]
    found = [
        Tag(one.key, one.label(tx.actor.locale) or one.key, one.color, groups.get(one.key, ""), counts.pop(one.key, 0))
        for one in field.choices
        if not one.disabled
    ]
    found += [Tag(name, name, None, "", count) for name, count in counts.items()]
    wanted = fold(search)
    return [tag for tag in found if not wanted or wanted in fold(tag.title) or wanted in fold(tag.key)][:limit]


def rename_tag(tx: Transaction, form: Form, key: str, old: str, new: str) -> int:
    """Call a tag otherwise on every record; how many were changed. Where both stood on a record, one stays."""
    return merge_tags(tx, form, key, (old,), new)


def merge_tags(tx: Transaction, form: Form, key: str, old: Collection[str], new: str) -> int:
    """Put one tag in the place of several on every record; how many were changed.

    For administrators. Raises `Rejected` when the new tag is none, and when more than `AT_ONCE` records carry an old
    one: they are done in pieces (`merge_piece`).
    """
    count = carrying(tx, form, key, old, new)
    if count > AT_ONCE:
        message = f"{count} records carry the tag, {AT_ONCE} are changed at once; let a job change them in pieces"
        raise Rejected(Problem("tags.too_many", key, message, {"max": AT_ONCE, "count": count}))
    merge = _merge(tx, form, key, old, new)
    rows = _rows(tx, form, merge, 0, AT_ONCE)
    for record, tags in rows.items():
        update_record(tx, form, record, {key: merge.replaced(tags)})
    return len(rows)


def carrying(tx: Transaction, form: Form, key: str, old: Collection[str], new: str) -> int:
    """How many records a merge changes. For administrators. Raises `Rejected` when the new tag is none."""
    merge = _merge(tx, form, key, old, new)
    query = select(func.count()).select_from(form.table).where(*_touched(form, merge))
    return int(tx.connection.scalar(query) or 0) if merge.old else 0


def merge_piece(
    tx: Transaction, form: Form, key: str, old: Collection[str], new: str, after: int = 0, size: int = AT_ONCE
) -> Piece:
    """Do the next records of a merge, by their ids; those that rules hold are left as they are and counted.

    For administrators. May be begun anew at any time: records that are done carry the old tags no more.
    """
    merge = _merge(tx, form, key, old, new)
    rows = _rows(tx, form, merge, after, size)
    kept: list[Problem] = []
    for record, tags in rows.items():
        try:
            with tx.connection.begin_nested():
                update_record(tx, form, record, {key: merge.replaced(tags)})
        except (Rejected, Conflict) as error:
            kept.append(error.problems[0])
    last = max(rows) if len(rows) == size else None
    return Piece(len(rows) - len(kept), len(kept), kept[0] if kept else None, last)


def _merge(tx: Transaction, form: Form, key: str, old: Collection[str], new: str) -> _Merge:
    if not tx.actor.is_admin:
        raise Forbidden(Problem("tags.not_admin", key, "Only administrators rename tags", {}))
    field = _field(form, key)
    wanted = field.type.parse([new], field)
    if not wanted or len(wanted) > 1:
        raise Rejected(Problem("tags.not_one", "new", "Give one tag", {}))
    return _Merge(key, tuple(one for one in dict.fromkeys(old) if one != wanted[0]), wanted[0])


def _touched(form: Form, merge: _Merge) -> tuple[ColumnElement[bool], ...]:
    column = form.table.c[merge.key]
    return column.bool_op("&&")(literal(list(merge.old), ARRAY(Text()))), form.table.c[DELETED].is_(None)


def _rows(tx: Transaction, form: Form, merge: _Merge, after: int, size: int) -> dict[int, list[str]]:
    if not merge.old:
        return {}
    table = form.table
    query = select(table.c.id, table.c[merge.key]).where(*_touched(form, merge), table.c.id > after)
    return {one: list(tags) for one, tags in tx.connection.execute(query.order_by(table.c.id).limit(size))}


def _counts(tx: Transaction, form: Form, field: Field) -> dict[str, int]:
    """How many records that the person may see carry each tag."""
    policy, table = policy_for(tx, form), form.table
    sees: Any = policy.sees(field.key)
    if sees is False or not policy.may("read"):
        return {}
    where = table.c[DELETED].is_(None), policy.rows("read"), true() if sees is True else sees
    carried = select(func.unnest(table.c[field.key]).label("tag")).where(*where).subquery()
    number = func.count().label("number")
    query = select(carried.c.tag, number).group_by(carried.c.tag).order_by(number.desc(), carried.c.tag).limit(MOST)
    return {row.tag: row.number for row in tx.connection.execute(query)}


def _field(form: Form, key: str) -> Field:
    field = form.fields.get(key)
    if field is None or field.type.key != "tags":
        raise NotFound(Problem("tags.no_field", key, f'There is no tag field "{key}"', {"key": key}))
    return field
