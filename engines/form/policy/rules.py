"""The row alternatives of a permission group as SQL.

`own` is the owner's rows, `team` those of the subordinates too, `department` those of the departments that the actor
heads (all below included) and the own ones. `inherit` follows a relation: the row may be used where its parent may be
read. `member` asks whether the actor stands in a member field, or one of the actor's departments in a department
field, of the record or of what its relations and sub-forms lead to; `until` is the day after which that ends.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Date,
    FromClause,
    any_,
    bindparam,
    exists,
    false,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP

from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.names import DEPARTMENT, LINK_SOURCE, LINK_TARGET, OWNER
from engines.form.policy.expressions import condition_of
from engines.form.scope import FormScope, target_of
from engines.form.transaction import Actor
from engines.formula import Facts

_TYPES: Final[Mapping[str, Any]] = {
    "P_me": BigInteger(),
    "P_team": ARRAY(BigInteger),
    "P_managed": ARRAY(BigInteger),
    "P_departments": ARRAY(BigInteger),
    "P_today": Date(),
    "P_now": TIMESTAMP(timezone=True, precision=3),
}

DEPTH: Final = 4
"""How many relations an inherited right may follow; beyond, and in circles, nothing is inherited."""

ParentRows = Callable[[Form, FromClause, tuple[str, ...]], ColumnElement[bool]]


@dataclass(frozen=True)
class Around:
    """What a rule is compiled for: actor, moment, how parents are asked; `seen` are the relations followed so far."""

    actor: Actor
    facts: Facts
    parents: ParentRows
    seen: tuple[str, ...] = ()

    def parameter(self, name: str) -> ColumnElement[Any]:
        """What a condition asks about the actor or the moment, as a named parameter (see `about`)."""
        return bindparam(name, about(self.actor, self.facts)[name], type_=_TYPES[name])


def rule_sql(rule: Mapping[str, Any], form: Form, table: FromClause, around: Around) -> ColumnElement[bool]:
    """The condition of one alternative on an alias of the form's table."""
    if "scope" in rule:
        return _scope(rule["scope"], table, around)
    if "where" in rule:
        scope = FormScope(form, table, around.facts)
        return condition_of(form, rule["where"]).sql(scope, around.facts)
    if "inherit" in rule:
        pointing = form.get(rule["inherit"])
        parts = [part for part in pointing.parts.values() if part.target is not None]
        return or_(false(), *(_inherited(one, form, table, around) for one in parts or [pointing]))
    if "member" in rule:
        return _member(rule["member"], rule.get("until"), form, table, around)
    return false()


def ids(values: Any) -> ColumnElement[Any]:
    """A set of ids as one parameter, so that the statement is the same for everybody."""
    return any_(bindparam(None, sorted(values), type_=ARRAY(BigInteger)))


def _scope(scope: str, table: FromClause, around: Around) -> ColumnElement[bool]:
    if scope == "all":
        return true()
    if around.actor.id is None or OWNER not in table.c:
        return false()
    if scope == "team":
        return table.c[OWNER] == any_(around.parameter("P_team"))
    own = table.c[OWNER] == around.parameter("P_me")
    if scope == "department":
        return or_(own, table.c[DEPARTMENT] == any_(around.parameter("P_managed")))
    return own


def about(actor: Actor, facts: Facts) -> dict[str, Any]:
    """What conditions ask about the actor and the moment, by the names of their parameters.

    A statement has the same text for everybody with the same groups; whoever keeps one executes it with these.
    """
    return {
        "P_me": actor.id,
        "P_team": sorted({*actor.subordinates, *([] if actor.id is None else [actor.id])}),
        "P_managed": sorted(actor.managed_departments),
        "P_departments": sorted(actor.departments | actor.managed_departments),
        "P_today": facts.today,
        "P_now": facts.instant,
    }


def _inherited(field: Field, form: Form, table: FromClause, around: Around) -> ColumnElement[bool]:
    mark = f"{form.key}.{field.key}"
    if mark in around.seen or len(around.seen) >= DEPTH:
        return false()
    source, on, inner = FormScope(form, table, around.facts).related(field.key)
    return exists(
        select(1).select_from(source).where(on, around.parents(inner.form, inner.table, (*around.seen, mark)))
    )


def _member(path: str, until: str | None, form: Form, table: FromClause, around: Around) -> ColumnElement[bool]:
    if around.actor.id is None:
        return false()
    steps = list(form.flat(path.split(".")))
    ending = list(form.flat(until.split("."))) if until else []
    return _walk(FormScope(form, table, around.facts), steps, ending, around)


def _walk(scope: FormScope, steps: list[str], ending: list[str], around: Around) -> ColumnElement[bool]:
    """Follow the path; where both paths take the same step they stand on the same row."""
    field = scope.fields[steps[0]]
    if len(steps) == 1:
        return _valid(scope, ending, around, _stands_in(scope, field, around))
    together = ending[:1] == steps[:1]
    one = field.type.key != "subform" and field.links is None
    source, on, inner = scope.related(steps[0]) if one else scope.rows(steps[0])
    found = exists(
        select(1).select_from(source).where(on, _walk(inner, steps[1:], ending[1:] if together else [], around))
    )
    return found if together else _valid(scope, ending, around, found)


def _valid(scope: FormScope, ending: list[str], around: Around, found: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition with its end: a blank end is no end, the day itself still counts."""
    if not ending:
        return found
    if len(ending) > 1:
        source, on, inner = scope.related(ending[0])
        return exists(select(1).select_from(source).where(on, _valid(inner, ending[1:], around, found)))
    column = scope.raw(ending[0])
    instant = scope.fields[ending[0]].type.key == "datetime"
    limit = around.parameter("P_now" if instant else "P_today")
    return found & or_(column.is_(None), column >= limit)


def _stands_in(scope: FormScope, field: Field, around: Around) -> ColumnElement[bool]:
    """Whether the actor (or one of the actor's departments) is the value, or among the values, of a field."""
    target = target_of(scope.form, field).key
    people = target != "_department"
    mine = around.parameter("P_me") if people else any_(around.parameter("P_departments"))
    if field.links is None:
        column = scope.raw(field.key)
        return column.is_not(None) & (column == mine)
    link = field.links.alias()
    return exists(select(1).where(link.c[LINK_SOURCE] == scope.table.c.id, link.c[LINK_TARGET] == mine))
