"""Cells into values, a column at a time: every distinct cell is read once, so repeating ones cost nothing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from sqlalchemy import ARRAY, ColumnElement, Text, any_, bindparam, select

from engines.form.fields.base import Context, Field, FieldType
from engines.form.folding import fold
from engines.form.form import Form
from engines.form.names import ID
from engines.form.policy import policy_for
from engines.form.row_names import rows_named
from engines.form.rules.normalise import normalised
from engines.form.scope import alive_in, target_of
from engines.form.search import field_lexemes, searched_fields
from engines.form.transaction import Transaction
from engines.form.write.encode import plain
from engines.kernel.problems import Problem, Rejected

AMBIGUOUS: Final = -1
ABSENT: Final = type("Absent", (), {"__repr__": lambda _: "absent"})()
"""The cell of a row that does not name the field: a new record gets the default, a stored one keeps its value."""


@dataclass(slots=True)
class Cell:
    """A cell that was read: its value, what goes into the columns of the table, and what is wrong.

    Made for every distinct cell of a load, hence not frozen: that would take four times as long.
    """

    value: Any
    columns: tuple[Any, ...]
    problems: tuple[Problem, ...] = ()
    absent: bool = False
    words: str = ""


class Column(dict[Any, Cell]):
    """The cells of one field by what was sent; a new one is read when it is first asked for."""

    def __init__(
        self, form: Form, one: Field, context: Context, names: Sequence[str], *, text: bool, words: bool = False
    ) -> None:
        super().__init__()
        self.field = one
        self.form = form
        self.context = context
        self.names = tuple(names)
        self.words = words and one in searched_fields(form)
        self.blank = (None,) * len(self.names)
        self.direct = type(one.type).to_columns is FieldType.to_columns and self.names == (one.key,)
        self.read: Callable[[Any, Field, Context], Any] = one.type.import_cell if text else one.type.parse

    def __missing__(self, raw: Any) -> Cell:
        cell = self[raw] = self._cell(raw)
        return cell

    def cells(self, raws: Iterable[Any]) -> list[Cell]:
        """The cells of a column. Lists and mappings are remembered by their JSON."""
        try:
            return list(map(self.__getitem__, raws))
        except TypeError:
            return [self._loose(raw) for raw in raws]

    def _loose(self, raw: Any) -> Cell:
        try:
            return self[raw]
        except TypeError:
            return self._cell(raw)

    def _cell(self, raw: Any) -> Cell:
        one = self.field
        if raw is ABSENT:
            return Cell(None, self.written(None), absent=True)
        try:
            value = self.read(normalised(raw, one.normalise), one, self.context)
        except Rejected as error:
            return Cell(None, self.written(None), tuple(self._named(problem) for problem in error.problems))
        if value is None:
            return Cell(None, self.blank)
        found = tuple(self._named(each) for each in one.type.check(value, one, self.context))
        if found:
            return Cell(None, self.blank, found)
        words = inside(field_lexemes(one, value)) if self.words else ""
        return Cell(value, self.written(value), words=words)

    def written(self, value: Any) -> tuple[Any, ...]:
        """What a value puts into the table, as JSON values in the order of `names`."""
        if value is None:
            return self.blank
        if self.direct:
            return (stored(value),)
        columns = self.field.type.to_columns(value, self.field)
        return tuple(stored(columns.get(name)) for name in self.names)

    def _named(self, problem: Problem) -> Problem:
        placed = problem.under(self.field.key)
        label = {"label": self.field.label(self.context.locale)}
        return replace(placed, params={**label, **placed.params})


def stored(value: Any) -> Any:
    """A column's value as JSON from which SQL casts: lists of texts as array literals."""
    if value is None or value.__class__ is str:
        return value
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return f"{{{inside(value)}}}"
    return value if value is None or isinstance(value, str | int) else plain(value)


def one_of(column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """`column IN (values)` with one parameter however many there are."""
    kind = Text() if isinstance(column.type, Text) else column.type
    return column == any_(bindparam(None, list(values), type_=ARRAY(kind)))


def inside(texts: Iterable[str]) -> str:
    """Texts as they stand inside the literal of an array."""
    given = list(texts)
    plain_ones = '","'.join(given)
    if "\\" not in plain_ones and plain_ones.count('"') == 2 * max(len(given) - 1, 0):  # nearly always
        return f'"{plain_ones}"' if given else ""
    return ",".join('"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"' for one in given)


def column_names(form: Form, one: Field) -> tuple[str, ...]:
    """The columns of the table that a field writes."""
    return tuple(name for name in one.type.to_columns(None, one) if name in form.table.c)


class Names:
    """What records of another form are called, asked once for all the cells of a batch.

    Folded texts count as the same. Only records that the actor may see and that are not in the trash are found; a
    name that two of them bear is found as neither.
    """

    def __init__(self, tx: Transaction, form: Form, by: str | None) -> None:
        self.tx = tx
        self.form = form
        of_rows = form.of_rows if by != ID else None
        self.rows = None if of_rows is None else Names(tx, of_rows.form, None)
        """Of rows that are pointed at: what their records are called."""
        self.by = by or form.title_field or ID
        self.known: dict[str, int | None] = {}

    def learn(self, texts: Iterable[str]) -> None:
        """Ask for all of these at once."""
        missing = {text for text in texts if text and text not in self.known}
        if not missing:
            return
        self.known |= dict.fromkeys(missing)
        for text, record_id in self._ask(missing):
            before = self.known.get(text)
            self.known[text] = record_id if before in (None, record_id) else AMBIGUOUS

    def all(self, texts: set[str]) -> dict[str, int | None]:
        """The ids of all of these; `AMBIGUOUS` for a name that two bear."""
        self.learn(texts)
        return {text: self.known[text] for text in texts if text}

    def _ask(self, texts: set[str]) -> list[tuple[str, int]]:
        if self.rows is not None:
            named = rows_named(self.tx, self.form, texts, self.rows.all)
            return [(text, row) for text, row in named.items() if row is not None]
        table = self.form.table
        if self.by == ID:
            numbers = {text: int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < 19}
            query = select(table.c[ID]).where(one_of(table.c[ID], list(numbers.values())))
            found = set(self.tx.connection.execute(self._visible(query)).scalars())
            return [(text, number) for text, number in numbers.items() if number in found]
        pairs: list[tuple[str, int]] = []
        one = self.form.fields[self.by]
        by_name = [self.by]
        if self.form.key == "_member" and self.by == "name":
            by_name.append("email")
        for name in by_name:
            folded = one.unique_key != one.key and one.unique_key in table.c
            column = table.c[one.unique_key] if folded else table.c[name]
            wanted: dict[str, list[str]] = {}
            for text in texts:
                for form in {fold(text)} if folded else {text, fold(text), text.strip(), self._value(one, text)}:
                    wanted.setdefault(form, []).append(text)
            query = select(column, table.c[ID]).where(one_of(column, list(wanted)))
            for value, record_id in self.tx.connection.execute(self._visible(query)):
                pairs += [(text, record_id) for text in wanted[value]]
        return pairs

    def _value(self, one: Field, text: str) -> str:
        """A name as its field would store it: telephone numbers lose their dashes."""
        try:
            value = one.type.import_cell(text, one, Context.of(self.tx))
        except Rejected:
            return text
        return value if isinstance(value, str) else text

    def _visible(self, query: Any) -> Any:
        alive = alive_in(self.form, self.form.table)
        if alive is not None:
            query = query.where(alive)
        return query.where(policy_for(self.tx, self.form).rows("read"))

    def lookup(self, _: str, text: str) -> int | None:
        """`Context.lookup`: the id of what is called so. Raises `Rejected` where two are."""
        if text not in self.known:
            self.learn([text])
        found = self.known[text]
        if found == AMBIGUOUS:
            message = f'Several records are called "{text[:60]}"'
            raise Rejected(Problem("relation.ambiguous", "", message, {"value": text[:60], "form": self.form.key}))
        return found


def make_column(
    tx: Transaction, form: Form, one: Field, *, text: bool, by: str | None, raws: Iterable[Any], words: bool
) -> Column:
    """The column of a field, with the names of the records that its cells mention already asked for."""
    context = Context.of(tx)
    if one.parts and text:
        each = {key: Names(tx, form.forms.get(key), None) for key in one.type.reads(one)}
        pieces = _pieces(raws)
        pieces |= {piece.replace("：", ":").partition(":")[2].strip() for piece in pieces}
        for known in each.values():
            known.learn(pieces - {""})
        context = replace(context, lookup=lambda key, name: each[key].lookup(key, name))
        return Column(form, one, context, column_names(form, one), text=True, words=words)
    if one.type.target_form(one) and (text or by):
        names = Names(tx, target_of(form, one), by)
        names.learn(_pieces(raws))
        context = replace(context, lookup=names.lookup)
        return Column(form, one, context, column_names(form, one), text=True, words=words)
    return Column(form, one, context, column_names(form, one), text=text, words=words)


def _pieces(raws: Iterable[Any]) -> set[str]:
    found: set[str] = set()
    for raw in raws:
        if isinstance(raw, str):
            found.add(raw.strip())
        elif isinstance(raw, int | float) and not isinstance(raw, bool):
            found.add(str(int(raw)))
    return found


def encode_cells(cells: Sequence[Any]) -> str:
    """A row's cells as JSON text."""
    return orjson.dumps(cells, default=plain).decode()
