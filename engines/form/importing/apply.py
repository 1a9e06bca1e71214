"""Records from entries, chunk by chunk, in transactions of the host; the same way with and without writing.

New records are made together, as long as no entry hangs on one before it; changed ones go one by one.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select, tuple_

from engines.form.folding import fold
from engines.form.form import Form
from engines.form.importing.cells import Column
from engines.form.importing.group import Entry
from engines.form.importing.plan import ImportPlan
from engines.form.importing.together import Spoilt, create_together
from engines.form.importing.write import Wanted, date_back, write_record
from engines.form.names import CREATED_AT, DELETED, ID
from engines.form.policy import policy_for
from engines.form.protect.seal import encrypted_fields, hushed
from engines.form.transaction import Transaction
from engines.form.unique import compared, touched
from engines.kernel.problems import Forbidden, NotFound, Problem, ProblemError, Rejected

Result = Literal["created", "updated", "unchanged", "refused"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one entry. `missing` are required fields that stayed blank, `later` the relations that wait for
    a row further down, `choices` texts that become new choices, by field."""

    entry: Entry
    result: Result
    record_id: int | None = None
    problems: tuple[Problem, ...] = ()
    missing: tuple[str, ...] = ()
    later: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Waiting:
    """New records that are made together: their place in the chunk and what was read of them; and their names."""

    rows: list[tuple[int, Entry, Wanted, Mapping[str, str], Mapping[str, str]]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Importer:
    """Applies entries of one file under one plan. `trial` checks everything and writes nothing.

    `promised` are, for each field by which records of the same form are named, the names that the file brings.
    """

    form: Form
    plan: ImportPlan
    trial: bool = False
    promised: Mapping[str, frozenset[str]] = field(default_factory=dict)
    seen_keys: dict[tuple[str, ...], int] = field(default_factory=dict)
    seen_unique: dict[tuple[str, ...], int] = field(default_factory=dict)
    columns: dict[str, Column] = field(init=False, default_factory=dict)
    dated: dict[int, datetime] = field(init=False, default_factory=dict)

    def promise(self, rows: Iterable[Sequence[Any]]) -> None:
        """Learn from all rows which records of the form itself the file brings, for relations among its rows."""
        wanted: dict[str, int] = {}
        for one in self.plan.targets:
            kind = self.form.at(one.field)
            by = one.by or self.form.title_field
            source = self.plan.at(by or "")
            if kind.type.target_form(kind) == self.form.key and source is not None and source.column is not None:
                wanted[by or ""] = source.column
        names: dict[str, set[str]] = {key: set() for key in wanted}
        for cells in rows if wanted else ():
            for key, column in wanted.items():
                text = str(cells[column]).strip() if column < len(cells) and cells[column] is not None else ""
                if text:
                    names[key].add(text)
        self.promised = {key: frozenset(found) for key, found in names.items()}

    def chunk(self, tx: Transaction, entries: Sequence[Entry]) -> list[Outcome]:
        """Apply some entries inside the caller's transaction; those with problems change nothing."""
        policy_for(tx, self.form).require("import")
        events = len(tx.events)
        attempt = tx.connection.begin_nested()
        try:
            outcomes = self._chunk(tx, entries, alone=False)
        except Spoilt:  # rare, so only then each record gets a savepoint of its own
            attempt.rollback()
            del tx.events[events:]
            return self._told(self._chunk(tx, entries, alone=True))
        attempt.commit()
        return self._told(outcomes)

    def _told(self, outcomes: list[Outcome]) -> list[Outcome]:
        """What is kept of the outcomes: problems do not name what is to be encrypted."""
        if not encrypted_fields(self.form):
            return outcomes
        return [replace(one, problems=tuple(hushed(self.form, each) for each in one.problems)) for one in outcomes]

    def _chunk(self, tx: Transaction, entries: Sequence[Entry], *, alone: bool) -> list[Outcome]:
        self._columns(tx)
        self.dated = {}
        rows = [row for entry in entries for row in entry.rows]
        for column in self.columns.values():
            column.learn(rows)
        existing = self._existing(tx, entries)
        outcomes: dict[int, Outcome] = {}
        waiting = _Waiting()
        for place, entry in enumerate(entries):
            read = self._wanted(entry)
            if waiting.names & set(read[1].values()):  # the row that it names is among those that wait
                self._together(tx, waiting, outcomes)
                read = self._wanted(entry)
            record_id, problem = self._match(entry, existing)
            if problem is not None:
                outcomes[place] = Outcome(entry, "refused", problems=(problem, *read[0].problems))
            elif record_id is None and not alone:
                self._wait(waiting, place, entry, *read)
            else:
                if record_id is not None and self._claims(read[0].values):
                    self._together(tx, waiting, outcomes)
                outcomes[place] = self._entry(tx, entry, record_id, *read, alone=alone)
        self._together(tx, waiting, outcomes)
        date_back(tx, self.form, self.dated)
        return [outcomes[place] for place in sorted(outcomes)]

    def _wait(
        self,
        waiting: "_Waiting",
        place: int,
        entry: Entry,
        wanted: Wanted,
        later: Mapping[str, str],
        choices: Mapping[str, str],
    ) -> None:
        """Note a new record that is made with others."""
        wanted.values = {key: value for key, value in wanted.values.items() if value not in (None, [])}
        wanted.problems += self._doubled(entry, wanted.values)
        waiting.rows.append((place, entry, wanted, later, choices))
        for column in self.columns.values() if not self.trial else ():
            value = wanted.values.get(column.target.by or self.form.title_field or "") if column.promised else None
            if isinstance(value, str):
                waiting.names.add(value)

    def _claims(self, values: Mapping[str, Any]) -> bool:
        """Whether a change gives a value that no other record may have: then those before it come first."""
        return bool(touched(self.form.fields, (key for key in values if key not in self.plan.keys)))

    def _together(self, tx: Transaction, waiting: "_Waiting", outcomes: dict[int, Outcome]) -> None:
        """Make the records that wait."""
        rows, waiting.rows, waiting.names = waiting.rows, [], set()
        if not rows:
            return
        try:
            made = create_together(tx, self.form, [row[2] for row in rows], trial=self.trial)
        except ProblemError as error:  # nobody may create here at all
            outcomes |= {row[0]: Outcome(row[1], "refused", problems=error.problems) for row in rows}
            return
        for (place, entry, wanted, later, choices), one in zip(rows, made, strict=True):
            if one.problems:
                outcomes[place] = Outcome(entry, "refused", problems=one.problems)
                continue
            self._remember(wanted.values, one.record_id)
            outcomes[place] = Outcome(
                entry, "created", one.record_id, missing=tuple(one.missing), later=later, choices=choices
            )

    def passed(self, tx: Transaction, entries: Sequence[Entry]) -> None:
        """Note the keys of entries that an interrupted run has applied already."""
        self._columns(tx)
        for entry in entries if self.plan.keys else ():
            key = self._key_of(entry)
            if key is not None:
                self.seen_keys.setdefault(key, entry.number)

    def finish(self, tx: Transaction, waiting: Iterable[tuple[int, Mapping[str, str]]]) -> list[tuple[int, Problem]]:
        """Set the relations that waited for later rows; gives those that could not be set."""
        self._columns(tx)
        failed: list[tuple[int, Problem]] = []
        for record_id, later in waiting:
            values: dict[str, Any] = {}
            for path, text in later.items():
                names = self.columns[path].names
                found = names.find(text) if names is not None else None
                if found is None:
                    label = self.columns[path].field.label(tx.actor.locale)
                    message = f'The row of "{text}" was not taken'
                    params = {"value": text, "label": label}
                    failed.append((record_id, Problem("import.row_not_taken", path, message, params)))
                else:
                    values[path] = found
            if values:
                try:
                    with tx.connection.begin_nested():
                        write_record(tx, self.form, Wanted(values, incomplete=True), record_id, trial=False)
                except (Rejected, Forbidden, NotFound) as error:
                    failed += [(record_id, problem) for problem in error.problems]
        return failed

    # -- one entry ----------------------------------------------------------------------------------------------

    def _columns(self, tx: Transaction) -> None:
        """Readers for this transaction; what earlier chunks read stays known."""
        before = self.columns
        self.columns = {}
        for one in self.plan.targets:
            own = self.form.at(one.field)
            promised: frozenset[str] = frozenset()
            if "." not in one.field and own.type.target_form(own) == self.form.key:
                promised = self.promised.get(one.by or self.form.title_field or "", frozenset())
            column = Column(tx, self.form, one, promised)
            if one.field in before and column.names is None:
                column.read = before[one.field].read
            self.columns[one.field] = column

    def _entry(
        self,
        tx: Transaction,
        entry: Entry,
        record_id: int | None,
        wanted: Wanted,
        later: Mapping[str, str],
        choices: Mapping[str, str],
        *,
        alone: bool,
    ) -> Outcome:
        """One record by itself."""
        if record_id is not None:
            wanted.values = {key: value for key, value in wanted.values.items() if self._counts(value)}
        else:
            wanted.values = {key: value for key, value in wanted.values.items() if value not in (None, [])}
        wanted.problems += self._doubled(entry, wanted.values)
        try:
            with tx.connection.begin_nested() if alone else nullcontext():
                saved, missing = write_record(tx, self.form, wanted, record_id, trial=self.trial)
        except ProblemError as error:
            if wanted.writing and not alone:
                raise Spoilt from error
            return Outcome(entry, "refused", problems=error.problems)
        if wanted.created_at is not None and record_id is None and saved is not None:
            self.dated[saved.id] = wanted.created_at
        self._remember(wanted.values, saved.id if saved else None)
        result: Result = "created" if record_id is None else "updated"
        if saved is not None and not saved.changed:
            result = "unchanged"
        written = saved.id if saved is not None else record_id
        return Outcome(entry, result, written, missing=tuple(missing), later=later, choices=choices)

    def _wanted(self, entry: Entry) -> tuple[Wanted, dict[str, str], dict[str, str]]:
        wanted = Wanted(incomplete=self.plan.incomplete)
        later: dict[str, str] = {}
        choices: dict[str, str] = {}
        for path, column in self.columns.items():
            if "." in path:
                continue
            cell = column.cell(entry.first)
            wanted.problems += cell.problems
            if cell.later is not None:
                later[path] = cell.later
            elif cell.new_choice is not None:
                choices[path] = cell.new_choice
            elif path == CREATED_AT:
                wanted.created_at = cell.value if isinstance(cell.value, datetime) else None
            elif not (path.startswith("_") and cell.blank):
                wanted.values[path] = cell.value
        self._lines(entry, wanted, choices)
        wanted.excused = frozenset((*later, *choices))
        return wanted, later, choices

    def _lines(self, entry: Entry, wanted: Wanted, choices: dict[str, str]) -> None:
        inner = {path: column for path, column in self.columns.items() if path.count(".") == 1}
        below = {path: column for path, column in self.columns.items() if path.count(".") == 2}
        for row in entry.rows if inner or below else ():
            lines: dict[str, dict[str, Any]] = {}
            filled: set[str] = set()
            for path, column in inner.items():
                head, _, key = path.partition(".")
                cell = column.cell(row)
                if cell.problems or cell.new_choice is not None:
                    number = len(wanted.values.get(head, ()))
                    wanted.problems += [replace(one, path=f"{head}[{number}].{key}") for one in cell.problems]
                    if cell.new_choice is not None:
                        choices[path] = cell.new_choice
                    filled.add(head)
                elif not cell.blank:
                    lines.setdefault(head, {})[key] = cell.value
                    if column.target.column is not None:
                        filled.add(head)
            for head in filled:
                wanted.values.setdefault(head, []).append(lines.get(head, {}))
            self._rows_of_rows(row, below, wanted, choices)

    def _rows_of_rows(
        self, row: Sequence[Any], below: Mapping[str, Any], wanted: Wanted, choices: dict[str, str]
    ) -> None:
        """Rows of rows of one row of the file: of the row of the sub-form that it begins, else of the last one."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for path, column in below.items():
            head, inner, key = path.split(".")
            cell = column.cell(row)
            if cell.blank and not cell.problems and cell.new_choice is None:
                continue
            part = found.get((head, inner))
            if part is None:
                if column.target.column is None:  # the same in every row: nothing begins because of it
                    continue
                part = found[head, inner] = {}
                rows = wanted.values.setdefault(head, [])
                if not rows:
                    rows.append({})
                rows[-1].setdefault(inner, []).append(part)
            rows = wanted.values[head]
            place = f"{head}[{len(rows) - 1}].{inner}[{len(rows[-1][inner]) - 1}].{key}"
            wanted.problems += [replace(one, path=place) for one in cell.problems]
            if cell.new_choice is not None:
                choices[path] = cell.new_choice
            if not cell.problems and cell.new_choice is None:
                part[key] = cell.value

    def _counts(self, value: Any) -> bool:
        return self.plan.blanks == "clear" or value not in (None, [], ())

    # -- which record -------------------------------------------------------------------------------------------

    def _key_of(self, entry: Entry) -> tuple[str, ...] | None:
        values = []
        for key in self.plan.keys:
            cell = self.columns[key].cell(entry.first)
            if cell.value is None:
                return None
            values.append(_comparable(cell.value))
        return tuple(values)

    def _existing(self, tx: Transaction, entries: Sequence[Entry]) -> dict[tuple[str, ...], list[int]]:
        """The records that the keys of these entries mean."""
        if not self.plan.keys:
            return {}
        table = self.form.table
        columns = []
        wanted = []
        for key in self.plan.keys:
            one = self.form.fields[key]
            folded = one.unique and one.type.folds and one.fold_key in table.c
            columns.append(table.c[one.fold_key if folded else key])
        for entry in entries:
            cells = [self.columns[key].cell(entry.first).value for key in self.plan.keys]
            if all(cell is not None for cell in cells):
                pairs = zip(columns, cells, strict=True)
                wanted.append(tuple(fold(cell) if column.name.endswith("__fold") else cell for column, cell in pairs))
        if not wanted:
            return {}
        query = select(table.c[ID], *(table.c[key] for key in self.plan.keys))
        query = query.where(tuple_(*columns).in_(list(set(wanted))), table.c[DELETED].is_(None))
        query = query.where(policy_for(tx, self.form).rows("read"))
        found: dict[tuple[str, ...], list[int]] = {}
        for record_id, *values in tx.connection.execute(query):
            found.setdefault(tuple(_comparable(value) for value in values), []).append(record_id)
        return found

    def _match(self, entry: Entry, existing: Mapping[tuple[str, ...], list[int]]) -> tuple[int | None, Problem | None]:
        if not self.plan.keys:
            return None, None
        first = self.plan.keys[0]
        key = self._key_of(entry)
        if key is None:
            if any(self.columns[one].cell(entry.first).problems for one in self.plan.keys):
                return None, None if self.plan.mode == "create" else Problem(
                    "import.key_unreadable", first, "The key of this row cannot be read", {}
                )
            return None, Problem("import.key_blank", first, "The key of this row is blank", {})
        shown = " / ".join(key)
        before = self.seen_keys.get(key)
        if before is not None and before != entry.number:
            message = f'Row {before} has the same key "{shown}"'
            return None, Problem("import.key_twice", first, message, {"row": before, "value": shown})
        self.seen_keys[key] = entry.number
        ids = existing.get(key, [])
        if len(ids) > 1:
            message = f'Several records have the key "{shown}"'
            return None, Problem("import.key_several", first, message, {"value": shown})
        if ids and self.plan.mode == "create":
            message = f'There is already a record with "{shown}"'
            return None, Problem("import.exists", first, message, {"value": shown, "id": ids[0]})
        if not ids and self.plan.mode == "update":
            message = f'There is no record with "{shown}"'
            return None, Problem("import.not_there", first, message, {"value": shown})
        return (ids[0] if ids else None), None

    def _doubled(self, entry: Entry, values: Mapping[str, Any]) -> list[Problem]:
        """In a trial nothing is written, so values that two rows of the file share are noticed here."""
        found: list[Problem] = []
        if not self.trial:
            return found
        for one in touched(self.form.fields, values):
            key, value = one.key, values.get(one.key)
            beside = [values.get(other.key) for other in compared(one)]
            if None in beside or key not in self.columns:
                continue
            mark = (key, *map(_comparable, beside))
            before = self.seen_unique.setdefault(mark, entry.number)
            if before != entry.number:
                label = one.label(self.columns[key].context.locale)
                message = f'{label} "{value}" stands in row {before} too'
                found.append(Problem("import.twice", key, message, {"label": label, "value": value, "row": before}))
        return found

    def _remember(self, values: Mapping[str, Any], record_id: int | None) -> None:
        """New records can be named by the rows that follow."""
        for column in self.columns.values():
            if record_id is None or not column.promised or column.names is None:
                continue
            value = values.get(column.target.by or self.form.title_field or "")
            if isinstance(value, str):
                column.names.remember(value, record_id)


def _comparable(value: Any) -> str:
    return fold(value) if isinstance(value, str) else str(value)
