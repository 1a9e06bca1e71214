"""Pickers that copy values: what a relation's option `copy` fills when a record is chosen (选择数据).

The values are the record's own from then on: they may be edited and stay when the source changes. Who gives a relation
without giving the fields that it fills gets them filled, whoever writes; a value given beside the relation wins. The
source is read as far as the writer may see it; what the writer sees behind a mask only is not copied: a mask is no
value. `{"id": 7, "refresh": true}` (or a list of fields) copies anew from a
record that was chosen before.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, false, select, true

from engines.form.collected import every_field
from engines.form.fields.base import Context, Field, Link
from engines.form.filters import follow
from engines.form.form import Form
from engines.form.policy import policy_for
from engines.form.policy.rules import ids as among
from engines.form.query.ask import Ask, ask
from engines.form.rules.linkage import column_at, converted
from engines.form.scope import target_of
from engines.form.transaction import Transaction
from engines.form.write.draft import Draft, Row
from engines.kernel.problems import Problem, ProblemError, suggest

AGAIN: Final = ":refresh"


@dataclass(frozen=True, slots=True)
class Copy:
    """One field that a relation fills: `to` of the same record or row, from `taken` behind `steps` of the source."""

    to: Field
    steps: tuple[Field, ...]
    taken: Field


@lru_cache(maxsize=1024)
def copies_of(form: Form) -> dict[str, tuple[Copy, ...]]:
    """By the path of each relation that copies (`product`, `lines.product`): what it fills."""
    found: dict[str, tuple[Copy, ...]] = {}
    for one in every_field(form):
        if one.options.get("copy") and one.target is not None and one.links is None:
            around = form.subforms[one.subform].fields if one.subform else form.fields
            pairs = [_copy(form, one, around, spec) for spec in one.options["copy"]]
            found[one.path] = tuple(pair for pair in pairs if pair is not None)
    return {path: pairs for path, pairs in found.items() if pairs}


def _copy(form: Form, one: Field, around: Mapping[str, Field], spec: Mapping[str, Any]) -> Copy | None:
    to = around.get(spec["to"])
    try:
        steps, taken = follow(target_of(form, one), spec["from"])
    except ProblemError:
        return None
    return None if to is None or to is one else Copy(to, steps, taken)


def again(key: str, raw: Any) -> Iterator[str]:
    """The marks of a relation that was sent with `refresh`: all that it fills, or the fields that are named."""
    if isinstance(raw, Mapping) and raw.get("refresh"):
        named = raw["refresh"] if isinstance(raw["refresh"], list) else [""]
        yield from (f"{key}{AGAIN}:{name}" if name else f"{key}{AGAIN}" for name in named if isinstance(name, str))


def copied(draft: Draft) -> bool:
    """Fill what relations copy that were chosen just now, as far as the writer gave nothing else.

    Tells whether relations were filled, whose records were not read yet.
    """
    links = False
    for path, copies in copies_of(draft.form).items():
        head, _, inner = path.partition(".")
        one = draft.form.at(path)
        wanted = list(_wanted(draft, head, inner, copies))
        if not wanted:
            continue
        found = source_values(draft.tx, draft.form, one, {row[one.key] for row, _, _ in wanted}, draft.context)
        for row, view, fill in wanted:
            values = found.get(row[one.key])
            for copy in fill if values is not None else ():
                if (
                    copy.taken.mask is not None
                    and (values or {})[copy.to.key] is None
                    and not _chosen(draft, path, row)
                ):
                    continue  # taken over anew by somebody who does not read it: what was copied stays
                row[copy.to.key] = view[copy.to.key] = (values or {})[copy.to.key]
                links = links or copy.to.target is not None
    return links


def _chosen(draft: Draft, path: str, row: Row) -> bool:
    """Whether the relation of the record (or row) points at another record than before."""
    head, _, inner = path.partition(".")
    if not inner:
        return bool(draft.values.get(head) != draft.old.get(head))
    stored: Row = next((each for each in draft.old.get(head) or () if each["id"] == row.get("id")), {})
    return bool(row.get(inner) != stored.get(inner))


def _wanted(draft: Draft, head: str, inner: str, copies: Iterable[Copy]) -> Iterator[tuple[Row, Row, list[Copy]]]:
    """The record, or the rows, whose relation was chosen just now, with what is to be filled."""
    if not inner:
        marks = set(again(head, draft.given.get(head)))
        chosen = head in draft.touched and draft.values.get(head) != draft.old.get(head)
        if draft.values.get(head) is not None and (chosen or marks):
            fill = [one for one in copies if _fills(one, head, chosen, marks, draft.touched)]
            if fill:
                yield draft.values, draft.view, fill
        return
    stored = {row["id"]: row for row in draft.old.get(head) or ()}
    for number, row in enumerate(draft.values.get(head) or ()):
        given = draft.row_given.get((head, number))
        if not given or row.get(inner) is None:
            continue
        chosen = inner in given and row[inner] != stored.get(row.get("id"), {}).get(inner)
        marks = {one for one in given if one.startswith(f"{inner}{AGAIN}")}
        fill = [one for one in copies if _fills(one, inner, chosen, marks, given)]
        if fill and (chosen or marks):
            yield row, draft.view[head][number], fill


def _fills(one: Copy, key: str, chosen: bool, marks: set[str], given: Iterable[str]) -> bool:
    if one.to.key in given:
        return False
    return chosen or f"{key}{AGAIN}" in marks or f"{key}{AGAIN}:{one.to.key}" in marks


def source_values(
    tx: Transaction, form: Form, one: Field, ids: Iterable[Any], context: Context
) -> dict[int, dict[str, Any]]:
    """What a relation copies from each of these records now, as the fields that it fills hold it.

    Records that the actor may not see are left out; fields that may not be seen, or only behind a mask, are blank.
    """
    copies = copies_of(form).get(one.path, ())
    wanted = sorted({one_id for one_id in ids if isinstance(one_id, int)})
    asked = ask(tx, target_of(form, one))
    if not copies or not wanted or not asked.policy.may("read"):
        return {}
    columns = [column_at(asked.scope, copy.steps, copy.taken).label(f"c{place}") for place, copy in enumerate(copies)]
    whole = [_whole(asked, copy).label(f"w{place}") for place, copy in enumerate(copies)]
    query = select(asked.table.c.id, *columns, *whole).where(
        asked.table.c.id == among(wanted), asked.alive(), asked.policy.rows("read")
    )
    return {
        row["id"]: {
            copy.to.key: converted(copy.to, copy.taken, row[f"c{place}"], context) if row[f"w{place}"] else None
            for place, copy in enumerate(copies)
        }
        for row in asked.run(query).mappings()
    }


def _whole(asked: Ask, copy: Copy) -> ColumnElement[bool]:
    """Whether the source is read in full; behind relations only where that holds in all of its records."""
    if copy.taken.mask is None:
        return true()
    if not copy.steps:
        right = asked.policy.clear(copy.taken.path)
    else:
        owner = asked.form
        for step in copy.steps:
            owner = target_of(owner, step)
        right = policy_for(asked.tx, owner).clear(copy.taken.path) is True
    return right if not isinstance(right, bool) else true() if right else false()


def check_copies(form: Form) -> Iterator[Problem]:
    """What is wrong with what relations copy: fields that are not there, hold many values or compute themselves."""
    for one in every_field(form):
        around = form.subforms[one.subform].fields if one.subform else form.fields
        at = f"fields.{one.subform}.fields.{one.key}" if one.subform else f"fields.{one.key}"
        for place, spec in enumerate(one.options.get("copy") or ()):
            here = f"{at}.options.copy[{place}]"
            to = around.get(spec["to"])
            if to is None:
                message = f'There is no field "{spec["to"]}"{suggest(spec["to"], around)}'
                yield Problem("field.unknown", f"{here}.to", message, {"key": spec["to"], "known": sorted(around)})
            elif not to.type.writable or to is one or to.storage not in ("column", "links"):
                message = f"{to.label()} cannot be filled from elsewhere"
                yield Problem("copy.not_writable", f"{here}.to", message, {"label": to.label()})
            if one.links is not None:
                message = f"{one.label()} holds several records: values are copied from one"
                yield Problem("copy.many", here, message, {"label": one.label()})
                continue
            if one.target is None:
                continue
            try:
                steps, taken = follow(target_of(form, one), spec["from"], f"{here}.from")
            except ProblemError as error:
                yield from error.problems
                continue
            if any(step.links is not None or step.rows for step in (*steps, taken)):
                message = f"{spec['from']} has many values"
                yield Problem("linkage.many_values", f"{here}.from", message, {"field": spec["from"]})


def bare(value: Any) -> Any:
    """A value as it is compared: ids instead of records with titles."""
    if isinstance(value, Link):
        return value.id
    if isinstance(value, tuple | list) and value and isinstance(value[0], Link):
        return tuple(one.id for one in value)
    return value
