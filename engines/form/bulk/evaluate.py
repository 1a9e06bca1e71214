"""What a row becomes: defaults, formulas and rules as in a single write, and the columns that go into the table."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import select

from engines.form import ranges
from engines.form.bulk.columns import Cell, column_names, encode_cells, inside, stored
from engines.form.bulk.plan import BulkPlan
from engines.form.bulk.work import Work
from engines.form.choosing import hold as choosing
from engines.form.derive.locks import ids_in
from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.names import DEPARTMENT, ID, OWNER, VERSION
from engines.form.nested import fresh, sent_row
from engines.form.policy import policy_for
from engines.form.protect.seal import sealed_values
from engines.form.rates.compile import rows_following
from engines.form.rules.behaviour import behaviour_of
from engines.form.search import field_lexemes, lexemes, searched_fields
from engines.form.transaction import Transaction
from engines.form.write import compute, constraints
from engines.form.write.behave import settle
from engines.form.write.draft import Draft
from engines.form.write.encode import encode
from engines.form.write.memory import Memory
from engines.form.write.needs import needs_of
from engines.form.write.related import learn, related
from engines.form.write.rows import new_parts
from engines.form.write.stages import allowed_by_owner, system_view
from engines.kernel.problems import Problem, ProblemError


@dataclass(frozen=True, slots=True)
class Judged:
    """A row that is ready, or what is wrong with it."""

    cells: str | None = None
    extra: str | None = None
    record_id: int | None = None
    problems: tuple[Problem, ...] = ()


class Judge:
    """Judges the rows of one batch. What is the same for all rows is found out once."""

    def __init__(self, tx: Transaction, form: Form, plan: BulkPlan, *, search: bool) -> None:
        self.tx = tx
        self.form = form
        self.plan = plan
        self.search = search and bool(searched_fields(form))
        self.policy = policy_for(tx, form)
        self.stored = [one for one in form.fields.values() if one.storage == "column" or one.type.key == "serial"]
        self.parts = [key for key in plan.columns if key in form.links or key in form.subforms]
        self.parts += [key for key in rows_following(form, plan.columns) if key not in self.parts]
        self.carried = [one for one in self.stored if self._carried(one)]
        self.required = [one for one in form.fields.values() if one.required and one.type.writable]
        self.defaulted = [one for one in form.fields.values() if one.default is not None]
        self.fixed: dict[str, Cell] = {}
        self.memory = Memory()
        self.departments: dict[int | None, int | None] = {}
        computed = [one for one in form.formula_order if one.subform is None or one.subform in self.parts]
        varying = [one for one in self.defaulted if one.default.references]
        moving = any(one.type.by_engine for one in self.stored)
        self.simple = not (computed or behaviour_of(form).acts or varying or self.parts or moving)

    def _carried(self, one: Field) -> bool:
        return (
            one.key in self.plan.columns
            or one.default is not None
            or one.expression is not None
            or one.key in behaviour_of(self.form).moved
            or one.type.by_engine
            or (one.type.key == "serial")
        )

    def prepare(self, work: Work) -> None:
        """Draw the defaults that are the same for every row, and learn the owners' departments."""
        draft = self._draft({})
        for one in self.defaulted:
            if not one.default.references:
                value = compute.default_value(draft, one, {})
                self.fixed[one.key] = self._cell(one, value)
        actor = self.tx.actor
        self.departments = {None: None, actor.id: actor.main_department}
        owners = {cell.value for cell in work.cells.get(OWNER, ()) if cell.value is not None}
        if owners:
            members = self.form.forms.get("_member").table
            query = select(members.c.id, members.c.department).where(members.c.id.in_(owners))
            self.departments |= {row.id: row.department for row in self.tx.connection.execute(query)}

        if needs_of(self.form):
            learn([self._pointing(work)], self.memory)

    def _pointing(self, work: Work) -> Draft:
        """A record that points at everything that the rows of a batch point at: asked for once for all of them."""
        draft = self._draft({})
        draft.touched = set(work.cells)
        for key, cells in work.cells.items():
            one = self.form.fields.get(key)
            if one is not None and key in self.form.subforms:
                draft.values[key] = [{"id": None, **row} for cell in cells for row in cell.value or ()]
            elif one is not None and one.type.target_form(one):
                draft.values[key] = tuple({identity for cell in cells for identity in ids_in(cell.value)})
        return draft

    def plain_rows(self, work: Work) -> list[str]:
        """The columns of new records of a form without formulas and rules, for every row of the batch."""
        size = len(work.raws)
        for one in self.required:
            for number in range(size):
                cell = self._sent(work, number, one)
                if cell is None or cell.value is None:
                    work.wrong(number, self._missing(one))
        parts: list[list[tuple[Any, ...]]] = []
        for one in self.carried:
            fixed = (self.fixed.get(one.key) or self._cell(one, None)).columns
            found = work.cells.get(one.key)
            parts.append([fixed] * size if found is None else [fixed if c.absent else c.columns for c in found])
        if OWNER in work.cells:
            owners = [cell.value for cell in work.cells[OWNER]]
            parts.append([(owner, self.departments.get(owner)) for owner in owners])
            for number, owner in enumerate(owners):
                problem = self._reach("create", owner, self.departments.get(owner))
                if problem is not None:
                    work.wrong(number, problem)
        else:
            owner, department = self.tx.actor.id, self.tx.actor.main_department
            parts.append([(owner, department)] * size)
            problem = self._reach("create", owner, department)
            if problem is not None:
                for number in range(size):
                    work.wrong(number, problem)
        if searched_fields(self.form):
            parts.append([(words,) for words in self._words(work)] if self.search else [(None,)] * size)
        return [encode_cells(list(chain.from_iterable(row))) for row in zip(*parts, strict=True)]

    def _words(self, work: Work) -> list[str]:
        """What each row is found by, as array literals, from the words that its cells carry."""
        size = len(work.raws)
        columns: list[list[str]] = []
        for one in searched_fields(self.form):
            fixed = self.fixed.get(one.key)
            words = inside(field_lexemes(one, fixed.value)) if fixed is not None else ""
            found = work.cells.get(one.key)
            columns.append([words] * size if found is None else [words if c.absent else c.words for c in found])
        return ["{" + ",".join(filter(None, row)) + "}" for row in zip(*columns, strict=True)]

    def judge(self, work: Work, number: int) -> Judged:
        """The columns of a row, or its problems."""
        return self._whole(work, number, work.records.get(number))

    def _sent(self, work: Work, number: int, one: Field) -> Cell | None:
        """The cell of a row for a field, or the field's default where the row does not name it."""
        found = work.cells.get(one.key)
        return self.fixed.get(one.key) if found is None or found[number].absent else found[number]

    def _whole(self, work: Work, number: int, old: Mapping[str, Any] | None) -> Judged:
        """A row that must be looked at as a record: formulas, rules, rows, or an update."""
        form = self.form
        sent = {key: cells[number] for key, cells in work.cells.items() if key in form.fields}
        given = {key: cell.value for key, cell in sent.items() if not cell.absent}
        if old is not None and self.plan.blanks == "keep":
            given = {key: value for key, value in given.items() if value is not None}
        draft = self._draft(old or {})
        draft.record_id = None if old is None else old[ID]
        draft.values = {key: (old or {}).get(key) for key in form.fields} | given
        draft.touched = set(given)
        for key in form.subforms:
            rows = draft.values.get(key) or ()
            if key not in given:
                draft.values[key] = fresh(form.subforms[key], rows)
            else:
                draft.values[key] = [sent_row(form.subforms[key], row, new=old is None) for row in rows]
        compute.defaults(draft)
        self._owner(draft, work, number, old)
        if needs_of(form):
            related(draft)
        else:
            draft.view = dict(draft.values)
        compute.related_defaults(draft)
        system_view(draft)
        compute.formulas(draft)
        try:
            settle(draft)
        except ProblemError as error:  # a locked record is one bad row, not the end of the load
            return Judged(problems=tuple(error.problems))
        compute.required(draft)
        compute.counts(draft)
        compute.choices(draft)
        ranges.hold(draft)
        choosing.hold(draft)
        compute.readonly(draft)
        compute.rules(draft)
        draft.problems += constraints.doubled_rows(draft)
        owner, department = draft.system[OWNER], draft.system[DEPARTMENT]
        problem = self._reach("create" if old is None else "update", owner, department)
        if problem is not None:
            draft.problems.append(problem)
        if draft.problems:
            return Judged(problems=tuple(draft.problems))
        return self._made(draft, old, given)

    def _owner(self, draft: Draft, work: Work, number: int, old: Mapping[str, Any] | None) -> None:
        if OWNER in work.cells:
            owner = work.value(number, OWNER)
        else:
            owner = self.tx.actor.id if old is None else old[OWNER]
        same = old is not None and owner == old[OWNER]
        department = old[DEPARTMENT] if same and old is not None else self.departments.get(owner)
        draft.system = {OWNER: owner, DEPARTMENT: department}

    def _made(self, draft: Draft, old: Mapping[str, Any] | None, given: Mapping[str, Any]) -> Judged:
        cells: list[Any] = []
        for one in self.carried:
            cells += self._cell(one, draft.values.get(one.key)).columns
        cells += [draft.system[OWNER], draft.system[DEPARTMENT]]
        if searched_fields(self.form):
            cells.append(stored(lexemes(self.form, draft.values)) if self.search else None)
        if old is None:
            parts = new_parts(draft)
            extra = "{" + ",".join(f'"{key}":{rows}' for key, rows in parts.items()) + "}"
            return Judged(encode_cells(cells), extra if parts else None)
        before = {one.key: old.get(one.key) for one in self.carried if old.get(one.key) != draft.values.get(one.key)}
        before |= {key: old[key] for key in (OWNER, DEPARTMENT) if old[key] != draft.system[key]}
        before = sealed_values(self.form, before)
        told = {"version": old[VERSION], "old": before, "values": sealed_values(self.form, given)}
        if self.parts:  # rows and links are compared one by one, by the write path
            told["old"] = before | dict.fromkeys(self.parts)
            return Judged(None, encode(told), old[ID])
        return Judged(encode_cells(cells), encode(told), old[ID])

    def _cell(self, one: Field, value: Any) -> Cell:
        columns = one.type.to_columns(value, one)
        return Cell(value, tuple(stored(columns.get(name)) for name in column_names(self.form, one)))

    def _draft(self, old: Mapping[str, Any]) -> Draft:
        return Draft(
            self.tx, self.form, self.policy, "update" if old else "create", {}, old=dict(old), memory=self.memory
        )

    def _reach(self, operation: str, owner: int | None, department: int | None) -> Problem | None:
        """Rows out of the actor's reach by owner and department; other conditions are asked when they are applied."""
        only_scopes = all("scope" in rule for grant in self.policy.having(operation) for rule in grant.rules)
        if allowed_by_owner(self.policy, operation, owner, department) or not only_scopes:
            return None
        message = (
            "You may not add records with this owner" if operation == "create" else "You may not change this record"
        )
        return Problem(f"record.{operation}_denied", OWNER, message, {"form": self.form.label(self.tx.actor.locale)})

    def _missing(self, one: Field) -> Problem:
        label = one.label(self.tx.actor.locale)
        return Problem("record.required", one.key, f"{label} is required", {"label": label})
