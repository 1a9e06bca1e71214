"""What rows are called: their record, their place in it, and what they are about: `DD20261122-1 · 3 · 打印机`.

What a row is about is the first of its fields that says something: a relation, a text or a choice, or those that
`title` of the sub-form names. What the reader may not see says nothing, and a record that may not be seen is a dash.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import select

from engines.form.fields.base import Field
from engines.form.form import Form, SubForm
from engines.form.names import ID, PARENT, POSITION
from engines.form.policy import policy_for
from engines.form.policy.rules import ids as among
from engines.form.scope import FormScope
from engines.form.transaction import Transaction
from engines.formula import Facts

BETWEEN: Final = " · "
SPEAKING: Final = ("relation", "text", "choice", "member", "cascade", "textarea", "serial", "date")
"""The types that tell rows apart, the best first."""

Named = Callable[[Form, Iterable[int]], Mapping[int, str]]
"""What records of a form are called, with the reader's rights."""


def speaking(sub: SubForm) -> tuple[Field, ...]:
    """The fields that a row is called by: those that the sub-form names, else the first relation, text or choice."""
    named: Iterable[str] = sub.field.options.get("title") or ()
    chosen = tuple(sub.fields[key] for key in named if key in sub.fields and _says(sub.fields[key]))
    if chosen:
        return chosen
    for kind in SPEAKING:
        for one in sub.fields.values():
            if one.type.key == kind and _says(one) and not _circular(sub, one):
                return (one,)
    return ()


def _says(one: Field) -> bool:
    return not one.encrypted and (one.storage == "column" or (one.live and one.storage == "none"))


def _circular(sub: SubForm, one: Field) -> bool:
    """Whether a field points at rows of the same kind: they would be called by each other."""
    return one.type.target_form(one) == f"{sub.form.key}.{sub.key}"


def row_parts(
    tx: Transaction, form: Form, ids: Iterable[int], named: Named, facts: Facts, *, masked: bool = False
) -> dict[int, tuple[int, int, str]]:
    """Of the rows that may be seen: their record, their place (from 1) and what they are about.

    `masked` keeps every mask on, as in `titles`.
    """
    sub = form.of_rows
    wanted = set(ids)
    if sub is None or not wanted:
        return {}
    policy, table = policy_for(tx, form), form.table
    scope = FormScope(
        form,
        table,
        facts,
        see=lambda other, path, alias: policy_for(tx, other).sees(path, alias),
        clear=lambda other, path, alias: False if masked else policy_for(tx, other).clear(path, alias),
    )
    about = speaking(sub)
    columns = [scope.column(one.key).label(f"about_{number}") for number, one in enumerate(about)]
    query = select(table.c[ID], table.c[PARENT], table.c[POSITION], *columns)
    rows = tx.connection.execute(query.where(table.c[ID] == among(wanted), policy.rows("read"))).mappings().all()
    words: dict[int, list[str]] = {row[ID]: [] for row in rows}
    for number, one in enumerate(about):
        held = {row[ID]: row[f"about_{number}"] for row in rows if row[f"about_{number}"] is not None}
        for row_id, text in _texts(tx, form, one, held, named).items():
            words[row_id].append(text)
    return {row[ID]: (row[PARENT], row[POSITION] + 1, BETWEEN.join(filter(None, words[row[ID]]))) for row in rows}


def _texts(tx: Transaction, form: Form, one: Field, held: Mapping[int, Any], named: Named) -> dict[int, str]:
    target = form.forms.find(one.type.target_form(one) or "")
    if target is not None:
        known = named(target, set(held.values()))
        return {row_id: known.get(value, "") for row_id, value in held.items()}
    show = one.type.display
    return {
        row_id: show(one.type.from_column(value, one), one, tx.actor.locale, tx.actor.zone)
        for row_id, value in held.items()
    }


def row_titles(
    tx: Transaction, form: Form, ids: Iterable[int], named: Named, facts: Facts, hidden: str, *, masked: bool = False
) -> dict[int, str]:
    """The titles of rows by id; `hidden` for what may not be seen."""
    wanted = set(ids)
    parts = row_parts(tx, form, wanted, named, facts, masked=masked)
    around = form.of_rows.form if form.of_rows is not None else form
    records = named(around, {record for record, _, _ in parts.values()})
    found = dict.fromkeys(wanted, hidden)
    for row_id, (record, place, about) in parts.items():
        found[row_id] = BETWEEN.join(filter(None, (records.get(record, hidden), str(place), about)))
    return found


def records_around(tx: Transaction, form: Form, ids: Iterable[int]) -> dict[int, int]:
    """The records that rows stand in, by row."""
    wanted = set(ids)
    if not wanted:
        return {}
    query = select(form.table.c[ID], form.table.c[PARENT]).where(form.table.c[ID] == among(wanted))
    return {row[0]: row[1] for row in tx.connection.execute(query)}
