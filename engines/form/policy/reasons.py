"""Why somebody can, or cannot, do something with a record: every permission group and every row rule, judged."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import select

from engines.form.form import Form
from engines.form.names import DELETED, ID
from engines.form.policy.grants import groups_of
from engines.form.policy.policy import Policy, policy_for
from engines.form.policy.rules import Around, rule_sql
from engines.form.transaction import Actor, Transaction
from engines.kernel.problems import Forbidden, NotFound, Problem

Why = Literal["administrator", "rule", "no_rule", "no_operation", "not_a_member"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of the judgement: a group, whether the person is in it, and for each of its rules whether it holds."""

    group: str
    title: Any
    why: Why
    rule: Mapping[str, Any] | None = None
    holds: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer, what led to it, and which fields the person sees and may change in this record."""

    allowed: bool
    reasons: tuple[Reason, ...]
    visible: tuple[str, ...] = ()
    editable: tuple[str, ...] = ()


def explain(tx: Transaction, form: Form, record_id: int, actor: Actor, operation: str = "read") -> Explanation:
    """Judge a person's right on a record. Only administrators may ask. Raises `Forbidden`, `NotFound`."""
    if not (tx.actor.is_admin or tx.actor.is_system):
        raise Forbidden(Problem("policy.explain_denied", form.key, "Only administrators may ask for rights", {}))
    theirs = replace(tx, actor=actor)
    policy = policy_for(theirs, form)
    table = form.table
    stored = select(table.c[ID]).where(table.c[ID] == record_id)
    if DELETED in table.c:
        stored = stored.where(table.c[DELETED].is_(None))
    if tx.connection.execute(stored).first() is None:
        raise NotFound(Problem("record.unknown", form.key, f"There is no record #{record_id}", {"id": record_id}))
    if policy.unlimited:
        keys = tuple(form.fields)
        return Explanation(True, (Reason("", None, "administrator", None, True),), keys, keys)
    reasons = tuple(_reasons(theirs, policy, record_id, operation))
    allowed = any(reason.holds for reason in reasons)
    visible, editable = _fields(theirs, policy, record_id) if allowed else ((), ())
    return Explanation(allowed, reasons, visible, editable)


def _reasons(tx: Transaction, policy: Policy, record_id: int, operation: str) -> list[Reason]:
    form = policy.form
    found: list[Reason] = []
    for group in groups_of(form):
        grant = group.grant
        if not group.includes(tx.actor):
            found.append(Reason(grant.key, grant.title, "not_a_member"))
        elif operation not in grant.operations:
            found.append(Reason(grant.key, grant.title, "no_operation"))
        elif not grant.rules:
            found.append(Reason(grant.key, grant.title, "no_rule"))
        for rule in grant.rules if group.includes(tx.actor) and operation in grant.operations else ():
            around = Around(tx.actor, policy.facts, policy.parents)
            query = select(rule_sql(rule, form, form.table, around)).where(form.table.c[ID] == record_id)
            holds = bool(tx.connection.execute(query).scalar_one())
            found.append(Reason(grant.key, grant.title, "rule", rule, holds))
    return found


def _fields(tx: Transaction, policy: Policy, record_id: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    answers: dict[str, Any] = {}
    for key, one in policy.form.fields.items():
        answers[f"see.{key}"] = policy.sees(key)
        answers[f"edit.{key}"] = policy.edits(key) if one.type.writable else False
    asked = [right.label(name) for name, right in answers.items() if not isinstance(right, bool)]
    held: Mapping[str, Any] = {}
    if asked:
        query = select(*asked).where(policy.form.table.c[ID] == record_id)
        held = dict(tx.connection.execute(query).mappings().one())
    yes = [name for name, right in answers.items() if right is True or (right is not False and held[name])]
    return (
        tuple(name.removeprefix("see.") for name in yes if name.startswith("see.")),
        tuple(name.removeprefix("edit.") for name in yes if name.startswith("edit.")),
    )
