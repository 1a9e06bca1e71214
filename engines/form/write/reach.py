"""Which rows a change of a record need not read.

A change of one text of an order with thousands of lines has nothing to do with the lines, unless a rule, a formula that
moves, a condition or a limit asks for them. What cannot be told from the definitions counts as needed. Formulas that
read nothing that may change stay as they are stored (`still`).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Date, DateTime, Integer, Numeric, Text, bindparam, func, or_, select

from engines.form.choosing.compile import choices_of, pickers_of
from engines.form.fields.base import Field
from engines.form.form import Form, SubForm
from engines.form.names import PARENT
from engines.form.nested import row_fields
from engines.form.rates.compile import frozen_amounts
from engines.form.rules.behaviour import behaviour_of, reads_of
from engines.form.rules.model import FormRule
from engines.form.stages.known import staged, stages_by_key
from engines.form.transaction import Transaction
from engines.form.write.needs import expressions_of

SIMPLE: Final = (Text, Numeric, Integer, BigInteger, Date, DateTime)
"""Columns in which only NULL is blank."""


@dataclass(frozen=True, slots=True)
class Reach:
    """`unread` are the keys of the sub-forms that a change need not read, `still` the paths of formulas that it cannot
    move."""

    unread: frozenset[str] = frozenset()
    still: frozenset[str] = frozenset()


EVERYTHING: Final = Reach()


def reach_of(tx: Transaction, form: Form, record_id: int, given: Collection[str]) -> Reach:
    """What a change of these fields of a stored record may leave unread.

    Rows that do not hold what is asked of all rows (a required field is blank, there are too few) are read, so that
    they are told of as ever.
    """
    if not form.subforms:
        return EVERYTHING
    found = _reach(form, frozenset(given))
    for key in found.unread:
        sub = form.subforms[key]
        if _asks(sub) and not _whole(tx, sub, record_id):
            return EVERYTHING
    return found


@lru_cache(maxsize=4096)
def _reach(form: Form, given: frozenset[str]) -> Reach:
    free = {key for key, sub in form.subforms.items() if key not in given and _plain(form, sub)}
    while free:
        changing, still = _settled(form, given, free)
        needed = {key for key in free if _needed(form, key, changing, still)}
        if not needed:
            return Reach(frozenset(free), frozenset(still))
        free -= needed  # what is read may be changed on the way, so what hangs on it is asked again
    return EVERYTHING


def _settled(form: Form, given: frozenset[str], free: Collection[str]) -> tuple[set[str], set[str]]:
    """The names that a change may move where the rows of `free` stay, and the formulas that it does not."""
    moved = {path for path in behaviour_of(form).moved if path not in free}
    changing = {*given, *moved, *form.system_fields, *(key for key in form.fields if key.startswith("_"))}
    changing |= {one.key for one in staged(form)} | {key for key in form.subforms if key not in free}
    still: set[str] = set()
    for one in form.formula_order:
        if _is_still(form, one, changing, still, free):
            still.add(one.path)
        elif one.subform is None:
            changing.add(one.key)
    return changing, still


def _plain(form: Form, sub: SubForm) -> bool:
    """Whether nothing in the definition of a sub-form acts on stored rows by itself."""
    every = list(row_fields(sub))
    frozen = any((one.subform or "").partition(".")[0] == sub.key for one in frozen_amounts(form))
    acting = any(one.linkage is not None or one.conditions or one.links is not None for one in every)
    counted = any(_limits(inner) for inner in sub.subforms.values())
    asked = all(_simple(inner, one) for inner in (sub, *sub.subforms.values()) for one in _required(inner))
    actions = [action for rule in form.rules if isinstance(rule, FormRule) for action in rule.actions]
    ruled = any(path.partition(".")[0] == sub.key for action in actions for path in action.fields)
    return asked and sub.field.linkage is None and not (frozen or acting or counted or ruled)


def _is_still(form: Form, one: Field, changing: Collection[str], still: Collection[str], free: Collection[str]) -> bool:
    """Whether a formula has a column and reads only what this change leaves as it is stored."""
    expression = one.expression
    if one.live or expression.volatile or expression.needs_server or expression.reads_forms or expression.settings:
        return False
    if one.subform is not None and one.subform.partition(".")[0] not in free:
        return False
    sub = None if one.subform is None else form.subforms[one.subform]
    return all(_path_stays(form, sub, path, changing, still, free) for path in expression.references)


def _path_stays(
    form: Form,
    sub: SubForm | None,
    path: tuple[str, ...],
    changing: Collection[str],
    still: Collection[str],
    free: Collection[str],
) -> bool:
    head, rest = str(path[0]), path[1:]
    if sub is None or (head not in sub.fields and sub.outer is None):
        if head in changing or head not in form.fields:
            return False
        if head in form.subforms:
            return head in free and (not rest or _path_stays(form, form.subforms[head], rest, changing, still, free))
        one = form.fields[head]
    else:
        if head in sub.subforms:
            return not rest or _path_stays(form, sub.subforms[head], rest, changing, still, free)
        if head not in sub.fields:
            return False
        one = sub.fields[head]
    return not rest and (one.expression is None or one.path in still)


def _needed(form: Form, key: str, changing: Collection[str], still: Collection[str]) -> bool:
    """Whether anything but still formulas asks for the rows of a sub-form."""
    soft = {id(expression) for expression in _soft(form, form.subforms[key])}
    formulas = {id(one.expression): one for one in form.formula_order}
    for subform, expression in expressions_of(form):
        formula = formulas.get(id(expression))
        if formula is not None and formula.path in still:
            continue
        inside = subform is not None and subform.partition(".")[0] == key
        if inside and id(expression) in soft:
            if not reads_of(form, expression, subform).isdisjoint(changing):
                return True
        elif inside or _asks_for(form, expression, key, still):
            return True
    picker = pickers_of(form).get(key)
    if picker is not None and any(not set(reads_of(form, one, None)).isdisjoint(changing) for one in picker.reads()):
        return True
    return any(key in stage.needs for one in staged(form) for stage in stages_by_key(one).values())


def _soft(form: Form, sub: SubForm) -> Iterable[Any]:
    """Expressions of rows that are asked of new rows, and of stored ones only where something moves that they read."""
    for one in row_fields(sub):
        yield from (each for each in (one.default, one.follow) if each is not None)
        if one.path in choices_of(form):
            yield from choices_of(form)[one.path].expressions()


def _asks_for(form: Form, expression: Any, key: str, still: Collection[str]) -> bool:
    """Whether an expression reads the rows, through formulas that are computed anew too."""
    pending, met = [str(path[0]) for path in expression.references], set[str]()
    while pending:
        head = pending.pop()
        if head == key:
            return True
        one = form.fields.get(head)
        if head in met or one is None or one.expression is None or one.path in still:
            continue
        met.add(head)
        pending += [str(path[0]) for path in one.expression.references]
    return False


# -- what is asked of all rows ----------------------------------------------------------------------------------------


def _required(sub: SubForm) -> list[Field]:
    return [one for one in sub.fields.values() if one.required and one.type.writable]


def _simple(sub: SubForm, one: Field) -> bool:
    return one.storage == "column" and one.key in sub.table.c and isinstance(sub.table.c[one.key].type, SIMPLE)


def _limits(sub: SubForm) -> bool:
    options = sub.field.options
    return bool(sub.field.required or options.get("min_rows") or options.get("max_rows") is not None)


def _asks(sub: SubForm) -> bool:
    return _limits(sub) or any(_required(one) for one in (sub, *sub.subforms.values()))


def _whole(tx: Transaction, sub: SubForm, record_id: int) -> bool:
    """Whether the stored rows have what all rows must have, and are as many as they must be."""
    count, lacking = tx.connection.execute(_standing(sub.form, sub.key), {"record_id": record_id}).one()
    options = sub.field.options
    low, high = options.get("min_rows") or 0, options.get("max_rows")
    if lacking or (high is not None and count > high) or (sub.field.required and not count):
        return False
    return count >= low or (not count and not sub.field.required)


@lru_cache(maxsize=1024)
def _standing(form: Form, key: str) -> Any:
    """How many rows a record has, and how many of them (or of their rows) lack something required."""
    sub = form.subforms[key]
    mine = sub.table.c[PARENT] == bindparam("record_id")
    lacking: ColumnElement[int] = func.count().filter(_blank(sub))
    for inner in sub.subforms.values():
        lines = select(sub.table.c.id).where(mine)
        below = select(func.count()).select_from(inner.table).where(inner.table.c[PARENT].in_(lines), _blank(inner))
        lacking = lacking + below.scalar_subquery()
    return select(func.count(), lacking).select_from(sub.table).where(mine)


def _blank(sub: SubForm) -> Any:
    return or_(False, *(sub.table.c[one.key].is_(None) for one in _required(sub)))
