"""What a picker says of records: the group that each belongs to, how many of the group, and why one is excluded.

Rules of a form hold for everybody: they are judged over all there is, whoever asks. Titles of groups are told as far
as the actor may see them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, select

from engines.form.choosing.model import Exclusion, Limit, Picker
from engines.form.facts import facts_of
from engines.form.fields.base import Field
from engines.form.filters import follow
from engines.form.policy.rules import ids as among
from engines.form.query import ask
from engines.form.query.ask import Ask
from engines.form.rules.linkage import column_at
from engines.form.scope import FormScope, target_of
from engines.form.titles import titles
from engines.form.transaction import Transaction
from engines.formula import Facts
from engines.formula.inner import inner_sql

ANY_GROUP: Final = "*"
FREE: Final = Limit()


@dataclass(frozen=True, slots=True)
class Group:
    """A group of candidates. `key` is what the field holds, as text; blank for those that are in none."""

    key: str
    title: str
    limit: Limit = FREE


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said of one record; `why` is blank where it may be chosen."""

    group: Group
    why: str = ""


NOWHERE: Final = Group("", "")


def judged(
    tx: Transaction, picker: Picker, view: Mapping[str, Any], ids: Iterable[int], *, groups: bool = True
) -> dict[int, Judged]:
    """Judge records over the values of a record (its rows among them). Unknown ids are left out."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    asked = ask(tx, picker.target)
    facts = facts_of(tx, picker.form.forms)
    scope = FormScope(picker.target, asked.table, facts)
    grouped = groups and picker.group is not None
    columns = _grouping(picker, scope) if grouped else {}
    plain, hard = _rules(picker, scope, view, facts)
    columns |= {f"x{place}": column for place, column in plain.items()}
    columns |= {
        name: column for place in hard for name, column in _read(picker.exclusions[place], scope, place).items()
    }
    query = select(asked.table.c.id, *(column.label(name) for name, column in columns.items()))
    rows = asked.run(query.where(asked.table.c.id == among(wanted))).mappings().all()
    named = _groups(tx, picker, asked, rows) if grouped else {}
    return {
        row["id"]: Judged(
            named.get(row["g"], NOWHERE) if grouped else NOWHERE, _why(picker, row, view, facts, plain, tx)
        )
        for row in rows
    }


def _grouping(picker: Picker, scope: FormScope) -> dict[str, ColumnElement[Any]]:
    if picker.group is None:
        return {}
    steps, one = picker.group
    columns = {"g": column_at(scope, steps, one)}
    for name, field in (("low", picker.low_field), ("high", picker.high_field)):
        if field is not None:
            columns[name] = column_at(scope, (*steps, one), field)
    return columns


def _groups(tx: Transaction, picker: Picker, asked: Ask, rows: Iterable[Mapping[str, Any]]) -> dict[Any, Group]:
    """The groups that rows name, with their limits."""
    if picker.group is None:
        return {}
    one = picker.group[1]
    held = {row["g"]: row for row in rows}
    names: dict[Any, str] = {}
    if one.type.target_form(one):
        names = dict(titles(tx, target_of(picker.target, one), [value for value in held if value is not None]))
    made: dict[Any, Group] = {}
    for value, row in held.items():
        stored = None if value is None else one.type.from_column(value, one)
        shown = names.get(value) or _shown(one, stored, asked)
        key = "" if value is None else str(value)
        limit = picker.limits.get(shown if value in names else key, picker.limits.get(ANY_GROUP, FREE))
        low, high = row.get("low"), row.get("high")
        limit = Limit(limit.low if low is None else int(low), limit.high if high is None else int(high))
        made[value] = Group(key, shown, limit if value is not None else FREE)
    return made


def _shown(one: Field, value: Any, asked: Ask) -> str:
    return "" if value is None else one.type.display(value, one, asked.context.locale, asked.context.zone)


def _rules(
    picker: Picker, scope: FormScope, view: Mapping[str, Any], facts: Facts
) -> tuple[dict[int, ColumnElement[Any]], list[int]]:
    """Exclusions as columns of the question, and the places of those that only Python can decide."""
    plain: dict[int, ColumnElement[Any]] = {}
    hard: list[int] = []
    for place, one in enumerate(picker.exclusions):
        column = inner_sql(one.expression, (view,), scope, facts)
        if column is None:
            hard.append(place)
        else:
            plain[place] = column
    return plain, hard


def _read(one: Exclusion, scope: FormScope, place: int) -> dict[str, ColumnElement[Any]]:
    """What a rule for Python reads of the candidate."""
    ways = ((path, *follow(scope.form, ".".join(path))) for path in one.wanted)
    return {f"x{place}.{'.'.join(path)}": column_at(scope, steps, end) for path, steps, end in ways}


def _why(
    picker: Picker,
    row: Mapping[Any, Any],
    view: Mapping[str, Any],
    facts: Facts,
    plain: Mapping[int, Any],
    tx: Transaction,
) -> str:
    """The reason of the first rule that excludes a record."""
    for place, one in enumerate(picker.exclusions):
        found = row[f"x{place}"] if place in plain else _evaluated(picker, one, row, place, view, facts)
        if one.when is not None and found:
            return one.message(tx.actor.locale) or one.expression.text
        if one.when is None and found:
            return str(found)
    return ""


def _evaluated(
    picker: Picker, one: Exclusion, row: Mapping[Any, Any], place: int, view: Mapping[str, Any], facts: Facts
) -> Any:
    candidate: dict[str, Any] = {"id": row["id"]}
    for path in one.wanted:
        steps, end = follow(picker.target, ".".join(path))
        held = row[f"x{place}.{'.'.join(path)}"]
        value = None if held is None else end.type.from_column(held, end)
        _plant(candidate, [step.key for step in steps], end, value)
    return one.expression.evaluate(candidate, facts, (view,))


def _plant(candidate: dict[str, Any], steps: Iterable[str], end: Field, value: Any) -> None:
    """Put a value where expressions read it: behind the relations that lead to it."""
    at = candidate
    for step in steps:
        if not isinstance(at.get(step), dict):
            at[step] = {}
        at = at[step]
    if not isinstance(at.get(end.key), dict):
        at[end.key] = {"id": value} if end.target is not None and value is not None else value
