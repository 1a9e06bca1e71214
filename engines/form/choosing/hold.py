"""What every writer keeps to when records are chosen: conditions of relations, exclusions, limits, once.

What is stored stays: a choice is judged when it is made, and again when a write changes what its conditions read. The
limits of groups are judged when a write changes the choices or their quantities.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from engines.form.choosing.ask import fits, given_by, misfit
from engines.form.choosing.candidates import chosen_in, offered_groups
from engines.form.choosing.compile import choices_of, pickers_of
from engines.form.choosing.judge import Group, Judged, judged
from engines.form.choosing.model import Picker
from engines.form.fields.base import Field
from engines.form.nested import rows_of, stored_rows
from engines.form.rules.behaviour import reads_of
from engines.form.rules.model import Linkage
from engines.form.titles import titles
from engines.form.write.draft import Draft, Row
from engines.form.write.memory import asked_once
from engines.kernel.problems import Problem

Place = tuple[str, Mapping[str, Any], Mapping[str, Any], Mapping[str, Any] | None]
"""A path, the values around the field there, what expressions see there, and the values before (None for new rows)."""


def hold(draft: Draft) -> None:
    """Note every choice that may not be made."""
    choices, pickers = choices_of(draft.form), pickers_of(draft.form)
    if not choices and not pickers:
        return
    changed = _changed(draft, draft.values, draft.old)
    for path, linkage in choices.items():
        if linkage.where:
            _relation(draft, draft.form.at(path), linkage, changed)
    for key, picker in pickers.items():
        if picker.holds and not any(problem.path == key for problem in draft.problems):
            _picker(draft, key, picker, changed)


def _changed(draft: Draft, values: Mapping[str, Any], old: Mapping[str, Any]) -> set[str]:
    """The names whose values differ from what is stored; a row that is not stored yet differs in all."""
    found = {key for key in values if not key.startswith("_") and values.get(key) != old.get(key)}
    return found | {key for key, value in draft.system.items() if value != draft.old.get(key)}


# -- conditions of relations ---------------------------------------------------------------------------------------


def _relation(draft: Draft, one: Field, linkage: Linkage, changed: set[str]) -> None:
    reads = frozenset[str]().union(*(reads_of(draft.form, each, one.subform) for each in linkage.expressions()))
    wanted: dict[Any, tuple[list[tuple[str, int]], set[int]]] = {}
    for path, row, view, before in _places(draft, one):
        held = _ids(row.get(one.key))
        if not held or draft.spoilt(path):
            continue
        moved = changed | (_changed(draft, row, before) if before is not None and before is not draft.old else set())
        if before is None or reads & moved:
            new = held
        else:
            new = [each for each in held if each not in _ids(before.get(one.key))]
        if not new:
            continue
        given = given_by(linkage, view, draft.facts)
        places, ids = wanted.setdefault(given, ([], set()))
        places += [(path, each) for each in new]
        ids.update(new)
    for given, (places, ids) in wanted.items():
        known = asked_once(draft.memory, (one.path, given), ids, partial(fits, draft.tx, linkage, given))
        for path, each in places:
            if each not in known:
                draft.problems.append(_refused(draft, one, linkage, given, path, each))


def _refused(draft: Draft, one: Field, linkage: Linkage, given: Any, path: str, record_id: int) -> Problem:
    """The problem of a record that may not be chosen: with the condition that it does not meet, if that is known."""
    label = one.label(draft.locale)
    if given is None:
        names = [name for each in linkage.expressions() for name in sorted(reads_of(draft.form, each, one.subform))]
        blank = [_label_of(draft, one, name) for name in dict.fromkeys(names)]
        message = f"{label} cannot be chosen before {', '.join(blank)} is filled in"
        return Problem("choice.waits", path, message, {"label": label, "fields": blank})
    title = titles(draft.tx, linkage.form, [record_id])[record_id]
    failed = misfit(draft.tx, linkage, given, record_id)
    if failed is None:
        message = f"{label} does not offer {title}"
        return Problem("choice.not_offered", path, message, {"label": label, "title": title, "id": record_id})
    reason = failed.field.label(draft.locale)
    message = f"{label} does not offer {title}: {reason} does not fit"
    params = {"label": label, "title": title, "id": record_id, "reason": reason, "op": failed.op}
    return Problem("choice.misfit", path, message, params)


def _label_of(draft: Draft, one: Field, name: str) -> str:
    beside = draft.form.at(one.subform).rows if one.subform else {}
    found = beside.get(name) or draft.form.every.get(name)
    return name if found is None else found.label(draft.locale)


def _places(draft: Draft, one: Field) -> Iterator[Place]:
    if one.subform is None:
        yield one.key, draft.values, draft.view, draft.old if draft.operation == "update" else None
        return
    stored = stored_rows(draft.old, one.subform)
    outer, _, _ = one.subform.rpartition(".")
    around: dict[str, Mapping[str, Any]] = dict(rows_of(draft.view, outer)) if outer else {}
    views = dict(rows_of(draft.view, one.subform))
    for place, row in rows_of(draft.values, one.subform):
        view = {**draft.view, **around.get(place.rpartition(".")[0], {}), **views.get(place, row)}
        yield f"{place}.{one.key}", row, view, stored.get(row.get("id") or 0)


def _ids(value: Any) -> list[int]:
    return [one for one in (value if isinstance(value, tuple | list) else (value,)) if isinstance(one, int)]


# -- pickers -------------------------------------------------------------------------------------------------------


def _picker(draft: Draft, key: str, picker: Picker, changed: set[str]) -> None:
    rows: list[Row] = draft.values.get(key) or []
    stored = {row["id"]: row for row in draft.old.get(key) or ()}
    held = [chosen_in(row, picker) for row in rows]
    before = [None if (old := stored.get(row.get("id"))) is None else chosen_in(old, picker) for row in rows]
    new = {number for number, each in enumerate(held) if each is not None and each != before[number]}
    if picker.once:
        _once(draft, key, picker, held, new)
    judging = set(new)
    if any(reads_of(draft.form, one.reads, None) & changed for one in picker.exclusions):
        judging = {number for number, each in enumerate(held) if each is not None}
    counting = picker.limited and (draft.operation == "create" or _recount(picker, rows, stored))
    if not (judging and picker.exclusions) and not counting:
        return
    wanted = {each for number, each in enumerate(held) if each is not None and (counting or number in judging)}
    said = judged(draft.tx, picker, draft.view, wanted, groups=counting)
    _excluded(draft, key, picker, held, judging, said)
    if counting:
        _limits(draft, key, picker, rows, held, said)


def _recount(picker: Picker, rows: list[Row], stored: Mapping[Any, Row]) -> bool:
    keys = [one.key for one in (picker.relation, picker.quantity) if one is not None]
    now = sorted((row.get("id") or 0, *(str(row.get(key)) for key in keys)) for row in rows)
    return now != sorted((row["id"], *(str(row.get(key)) for key in keys)) for row in stored.values())


def _once(draft: Draft, key: str, picker: Picker, held: list[int | None], new: set[int]) -> None:
    """The row that was chosen later is told of; two rows that stand there already are let be."""
    first: dict[int, int] = {}
    for number, each in enumerate(held):
        if each is not None and number not in new:
            first.setdefault(each, number)
    for number in sorted(new):
        each = held[number] or 0
        if each in first:
            title = titles(draft.tx, picker.target, [each])[each]
            message = f"{title} stands in row {first[each] + 1} already"
            path = f"{key}[{number}].{picker.relation.key}"
            draft.problems.append(Problem("picker.twice", path, message, {"title": title, "row": first[each] + 1}))
        first.setdefault(each, number)


def _excluded(
    draft: Draft,
    key: str,
    picker: Picker,
    held: list[int | None],
    judging: set[int],
    said: Mapping[int, Judged],
) -> None:
    for number in sorted(judging):
        found = said.get(held[number] or 0)
        path = f"{key}[{number}].{picker.relation.key}"
        if found is not None and found.why and not draft.spoilt(path):
            draft.problems.append(Problem("picker.excluded", path, found.why, {"text": found.why}))


def _limits(
    draft: Draft,
    key: str,
    picker: Picker,
    rows: list[Row],
    held: list[int | None],
    said: Mapping[int, Judged],
) -> None:
    groups: dict[str, Group] = {}
    if picker.required:
        groups = {one.key: one for one in offered_groups(draft.tx, picker, draft.view)}
    counted: dict[str, Decimal] = {}
    for row, each in zip(rows, held, strict=True):
        if each is not None and each in said:
            group = said[each].group
            groups[group.key] = group
            counted[group.key] = counted.get(group.key, Decimal(0)) + _amount(picker, row)
    for name, group in groups.items():
        count = counted.get(name, Decimal(0))
        low, high = group.limit.low, group.limit.high
        if name == "" or (low <= count and (high is None or count <= high)):
            continue
        params = {
            "group": group.title,
            "count": f"{count.normalize():f}",
            "label": picker.rows.field.label(draft.locale),
        }
        if count < low:
            message = f"{group.title} needs at least {low}, has {params['count']}"
            draft.problems.append(Problem("picker.too_few", key, message, {**params, "min": low}))
        else:
            message = f"{group.title} takes at most {high}, has {params['count']}"
            draft.problems.append(Problem("picker.too_many", key, message, {**params, "max": high}))


def _amount(picker: Picker, row: Row) -> Decimal:
    """What a row counts: one, or its quantity (a blank one is none)."""
    if not picker.adds_up or picker.quantity is None:
        return Decimal(1)
    value = row.get(picker.quantity.key)
    return value if isinstance(value, Decimal) else Decimal(0)
