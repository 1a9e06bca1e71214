"""The tags of a field: which there are and how often, and renaming or merging them on all records.

A tag is data: there is no table of tags that could disagree with the records. Renaming is a change of every record that
carries the tag, through the write path: logged, and search, formulas and flows follow.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Text, func, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from engines.form.fields.base import Field
from engines.form.folding import fold
from engines.form.form import Form
from engines.form.names import DELETED
from engines.form.policy import policy_for
from engines.form.records import update_record
from engines.form.transaction import Transaction
from engines.kernel.problems import Forbidden, NotFound, Problem, Rejected

MOST: Final = 500
MOST_RECORDS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag with its colour and group, where it is declared, and how many records that one may see carry it."""

    key: str
    title: str
    color: str | None
    group: str
    count: int


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

    For administrators. Raises `Rejected` when the new tag is none.
    """
    if not tx.actor.is_admin:
        raise Forbidden(Problem("tags.not_admin", key, "Only administrators rename tags", {}))
    field = _field(form, key)
    wanted = field.type.parse([new], field)
    if not wanted or len(wanted) > 1:
        raise Rejected(Problem("tags.not_one", "new", "Give one tag", {}))
    gone = [one for one in dict.fromkeys(old) if one != wanted[0]]
    rows = _carrying(tx, form, field, gone) if gone else {}
    if len(rows) > MOST_RECORDS:
        message = f"More than {MOST_RECORDS} records carry the tag; change them by a batch edit"
        raise Rejected(Problem("tags.too_many", key, message, {"max": MOST_RECORDS}))
    for record, tags in rows.items():
        update_record(tx, form, record, {key: _replaced(tags, gone, wanted[0])})
    return len(rows)


def _replaced(tags: Collection[str], old: Collection[str], new: str) -> list[str]:
    return list(dict.fromkeys(new if tag in old else tag for tag in tags))


def _carrying(tx: Transaction, form: Form, field: Field, old: list[str]) -> dict[int, list[str]]:
    table = form.table
    column = table.c[field.key]
    there = column.is_not(None), column.bool_op("&&")(literal(old, ARRAY(Text()))), table.c[DELETED].is_(None)
    query = select(table.c.id, column).where(*there).order_by(table.c.id).limit(MOST_RECORDS + 1)
    return {record: list(tags) for record, tags in tx.connection.execute(query)}


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
