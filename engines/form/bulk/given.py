"""What a row of a load may set, as in a single write.

Fields that are read-only stay as they are, a mask that is sent back is no value, and what rows of sub-forms bring is
held to the rights of their columns and to the files that the writer may hand on.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from engines.form.bulk.files import Given, check_row_files
from engines.form.bulk.work import Work
from engines.form.fields.base import Field
from engines.form.form import SubForm
from engines.form.policy import Policy, policy_for
from engines.form.rules.behaviour import behaviour_of
from engines.form.write.draft import Draft
from engines.kernel.problems import Problem


def unmask(work: Work) -> None:
    """Whoever reads a value behind its mask and sends the mask back leaves the value as it is."""
    policy = policy_for(work.tx, work.form)
    for place, key in enumerate(work.plan.columns):
        one = work.form.fields.get(key)
        if one is None or one.mask is None or policy.clear(one.path) is True:
            continue
        for number, old in work.records.items():
            raw = work.raws[number][place]
            if isinstance(raw, str) and raw and raw == one.mask.text(old.get(key)):
                cell = work.cells[key][number]
                work.cells[key][number] = replace(cell, value=old.get(key), problems=(), absent=True)
                left = [each for each in work.problems.pop(number, []) if each.path.partition(".")[0] != key]
                if left:
                    work.problems[number] = left


def check_given(work: Work) -> None:
    """Note a problem at every row that sets what its writer may not set."""
    policy = policy_for(work.tx, work.form)
    trusted = Draft(work.tx, work.form, policy, "create", {}).trusted
    if not trusted:
        _check_fixed(work)
    for key in work.cells:
        if key in work.form.subforms:
            _check_rows(work, work.form.subforms[key], policy, trusted=trusted)


def _check_fixed(work: Work) -> None:
    """Fields that are read-only and that no rule opens."""
    opened = behaviour_of(work.form).editable
    for key, cells in work.cells.items():
        one = work.form.fields.get(key)
        if one is None or not one.readonly or one.path in opened:
            continue
        for number, cell in enumerate(cells):
            before = work.records.get(number, {}).get(key)
            if not cell.absent and cell.value is not None and cell.value != before:
                work.wrong(number, _fixed(work, key, one))


def _check_rows(work: Work, sub: SubForm, policy: Policy, *, trusted: bool) -> None:
    """The rows of new records; those of stored ones are compared one by one by the write path."""
    opened = behaviour_of(work.form).editable
    held: list[tuple[int, Given]] = []
    for number, cell in enumerate(work.cells[sub.key]):
        if number in work.records:
            continue
        for given in _values(sub, cell.value, sub.key):
            path, one, row = given
            if one.readonly and not trusted and one.path not in opened and row[one.key] is not None:
                work.wrong(number, _fixed(work, path, one))
            elif policy.edits(one.path, "create") is False:
                label = one.label(work.tx.actor.locale)
                work.wrong(
                    number, Problem("record.field_denied", path, f"You may not change {label}", {"label": label})
                )
            else:
                held.append((number, given))
    check_row_files(work, held)


def _values(sub: SubForm, rows: Any, path: str) -> Iterator[Given]:
    """What rows and their rows were sent with."""
    for place, row in enumerate(rows or ()):
        for key in [name for name in row if name in sub.fields]:
            yield f"{path}[{place}].{key}", sub.fields[key], row
            if key in sub.subforms:
                yield from _values(sub.subforms[key], row[key], f"{path}[{place}].{key}")


def _fixed(work: Work, path: str, one: Field) -> Problem:
    label = one.label(work.tx.actor.locale)
    return Problem("record.readonly_field", path, f"{one.label} is read-only", {"label": label})
