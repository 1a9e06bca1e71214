"""Profile forms seen from the person: `_member.staff` is the one record of the form `staff` about a member.

A profile form points at its person; here stands the way back, as a live field of the people form that follows it like
any relation: `_owner.staff.capacity`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select

from engines.form.fields.base import Field
from engines.form.fields.links import RelationField
from engines.form.form import Form
from engines.form.names import DELETED, ID
from engines.formula import Facts, SqlScope, Type

_RELATION = RelationField()


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """The id of the profile of a person, as an expression of the person's form."""

    form: Form
    field: str
    text: str = ""
    type: Type = Type.RECORD
    references: frozenset[tuple[str, ...]] = frozenset()
    settings: frozenset[str] = frozenset()
    volatile: bool = True

    def evaluate(self, row: Mapping[str, Any], facts: Facts) -> Any:  # noqa: ARG002 - the shape of an expression
        """What was loaded with the person."""
        return row.get(self.form.key)

    def sql(self, scope: SqlScope, facts: Facts) -> ColumnElement[Any]:  # noqa: ARG002 - the shape of an expression
        """The one record that points at this person and is not in the trash."""
        profiles = self.form.table.alias()
        mine = profiles.c[self.field] == scope.column(ID)
        found = select(profiles.c[ID]).where(mine, profiles.c[DELETED].is_(None))
        return found.correlate_except(profiles).scalar_subquery()


def profile_field(person: Form, profile: Form) -> Field | None:
    """The field of a people form that leads to a profile form; None where the profile names no person."""
    pointing = profile.fields.get(person.key.removeprefix("_"))
    if pointing is None or pointing.type.target_form(pointing) != person.key:
        return None
    return Field(
        key=profile.key,
        type=_RELATION,
        label=profile.label,
        form_key=person.key,
        options=_RELATION.fill({"form": profile.key}),
        readonly=True,
        expression=Profile(profile, pointing.key),
        live=True,
        target=profile,
    )
