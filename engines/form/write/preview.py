"""What the server knows of a record that is being filled in and is not saved: linkage, and expressions that need it.

The same stages as a write, without its end: what is wrong so far is no matter here. Names of questions are made by
`question` and read by `Preview.answer`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select

from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.names import DELETED, DEPARTMENT, OWNER, SEARCH
from engines.form.nested import fresh_rows
from engines.form.policy import Grant, Policy, policy_for
from engines.form.policy.policy import unknown
from engines.form.rates.fill import rate_asked
from engines.form.rules.linkage import linked_choices, linked_rows, linked_value, operands
from engines.form.rules.model import FormRule
from engines.form.rules.places import column_of
from engines.form.transaction import Transaction
from engines.form.write import compute, load
from engines.form.write.draft import Draft
from engines.form.write.needs import Tree
from engines.form.write.parse import parse
from engines.form.write.related import related
from engines.formula import json_value
from engines.formula.types import RowInRecord
from engines.kernel.problems import NotFound

MOST_QUESTIONS: Final = 500


@dataclass(frozen=True, slots=True)
class Preview:
    """`values` and `rows` of linked fields by place, `choices` that linkage offers, `answers` by question."""

    values: Mapping[str, tuple[Field, Any]] = field(default_factory=dict)
    rows: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)


def question(kind: str, *names: str) -> str:
    """The name of an expression that the page asks the server about: `?rule:closed:when`."""
    return "?" + ":".join((kind, *names))


def preview(
    tx: Transaction,
    form: Form,
    given: Mapping[str, Any],
    asked: Iterable[str],
    visible: frozenset[str],
    record_id: int | None = None,
    grants: Iterable[Grant] = (),
) -> Preview:
    """Answer questions about a record in the making. What the asker may not see is not answered."""
    draft = drafted(tx, form, given, record_id, tuple(grants))
    values: dict[str, tuple[Field, Any]] = {}
    rows: dict[str, list[dict[str, Any]]] = {}
    choices: dict[str, tuple[str, ...]] = {}
    answers: dict[str, Any] = {}
    for name in list(dict.fromkeys(asked))[:MOST_QUESTIONS]:
        if name.startswith("?"):
            found = _expression(form, name)
            if found is not None and (found[2] is None or found[2] in visible):
                answers[name] = _answer(draft, found[0], found[1])
            continue
        rate = rate_asked(draft, name)
        if rate is not None and rate[0].path in visible:
            values[name] = rate
            continue
        place = _linked(draft, name)
        if place is None or place[0].path not in visible:
            continue
        one, view = place
        compared = operands(one.linkage, view, draft.facts)
        if one.linkage.choices:
            choices[name] = linked_choices(tx, one.linkage, one, compared)
        elif one.type.storage == "children":
            rows[name] = linked_rows(tx, one.linkage, one, compared)
        else:
            values[name] = (one, linked_value(tx, one.linkage, one, compared))
    return Preview(values, rows, choices, answers)


def drafted(
    tx: Transaction,
    form: Form,
    given: Mapping[str, Any],
    record_id: int | None,
    grants: tuple[Grant, ...],
    tree: Tree | None = None,
) -> Draft:
    """What was typed as a record with its formulas, whatever is still wrong with it.

    `tree` is what is loaded of related records; what the form's own expressions read if nothing is said.
    """
    policy = policy_for(tx, form, grants=grants)
    policy.require("create" if record_id is None else "update")
    draft = Draft(tx, form, policy, "create" if record_id is None else "update", given, record_id, reading=True)
    draft.values = dict.fromkeys(form.fields) | {key: [] for key in form.subforms}
    if record_id is not None:
        draft.old = stored_values(tx, form, policy, record_id)
        draft.values = {key: draft.old.get(key) for key in form.fields}
        draft.values |= fresh_rows(form, draft.old)
    parse(draft)
    if record_id is None:
        draft.system = {OWNER: tx.actor.id, DEPARTMENT: tx.actor.main_department} | draft.system
    compute.defaults(draft)
    related(draft, tree)
    compute.related_defaults(draft)
    now = {"_created_at": tx.now, "_created_by": tx.actor.id, **draft.system} if record_id is None else {}
    draft.view |= {key: draft.old.get(key) for key in form.system_fields} | now
    draft.view |= {"_updated_at": tx.now, "_updated_by": tx.actor.id}
    compute.formulas(draft)
    return draft


def stored_values(tx: Transaction, form: Form, policy: Policy, record_id: int) -> load.Row:
    """The stored record with its rows, without a lock. Raises `NotFound` where it may not be seen."""
    table = form.table
    columns = [one for one in table.c if one.name != SEARCH]
    query = select(*columns).where(table.c.id == record_id, table.c[DELETED].is_(None), policy.rows("read"))
    found = tx.connection.execute(query).mappings().one_or_none()
    if found is None:
        raise NotFound(unknown(form, record_id))
    return load.values_of(form, dict(found)) | load.inner(tx, form, record_id)


def _linked(draft: Draft, name: str) -> tuple[Field, Mapping[str, Any]] | None:
    """The field with a linkage at a place, and what its conditions see there."""
    head, _, rest = name.partition("[")
    form = draft.form
    if not rest:
        one = form.fields.get(name)
        return (one, draft.view) if one is not None and one.linkage is not None else None
    inner = form.fields[head].rows.get(column_of(name).partition(".")[2]) if head in form.subforms else None
    number = rest.split("]", 1)[0]
    rows = draft.view.get(head) or ()
    if inner is None or inner.linkage is None or not number.isdecimal() or int(number) >= len(rows):
        return None
    return inner, {**draft.view, **rows[int(number)]}


def _expression(form: Form, name: str) -> tuple[Any, str | None, str | None] | None:
    """The expression behind a question, the sub-form whose rows it is asked of, and the field that must be visible."""
    kind, *names = name[1:].split(":")
    if kind == "rule" and len(names) >= 2:
        rule = next((one for one in form.rules if one.key == names[0]), None)
        if not isinstance(rule, FormRule):
            return None
        if names[1] in ("when", "check"):
            expression = rule.when if names[1] == "when" else rule.check
            return None if expression is None else (expression, rule.subform, None)
        action = next((one for one in rule.actions if one.key == names[1]), None)
        if action is None or len(names) != 3:
            return None
        expression = action.value if names[2] == "value" else action.choices
        if expression is None or isinstance(expression, tuple):
            return None
        return expression, rule.subform, action.fields[0] if action.fields else None
    if kind in ("formula", "default") and len(names) == 1:
        head, *rest = names[0].split(".")
        one = form.fields.get(head)
        for key in rest:
            one = one.rows.get(key) if one is not None else None
        if one is None or one.subform not in (None, *dict(form.subforms)):
            return None
        expression = one.expression if kind == "formula" else one.default
        return None if expression is None else (expression, one.subform, one.path)
    return None


def _answer(draft: Draft, expression: Any, subform: str | None) -> Any:
    if subform is None:
        return _plain(expression.evaluate(draft.view, draft.facts))
    rows = draft.view.get(subform) or ()
    return [_plain(expression.evaluate(RowInRecord(draft.view, row), draft.facts)) for row in rows]


def _plain(value: Any) -> Any:
    return json_value(value.get("id") if isinstance(value, Mapping) else value)
