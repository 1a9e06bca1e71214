"""New records of an import, many in one statement; each is judged as in a single write.

What a record reads of others, the values of unique fields and the numbers are asked for once for all. Only the events
differ from single writes: the import tells of all its records in one (D4).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from engines.form.bulk.columns import column_names, encode_cells, one_of, stored
from engines.form.bulk.statements import create_given
from engines.form.derive.follow import Following
from engines.form.derive.graph import graph_of
from engines.form.derive.locks import lock_pointed, targets_in
from engines.form.derive.stage import parents
from engines.form.fields.base import Field
from engines.form.fields.link import part_values
from engines.form.form import Form
from engines.form.importing.write import Wanted, checked
from engines.form.names import CREATED_AT, DELETED, DEPARTMENT, ID, OWNER, SEARCH
from engines.form.nested import row_fields
from engines.form.policy import policy_for
from engines.form.policy.rules import ids as among
from engines.form.search import searched_fields
from engines.form.stages.history import follow_stages
from engines.form.transaction import Transaction
from engines.form.unique import compared, index_columns, mark, unique_fields
from engines.form.write import constraints, stages
from engines.form.write.draft import Draft
from engines.form.write.memory import Memory
from engines.form.write.related import learn, related
from engines.form.write.rows import created_columns, new_parts
from engines.form.write.serials import Pattern, pattern_of, raise_to, serials_of, take
from engines.kernel.problems import Problem, ProblemError

_AT: Final = stages.CREATE.index(related)
_LAST: Final = stages.CREATE.index(stages.checks)
_FIRST: Final = tuple(one for one in stages.CREATE[:_AT] if one is not parents)
_THEN: Final = stages.CREATE[_AT:_LAST]


class Spoilt(Exception):
    """The database or the policy refused a record after the write: which one is found out one by one."""


@dataclass(slots=True)
class Made:
    """What became of one row: the id of its record (None in a trial), the required fields left blank, or problems."""

    draft: Draft
    wanted: Wanted
    record_id: int | None = None
    missing: list[str] = field(default_factory=list)
    problems: tuple[Problem, ...] = ()


def create_together(tx: Transaction, form: Form, rows: Sequence[Wanted], *, trial: bool) -> list[Made]:
    """Create records, or in a trial only find out what would become of them; rows with problems write nothing.

    Raises `Forbidden` without the right to create, `Spoilt` where it must be done again, one by one.
    """
    policy = policy_for(tx, form)
    policy.require("create")
    memory = Memory()
    made = []
    for wanted in rows:
        draft = Draft(tx, form, policy, "create", wanted.values, memory=memory)
        draft.values = dict.fromkeys(form.fields) | {key: [] for key in form.subforms}
        draft.problems = list(wanted.problems)
        made.append(Made(draft, wanted))
        _through(made[-1], _FIRST)
    going = [one for one in made if not one.problems]
    if not trial:
        _lock(tx, form, going)
    if going:
        learn([one.draft for one in going], memory)
    for one in going:
        _through(one, _THEN)
        if not one.problems:
            _check(one)
    _unique(tx, form, made)
    good = [one for one in made if not one.problems]
    if good and not trial:
        try:
            _write(tx, form, good)
        except IntegrityError as error:
            raise Spoilt from error
    return made


def _through(one: Made, steps: Sequence[stages.Stage]) -> None:
    draft = one.draft
    try:
        for stage in steps:
            stage(draft)
            if stage is stages.system_view and one.wanted.created_at is not None:
                draft.view[CREATED_AT] = one.wanted.created_at
    except ProblemError as error:
        one.problems = error.problems


def _check(one: Made) -> None:
    try:
        one.missing = checked(one.draft, one.wanted)
    except ProblemError as error:
        one.problems = error.problems


def _lock(tx: Transaction, form: Form, made: Sequence[Made]) -> None:
    """Lock the records that will count these."""
    wanted: dict[str, set[int]] = {key: set() for key in graph_of(form.forms).of(form).pointing}
    for one in made if wanted else ():
        for key, ids in _targets(one.draft, wanted).items():
            wanted[key] |= ids
    lock_pointed(tx, form, wanted)


def _targets(draft: Draft, keys: Mapping[str, Any]) -> dict[str, set[int]]:
    values = _values(draft)
    return {key: targets_in({**draft.system, **values}, key) for key in keys}


def _values(draft: Draft) -> dict[str, Any]:
    """The values of a record, and of what relations to one of several forms are made of."""
    return {**draft.values, **part_values(draft.form.fields.values(), draft.values)}


def _unique(tx: Transaction, form: Form, made: Sequence[Made]) -> None:
    """Values that another record or an earlier row has; told beside whatever else is wrong with a row."""
    fields = unique_fields(form.fields)
    sought = [(one, _marks(made, one)) for one in fields]
    there = {one.key: _there(tx, form, one, set(values.values())) for one, values in sought}
    claimed: dict[str, set[Any]] = {one.key: set() for one in fields}
    for place, row in enumerate(made):
        mine = [(one, values[place]) for one, values in sought if place in values]
        found = [
            constraints.not_unique(row.draft, one, row.draft.values[one.key], there[one.key].get(value))
            for one, value in mine
            if value in there[one.key] or value in claimed[one.key]
        ]
        if found:
            row.problems = (*row.problems, *found)
        if not row.problems:
            for one, value in mine:
                claimed[one.key].add(value)


def _marks(made: Sequence[Made], one: Field) -> dict[int, Any]:
    """What a unique index compares, by row."""
    found: dict[int, Any] = {}
    for place, row in enumerate(made):
        value = mark(one, row.draft.values)
        if value is not None and not any(row.draft.spoilt(other.key) for other in compared(one)):
            found[place] = value
    return found


def _there(tx: Transaction, form: Form, one: Field, marks: set[Any]) -> dict[Any, int]:
    """The records that have these values, by what the index compares."""
    if not marks:
        return {}
    table = form.table
    columns = [table.c[name] for name in index_columns(one)]
    wanted = list({value[-1] for value in marks})
    query = select(table.c[ID], *columns).where(one_of(columns[-1], wanted), table.c[DELETED].is_(None))
    return {tuple(values): record for record, *values in tx.connection.execute(query)}


def _write(tx: Transaction, form: Form, good: Sequence[Made]) -> None:
    _number(tx, form, good)
    dated = any(one.wanted.created_at is not None for one in good)
    layout = _layout(form, dated)
    parts: set[str] = set()
    lines: list[str] = []
    for place, one in enumerate(good):
        written = created_columns(one.draft)
        written[CREATED_AT] = one.wanted.created_at
        extra = new_parts(one.draft)
        parts |= extra.keys()
        cells = encode_cells([stored(written.get(name)) for name in layout])
        inner = ",".join(f'"{key}":{rows}' for key, rows in extra.items())
        lines.append(f'{{"row":{place},"cells":{cells},"extra":{{{inner}}}}}')
    ordered = tuple(key for key in (*form.subforms, *form.links) if key in parts)
    parameters = {
        "P_rows": "[" + ",".join(lines) + "]",
        "P_form": form.table.name,
        "P_at": tx.now,
        "P_actor": tx.actor.id,
        "P_origin": tx.origin,
        "P_cause": tx.cause,
        "P_sample": tx.origin == "pack",
    }
    for place, record_id in tx.connection.execute(create_given(form, layout, ordered), parameters):
        good[place].record_id = good[place].draft.record_id = record_id
    if any(sub.links for sub in form.subforms.values()):
        for one in good:
            if any(one.draft.values.get(key) for key, sub in form.subforms.items() if sub.links):
                stages.row_links(one.draft)
    follow_stages(tx, form, [one.record_id for one in good if one.record_id is not None])
    _follow(tx, form, good)
    _judge(tx, form, good)


def _layout(form: Form, dated: bool) -> tuple[str, ...]:
    names = [name for one in form.columns().values() for name in column_names(form, one)]
    names += [name for name in (OWNER, DEPARTMENT) if name in form.table.c]
    names += [SEARCH] if searched_fields(form) else []
    return tuple(dict.fromkeys([*names, CREATED_AT] if dated else names))


def _number(tx: Transaction, form: Form, good: Sequence[Made]) -> None:
    """Serial numbers for the records without one; given ones push the counters on, before any is taken."""
    for one in serials_of(form):
        waiting: dict[Pattern, list[Draft]] = {}
        highest: dict[Pattern, int] = {}
        for row in good:
            draft = row.draft
            pattern = pattern_of(one, form.app, tx.now, tx.actor.zone, draft.values)
            if draft.values.get(one.key) is None:
                waiting.setdefault(pattern, []).append(draft)
                continue
            counter = pattern.counter(draft.values[one.key])
            if counter is not None:
                highest[pattern] = max(counter, highest.get(pattern, 0))
        for pattern in sorted(highest, key=_scope):
            raise_to(tx, pattern, highest[pattern])
        for pattern in sorted(waiting, key=_scope):
            drafts = waiting[pattern]
            for draft, number in zip(drafts, take(tx, pattern, len(drafts)), strict=True):
                draft.values[one.key] = pattern.text(number)


def _scope(pattern: Pattern) -> str:
    return pattern.scope


def _follow(tx: Transaction, form: Form, good: Sequence[Made]) -> None:
    """Kept values that hang on the new records, and their own that are not computed with them."""
    sources = graph_of(form.forms).of(form)
    if not (sources.leaves or form.maintained):
        return
    following = Following(tx, form.forms)
    ids = [one.record_id for one in good if one.record_id is not None]
    for key in sources.pointing:
        following.pointed(form, key, set().union(*(_targets(one.draft, {key: None})[key] for one in good)))
    if form.maintained:
        following.own(form, ids, sorted(set(_filled(form, good))), maintained=True)
    following.run()


def _filled(form: Form, good: Sequence[Made]) -> Iterator[str]:
    for one in good:
        for key, value in _values(one.draft).items():
            if value not in (None, [], ()):
                yield key
                if key in form.subforms:
                    yield from (each.path for each in row_fields(form.subforms[key]))


def _judge(tx: Transaction, form: Form, good: Sequence[Made]) -> None:
    """The stored records must be such as the person may create, with the fields that were given."""
    policy, table = policy_for(tx, form), form.table
    asked = {
        one.record_id
        for one in good
        if not stages.allowed_by_owner(policy, "create", one.draft.system.get(OWNER), one.draft.system.get(DEPARTMENT))
    }
    if asked:
        query = select(table.c[ID]).where(table.c[ID] == among(asked), policy.rows("create"))
        if set(tx.connection.execute(query).scalars()) != asked:
            raise Spoilt
    later: dict[str, set[int | None]] = {}
    for one in good:
        for path in one.draft.later:
            later.setdefault(path, set()).add(one.record_id)
    for path, ids in later.items():
        right = policy.edits(path, "create")
        if not isinstance(right, bool):
            query = select(table.c[ID]).where(table.c[ID] == among(ids), right)
            if set(tx.connection.execute(query).scalars()) != ids:
                raise Spoilt
