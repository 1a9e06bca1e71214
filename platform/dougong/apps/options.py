"""How many records hold which option of a choice, and what becomes of those whose option goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from engines.form.collected import every_field
from engines.form.conversions import moved_options
from engines.form.derive.sql import with_rows
from engines.form.fields.base import Field
from engines.form.form import Form, Forms
from engines.form.names import DELETED
from engines.form.transaction import Transaction


@dataclass(frozen=True, slots=True)
class OptionGone:
    """An option that a field offers no longer. `records` hold it: they keep its key, without a label."""

    form: str
    field: str
    option: str
    label: str | Mapping[str, str]
    records: int

    def as_dict(self) -> dict[str, Any]:
        """The shape that the API shows."""
        return {
            "form": self.form,
            "field": self.field,
            "option": self.option,
            "label": self.label,
            "records": self.records,
        }


def count_options(tx: Transaction, form: Form, field: Field) -> dict[str, int]:
    """By key of an option how many records, those in the trash left out, hold it; rows count their record once."""
    table = form.subforms[field.subform].table if field.subform else form.table
    source: Any = table
    record = table.c.id
    if field.subform:
        source, record = with_rows(form, field.subform, form.table, table), form.table.c.id
    value = table.c[field.key]
    if not hasattr(value.type, "item_type"):
        one = value.label("option")
    else:
        one = func.unnest(value).label("option")
    held = select(one, record.label("record")).select_from(source).where(form.table.c[DELETED].is_(None)).subquery()
    counts = (
        select(held.c.option, func.count(held.c.record.distinct()))
        .where(held.c.option.is_not(None))
        .group_by(held.c.option)
    )
    return {str(row[0]): int(row[1]) for row in tx.connection.execute(counts)}


def removed_options(tx: Transaction, before: Forms | None, after: Forms) -> tuple[OptionGone, ...]:
    """The options that fields of the next revision offer no longer and that records hold."""
    found = []
    for form in before.own() if before else ():
        new = after.by_key.get(form.key)
        for old in every_field(form) if new is not None else ():
            now = next((one for one in every_field(new) if one.path == old.path), None) if new else None
            if now is None or not old.choices or now.type.key != old.type.key or moved_options(old, now):
                continue
            gone = {one.key: one for one in old.choices if now.choice(one.key) is None}
            counts = count_options(tx, form, old) if gone and old.storage == "column" else {}
            found += [
                OptionGone(form.key, old.path, key, one.label.value or key, counts[key])
                for key, one in gone.items()
                if counts.get(key)
            ]
    return tuple(found)
