"""Who is alike before the policy: people in the same permission groups ask with the same statements.

What tells them apart (their id, team, departments, the day) are parameters of the statement (`rules.about`). Where a
condition reads the clock, the person or a setting by an expression, the value stands in the text: nothing is kept.
"""

from collections.abc import Hashable
from functools import lru_cache
from typing import Any

from engines.form.collected import every_field
from engines.form.fields.base import Field
from engines.form.filters import follow
from engines.form.form import Form, Forms
from engines.form.policy.expressions import condition_of
from engines.form.policy.grants import Group, groups_of
from engines.form.policy.policy import Policy
from engines.form.profiles import Profile
from engines.form.transaction import Actor
from engines.formula.tree import reads_facts
from engines.kernel.problems import ProblemError


def signature(policy: Policy) -> Hashable | None:
    """What statements over a form may be kept under for this reader; None where they must not be kept."""
    if _moving(policy.form):
        return None
    if policy.unlimited:
        return "*"
    if policy.extra or policy.chain or policy.tx.actor.id is None:
        return None
    return _alike(policy.form.forms, policy.tx.actor)


@lru_cache(maxsize=4096)
def _alike(forms: Forms, actor: Actor) -> Hashable | None:
    found = []
    for form in forms:
        for group in groups_of(form):
            if group.includes(actor):
                if _reads_moment(form, group):
                    return None
                found.append(f"{form.key}.{group.grant.key}")
    return frozenset(found)


def _reads_moment(form: Form, group: Group) -> bool:
    return any("where" in rule and reads_facts(condition_of(form, rule["where"]).node) for rule in group.grant.rules)


@lru_cache(maxsize=1024)
def _moving(form: Form) -> bool:
    """Whether a field of a form, computed when it is read, hangs on the moment, the person or a setting."""
    return any(one.live and _moves(form, one, ()) for one in every_field(form))


def _moves(form: Form, one: Field, trail: tuple[Any, ...]) -> bool:
    if one in trail or one.expression is None or isinstance(one.expression, Profile):
        return False  # whose profile it is, is the same for everybody at every moment
    if reads_facts(one.expression.node) or one.subform is not None:
        return True
    for path in one.expression.references:
        try:
            steps, end = follow(form, ".".join(path))
        except ProblemError:
            return True
        if any(each.live for each in (*steps, end) if each is not one):
            return True
    return False
