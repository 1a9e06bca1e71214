"""Values of a record in the making for somebody outside: only what the asker may see goes into them.

Formulas that are kept read related records with the rights of the system (D6). What leaves the house must not: every
field that an expression names, on the way through relations too, has to be one that the asker may see.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from engines.form.fields.base import Field
from engines.form.fields.links import link_id
from engines.form.form import Form
from engines.form.names import ID
from engines.form.policy import Grant, policy_for
from engines.form.policy.rules import ids as among
from engines.form.scope import alive_in, target_of
from engines.form.transaction import Transaction
from engines.form.write.draft import Draft
from engines.form.write.needs import needs_with
from engines.form.write.preview import drafted
from engines.formula import Expression


def inputs_for(
    tx: Transaction,
    form: Form,
    given: Mapping[str, Any],
    expressions: Mapping[str, Expression],
    visible: frozenset[str],
    record_id: int | None = None,
    grants: Iterable[Grant] = (),
) -> dict[str, Any]:
    """The value of each expression over what was typed; blank where it reads something the asker may not see.

    Raises `Forbidden` for who may neither create nor change such a record, `NotFound` for a record out of sight.
    """
    live = _live(form, expressions.values())
    tree = needs_with(form, [*expressions.values(), *(one.expression for one in live)])
    draft = drafted(tx, form, given, record_id, tuple(grants), tree)
    for one in live:
        draft.view[one.key] = one.expression.evaluate(draft.view, draft.facts)
    found: dict[str, Any] = {}
    for name, expression in expressions.items():
        open_to_asker = all(_seen(draft, tuple(path), visible) for path in expression.references)
        value = expression.evaluate(draft.view, draft.facts) if open_to_asker else None
        found[name] = value.get("id") if isinstance(value, Mapping) else value
    return found


def _live(form: Form, expressions: Iterable[Expression]) -> list[Field]:
    """The formulas that are computed when they are read and that these expressions read, in their order."""
    found: dict[str, Field] = {}
    for expression in expressions:
        for path in expression.references:
            one = form.fields.get(path[0])
            if one is not None and one.live and one.expression is not None and one.key not in found:
                found |= {each.key: each for each in _live(form, [one.expression])}
                found[one.key] = one
    return list(found.values())


def _seen(draft: Draft, path: tuple[str, ...], visible: frozenset[str]) -> bool:
    form, head = draft.form, path[0]
    if head.startswith("_") or head == ID:
        return len(path) == 1
    if head not in form.fields or head not in visible:
        return False
    one, rest = form.fields[head], path[1:]
    values = [draft.values.get(head)]
    if head in form.subforms:
        if not rest:
            return True
        if f"{head}.{rest[0]}" not in visible or rest[0] not in one.rows:
            return False
        values = [row.get(rest[0]) for row in draft.values.get(head) or ()]
        one, rest = one.rows[rest[0]], rest[1:]
    if one.live and one.expression is not None:
        return all(_seen(draft, tuple(inner), visible) for inner in one.expression.references)
    if not rest or one.type.target_form(one) is None:
        return True
    return _beyond(draft.tx, target_of(form, one), values, rest)


def _beyond(tx: Transaction, target: Form, values: Iterable[Any], rest: tuple[str, ...]) -> bool:
    """Whether the asker may see what is read of the records that these values point at."""
    ids = {found for value in values for part in _parts(value) if isinstance(found := link_id(part), int)}
    policy, table = policy_for(tx, target), target.table
    if rest[0] != ID and policy.sees(rest[0]) is not True:
        return False
    query = select(table.c[ID]).where(table.c[ID] == among(ids), policy.rows("read"))
    alive = alive_in(target, table)
    if alive is not None:
        query = query.where(alive)
    if ids and set(tx.connection.execute(query).scalars()) != ids:
        return False
    one = target.every.get(rest[0])
    return len(rest) == 1 or (one is not None and _open(tx, target, one, rest[1:]))


def _open(tx: Transaction, form: Form, one: Field, rest: tuple[str, ...]) -> bool:
    """Further on only what the asker may see of every record there is."""
    if one.type.target_form(one) is None:
        return all(policy_for(tx, form).sees(f"{one.key}.{key}") is True for key in rest)
    target = target_of(form, one)
    policy = policy_for(tx, target)
    if not policy.everywhere("read") or (rest[0] != ID and policy.sees(rest[0]) is not True):
        return False
    following = target.every.get(rest[0])
    return len(rest) == 1 or (following is not None and _open(tx, target, following, rest[1:]))


def _parts(value: Any) -> Iterable[Any]:
    return value if isinstance(value, tuple | list) else (value,)
