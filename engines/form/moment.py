"""The moment of a transaction for expressions: its fixed time, the actor, the settings and calendars of an app.

Nothing here asks for rights, so the policy itself can be built on it; `engines.form.facts` adds what does.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeVar

from sqlalchemy import MetaData, func, select

from engines.form.calendars import calendars_of
from engines.form.fields.links import DEPARTMENT, MEMBER
from engines.form.form import Forms
from engines.form.people import people_tables
from engines.form.rates.read import rates_of
from engines.form.transaction import Transaction
from engines.formula import Facts
from engines.formula.calendars import Calendar
from engines.formula.functions.people import above

K = TypeVar("K")
_PEOPLE: Final = people_tables(MetaData())


def moment_of(tx: Transaction, forms: Forms | None = None) -> Facts:
    """The facts of a transaction without the means to read other records."""
    actor = tx.actor
    departments = Lazy[int](lambda: departments_of(tx))
    user: Mapping[str, Any] | None = None
    if actor.id is not None:
        known = {
            "id": actor.id,
            "name": actor.name,
            "main_department": actor.main_department,
            "roles": tuple(sorted(actor.roles)),
            "subordinates": tuple(str(one) for one in sorted(actor.subordinates)),
        }
        user = Person(known, lambda: standing(tx, departments))
    settings: Mapping[str, Any] = tx.settings
    if forms is not None and forms.settings:
        settings = Lazy[str](lambda: settings_of(tx, forms))
    return Facts(
        now=tx.now,
        zone=actor.zone,
        user=user,
        settings=settings,
        locale=actor.locale,
        calendars=Lazy[str](lambda: _calendars(tx, forms, settings)),
        departments=departments,
        teams=Lazy[int](lambda: teams_of(tx)),
        rates=Lazy[str](lambda: rates_of(tx, forms)),
    )


def _calendars(tx: Transaction, forms: Forms | None, settings: Mapping[str, Any]) -> dict[str, Calendar]:
    documents, app = ({}, "") if forms is None else (forms.documents, forms.app)
    return calendars_of(settings, documents, tx.settings, app)


def departments_of(tx: Transaction) -> dict[int, tuple[int | None, str]]:
    """Every department of the workspace with the one it belongs to and its name."""
    table = _PEOPLE[DEPARTMENT]
    rows = tx.connection.execute(select(table.c.id, table.c.parent, table.c.name))
    return {row.id: (row.parent, row.name) for row in rows}


def teams_of(tx: Transaction) -> dict[int, str]:
    """The business calendar of each department that has one: its own, else that of the nearest above it."""
    table = _PEOPLE[DEPARTMENT]
    rows = tx.connection.execute(select(table.c.id, table.c.parent, table.c.calendar)).all()
    own = {row.id: row.calendar for row in rows if row.calendar}
    if not own:
        return {}
    known = {row.id: (row.parent, "") for row in rows}
    found = {key: next((own[one] for one in above(known, key) if one in own), None) for key in known}
    return {key: calendar for key, calendar in found.items() if calendar is not None}


def standing(tx: Transaction, departments: Mapping[int, tuple[int | None, str]]) -> dict[str, Any]:
    """What the functions of people ask beside the actor itself: the superior, and departments with those above."""
    members, heads = _PEOPLE[MEMBER], _PEOPLE[DEPARTMENT]
    head = select(heads.c.head).where(heads.c.id == members.c.department).scalar_subquery()
    superior = select(func.coalesce(members.c.manager, head)).where(members.c.id == tx.actor.id)
    manager = tx.connection.scalar(superior)
    named = select(members.c.name).where(members.c.id == manager)
    main = tx.actor.main_department
    mine = dict.fromkeys(one for start in sorted(tx.actor.departments) for one in above(departments, start))
    return {
        "manager": manager,
        "manager_name": None if manager is None else tx.connection.scalar(named),
        "department_name": None if main is None or main not in departments else departments[main][1],
        "department_ids": tuple(str(one) for one in mine),
        "department_names": tuple(departments[one][1] for one in mine),
    }


class Lazy(Mapping[K, Any]):
    """A mapping that is worked out when something in it is asked for: most transactions ask for nothing."""

    def __init__(self, work: Callable[[], Mapping[K, Any]]) -> None:
        self._work = work
        self._values: Mapping[K, Any] | None = None

    def _read(self) -> Mapping[K, Any]:
        if self._values is None:
            self._values = self._work()
        return self._values

    def __getitem__(self, key: K) -> Any:
        return self._read()[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


class Person(Lazy[str]):
    """The actor: what is known at once, and what has to be looked up."""

    def __init__(self, known: Mapping[str, Any], work: Callable[[], Mapping[str, Any]]) -> None:
        super().__init__(lambda: {**known, **work()})
        self._known = known

    def __getitem__(self, key: str) -> Any:
        return self._known[key] if key in self._known else super().__getitem__(key)


def settings_of(tx: Transaction, forms: Forms) -> dict[str, Any]:
    """The settings of an app with their defaults, as values of their types."""
    stored, values = tx.settings, {}
    for key, setting in forms.settings.items():
        value = stored.get(f"{forms.app}.{key}", stored.get(key, setting.get("default")))
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = Decimal(str(value))
        elif setting["type"] == "number" and isinstance(value, str):
            value = Decimal(value)
        elif setting["type"] == "date" and isinstance(value, str):
            value = date.fromisoformat(value)
        values[key] = value
    return values
