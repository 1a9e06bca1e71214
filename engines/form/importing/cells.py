"""Cells into values. Every distinct cell of a column is read once, so repeating ones cost nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from typing import Any, Final

from engines.form.fields.base import Context, Field
from engines.form.form import Form
from engines.form.importing.dates import read_moment
from engines.form.importing.lookup import Names, Several
from engines.form.importing.plan import Target, target_field
from engines.form.scope import target_of
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem, Rejected

DATES: Final = ("date", "datetime")
_MANY: Final = ("\n", "；", ";", "、", "，", ",")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that was read. `later` is the name of a record that a later row of the file brings; `new_choice` a text
    that becomes a choice before the import."""

    value: Any = None
    problems: tuple[Problem, ...] = ()
    blank: bool = False
    later: str | None = None
    new_choice: str | None = None


@dataclass(slots=True)
class Column:
    """How the cells of one target are read."""

    tx: Transaction
    form: Form
    target: Target
    promised: frozenset[str] = frozenset()
    field: Field = attribute(init=False)
    names: Names | None = attribute(init=False, default=None)
    several: Several | None = attribute(init=False, default=None)
    context: Context = attribute(init=False)
    read: dict[Any, Cell] = attribute(default_factory=dict)

    def __post_init__(self) -> None:
        self.field = target_field(self.form, self.target.field)
        self.context = Context.of(self.tx)
        if self.field.type.target_form(self.field):
            self.names = Names(self.tx, target_of(self.form, self.field), self.target.by)
            self.context = replace(self.context, lookup=self._lookup)
        elif self.field.parts:
            self.several = Several(self.tx, self.form, self.field)
            self.context = replace(self.context, lookup=self.several.find)

    def learn(self, rows: Iterable[Sequence[Any]]) -> None:
        """Ask for the records that cells of these rows name."""
        names = self.names or self.several
        if names is None:
            return
        texts: set[str] = set()
        for cells in rows:
            text = self._text(self._raw(cells))
            if text and (text, type(text)) not in self.read:
                texts.add(text)
                texts.update(part.strip() for separator in _MANY if separator in text for part in text.split(separator))
        names.learn(texts)

    def cell(self, cells: Sequence[Any]) -> Cell:
        """The cell of a row, read."""
        raw = self._raw(cells)
        key = (raw, type(raw))
        found = self.read.get(key)
        if found is None:
            found = self._read(raw)
            if found.later is None:
                self.read[key] = found
        return found

    def _raw(self, cells: Sequence[Any]) -> Any:
        if self.target.column is None:
            return self.target.empty
        return cells[self.target.column] if self.target.column < len(cells) else None

    def _text(self, raw: Any) -> str:
        """What a cell stands for, as text: mapped values, and the fixed value of an empty one."""
        if isinstance(raw, float) and raw.is_integer():
            raw = int(raw)
        text = "" if raw is None else str(raw).strip()
        text = self.target.values.get(text, text).strip()
        return text or (self.target.empty.strip() if raw is None or not str(raw).strip() else "")

    def _read(self, raw: Any) -> Cell:
        one, kind = self.field, self.field.type
        text = self._text(raw)
        if not text:
            return Cell(blank=True)
        plain = not isinstance(raw, str) and raw is not None and text == str(raw)
        value: Any = raw if plain else text
        try:
            alone = isinstance(value, str) and value.removesuffix("年").isdecimal()  # a year alone has no order
            if kind.key in DATES and isinstance(value, str) and not alone and self.target.order is not None:
                value = read_moment(value, self.target.order)
            if self.promised and text in self.promised and self._lookup("", text) is None:
                return Cell(later=text)
            found = kind.import_cell(value, one, self.context)
            problems = list(kind.check(found, one, self.context)) if found is not None else []
        except Rejected as error:
            if kind.has_choices and self.target.create_choices and len(text) <= 60:
                return Cell(new_choice=text)
            return Cell(problems=self._placed(error.problems, text))
        if problems:
            return Cell(problems=self._placed(problems, text))
        return Cell(value=found, blank=found is None)

    def _lookup(self, _: str, text: str) -> int | None:
        return self.names.find(text) if self.names is not None else None

    def _placed(self, problems: Iterable[Problem], text: str) -> tuple[Problem, ...]:
        label = self.field.label(self.context.locale)
        return tuple(
            Problem(one.code, self.target.field, one.message, {"value": text[:60], "label": label, **one.params})
            for one in problems
        )
