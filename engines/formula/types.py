"""What expressions are about: types, places, the scope that names mean something in, and the facts of a moment."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, FromClause


class Type(Enum):
    """The static type of a value. Blank is a value of every type (EXPRESSIONS.md, rules 5 and 11)."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    RECORD = "record"
    """One related record, compared by its id."""
    RECORDS = "records"
    """Many related records, or the rows of a sub-form; only aggregates take them."""
    LIST = "list"
    """Several texts: the keys of a multiple choice."""
    BLANK = "blank"
    """The type of `""` and of what could not be understood: fits everywhere. Never the type of a field."""

    @property
    def words(self) -> dict[str, str]:
        """The type as people call it, in both languages; problems carry it for their sentences."""
        return {"en": self.value, "zh-CN": _WORDS[self.value]}


_WORDS = {
    "text": "文本",
    "number": "数字",
    "boolean": "条件",
    "date": "日期",
    "datetime": "日期时间",
    "record": "关联记录",
    "records": "多行数据",
    "list": "列表",
    "blank": "空",
}


class Place(Enum):
    """Where an expression stands. It decides what is refused (rule 12) and whether the result is a condition."""

    STORED = "stored"
    """A formula whose value is kept in a column: nothing that changes by itself may stand in it."""
    LIVE = "live"
    """A formula computed whenever the record is read."""
    RULE = "rule"
    """A visibility, validation or flow condition: a blank counts as false."""
    FILTER = "filter"
    """A row condition of a list, report or permission: a blank counts as false."""
    DEFAULT = "default"
    """A value drawn once, when a record is begun."""


CONDITIONS = frozenset({Place.RULE, Place.FILTER})


@dataclass(frozen=True)
class Unit:
    """What an amount counts: a currency by its code, or the one that a path of the record names.

    The path begins in the row of the amount, or `up` rows outside of it.
    """

    code: str = ""
    path: tuple[str, ...] = ()
    up: int = 0

    @property
    def words(self) -> str:
        """The code, or the path that says it; steps to the record around a row are no names that people know."""
        return self.code or ".".join(step for step in self.path if step not in ("_parent", "^"))


@dataclass(frozen=True)
class Worth:
    """Where the value of an amount in the base currency stands: a field beside it, and the rate that leads there."""

    amount: str
    unit: Unit
    rate: tuple[str, ...] = ()
    up: int = 0


Scores = tuple[tuple[str, Decimal], ...]
"""What options of a choice count, by their keys."""


@dataclass(frozen=True)
class FieldRef:
    """What a name means: the key under which rows hold the value, its type and, for relations, the other scope."""

    key: str
    type: Type
    label: str = ""
    target: "Scope | None" = None
    remote: bool = False
    """Rows that a record does not carry with it (a reverse relation): whoever evaluates asks the database for them."""
    within: "Scope | None" = None
    """The names of the parts of a value that stand beside it in the same row: `target.customer` is a key of the row."""
    sealed: bool = False
    """A value that no statement can compute with: only rules may read it, of the record or row that they stand at."""
    unit: Unit | None = None
    """What an amount counts; None for plain numbers and everything else."""
    worth: Worth | None = None
    """Where the amount stands in the base currency, if it is kept there."""
    scores: Scores = ()
    """What the options of a choice count; without those that count nothing."""


class Scope(Protocol):
    """What names mean where the expression stands; compiled forms implement it."""

    @property
    def key(self) -> str: ...

    def field(self, name: str) -> FieldRef | None:
        """The field with this key (or label, if the scope offers labels), or None."""

    def names(self) -> Iterable[str]:
        """Every name, for suggestions."""

    def setting(self, key: str) -> Type | None:
        """The type of a setting of the workspace, or None."""


def form_scope(scope: Scope, name: str) -> Scope | None:
    """The scope of another form as a scope names it; None also where a scope knows no forms at all."""
    find = getattr(scope, "form", None)
    return find(name) if callable(find) else None


@dataclass(frozen=True)
class FieldScope:
    """A scope made of a list of fields: for users, tests and whatever is not a form. Accepts keys and labels."""

    key: str
    fields: tuple[FieldRef, ...]
    settings: Mapping[str, Type] = field(default_factory=dict)
    forms: "tuple[FieldScope, ...]" = ()

    @cached_property
    def _by_name(self) -> dict[str, FieldRef]:
        labels = {ref.label: ref for ref in reversed(self.fields) if ref.label}
        return labels | {ref.key: ref for ref in self.fields}

    def field(self, name: str) -> FieldRef | None:
        """The field with this key, else the first one with this label."""
        return self._by_name.get(name)

    def names(self) -> Iterable[str]:
        """Keys of all fields."""
        return [ref.key for ref in self.fields]

    def setting(self, key: str) -> Type | None:
        """The type of a setting, or None."""
        return self.settings.get(key)

    def form(self, name: str) -> "Scope | None":
        """The scope with this key among `forms`, or None."""
        return next((one for one in self.forms if one.key == name), None)


USER_SCOPE = FieldScope(
    "user",
    (
        FieldRef("id", Type.NUMBER),
        FieldRef("name", Type.TEXT),
        FieldRef("main_department", Type.NUMBER),
        FieldRef("roles", Type.LIST),
    ),
)
"""What may follow `CURRENTUSER().`; the values come from `Facts.user`."""

NAMED_SCOPE = FieldScope("named", (FieldRef("id", Type.NUMBER), FieldRef("name", Type.TEXT)))
"""What may follow `DEPT().` and `MANAGER().`."""

NAMED_FACTS: Mapping[str, Mapping[str, str]] = {
    "main_department": {"id": "main_department", "name": "department_name"},
    "manager": {"id": "manager", "name": "manager_name"},
}
"""Where `Facts.user` holds these fields of the person's department and superior."""


class RowInRecord(dict[str, Any]):
    """A row that an expression reads with the names of the record around it behind its own; `own` is the row itself."""

    __slots__ = ("own",)

    def __init__(self, record: Mapping[str, Any], row: Mapping[str, Any]) -> None:
        super().__init__(record)
        self.update(row)
        self.own = row


Ask = Callable[[Any, Mapping[str, Any] | None], Any]
"""Answers a part that reads rows which no record carries: takes the node (`engines.formula.tree.Aggregate`; what it
needs of the rows around is constant by then) and the record its steps begin at (None when they begin at a whole form);
gives the value as Python has it.
"""


@dataclass(frozen=True)
class Facts:
    """The moment an expression is evaluated in: fixed once per transaction, so that all its parts agree.

    `now` is aware; it is cut to milliseconds. `user` holds at least `id` and `name` (see `USER_SCOPE` and the functions
    of people for what else is read). `settings` maps keys of settings to values of the type that the scope announced.
    `prior` holds the values of the record before this write (None when it is being made, and outside of writes).
    `ask` runs what needs the database; without it such a part raises `LookupError`. `calendars` are the business
    calendars by key (`engines.formula.calendars.Calendar`), the first of them the one that counts when none is named.
    """

    now: datetime
    zone: str = "Asia/Shanghai"
    user: Mapping[str, Any] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    locale: str = "zh-CN"
    prior: Mapping[str, Any] | None = None
    ask: Ask | None = None
    calendars: Mapping[str, Any] = field(default_factory=dict)
    teams: Mapping[int, str] = field(default_factory=dict)
    """The business calendar of each department that has one, its own or that of the nearest above it."""
    rates: Mapping[str, Any] = field(default_factory=dict)
    """For each currency the days from which a rate holds and the worth of one unit in the base currency, in order."""
    departments: Mapping[int, tuple[int | None, str]] = field(default_factory=dict)
    """Every department with the one it belongs to and its name: what INDEPT climbs."""

    @cached_property
    def tz(self) -> ZoneInfo:
        """The workspace's zone."""
        return ZoneInfo(self.zone)

    @cached_property
    def instant(self) -> datetime:
        """`now`, cut to whole milliseconds."""
        return self.now.replace(microsecond=self.now.microsecond // 1000 * 1000)

    @cached_property
    def today(self) -> date:
        """The date of `now` in the workspace's zone."""
        return self.now.astimezone(self.tz).date()


class SqlScope(Protocol):
    """Where the values of a scope's fields are found in a statement.

    Every call of `related` and `rows` must give a fresh alias: an expression may follow one relation twice.
    """

    def column(self, key: str) -> ColumnElement[Any]:
        """The value of a plain field (numeric, text, boolean, date, timestamptz, text[]), or the id of a RECORD."""

    def related(self, key: str) -> "tuple[FromClause, ColumnElement[bool], SqlScope]":
        """The one related record: what to select from, the condition that binds it to this row, its scope."""

    def rows(self, key: str) -> "tuple[FromClause, ColumnElement[bool], SqlScope]":
        """The rows of a sub-form or a relation to many: the same three things."""
