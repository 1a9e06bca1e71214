"""Files that rows of a load name: as in a single write, they must be ones that the writer may hand on."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select

from engines.form.bulk.columns import Cell, Column, column_names, inside
from engines.form.bulk.work import Work
from engines.form.derive.sql import record_of
from engines.form.fields.attachment import AttachmentField
from engines.form.fields.base import Context, Field
from engines.form.form import Form
from engines.form.policy.rules import ids as among
from engines.form.search import field_lexemes
from engines.form.transaction import Transaction
from engines.form.write.files import file_fields, handed_on, not_yours, with_facts

Given = tuple[str, Field, dict[str, Any]]
"""The place of a value of a row (`lines[0].qty`), its field and the row."""


def check_files(work: Work, *, words: bool) -> None:
    """Note a problem at every row with a file that is not the writer's; the others take their facts from the store."""
    for one in file_fields(work.form) if work.tx.files is not None else ():
        cells = work.cells.get(one.key, ()) if one.subform is None else ()
        wanted = {file["id"] for cell in cells for file in cell.value or ()}
        known = handed_on(work.tx, work.form, wanted)
        for number, cell in enumerate(cells):
            if cell.value:
                before = {file["id"]: file for file in work.records.get(number, {}).get(one.key) or ()}
                _take(work, one, number, cell, known | before, words)


def check_row_files(work: Work, held: Iterable[tuple[int, Given]]) -> None:
    """The same for files in the rows of new records: where they stand, by the number of the record's row."""
    places = [(number, given) for number, given in held if isinstance(given[1].type, AttachmentField)]
    places = [(number, given) for number, given in places if given[2][given[1].key]]
    if work.tx.files is None or not places:
        return
    known = handed_on(work.tx, work.form, {file["id"] for _, (_, one, row) in places for file in row[one.key]})
    for number, (path, one, row) in places:
        told = with_facts(row[one.key], known)
        if told is None:
            work.wrong(number, not_yours(path, one, row[one.key], known, work.tx.actor.locale))
        else:
            row[one.key] = told


def brings_files(tx: Transaction, form: Form, columns: Collection[str]) -> list[Field]:
    """The fields that hold files among what a load brings, those of sub-forms too."""
    return [one for one in file_fields(form) if tx.files is not None and one.path.partition(".")[0] in columns]


def claim_files(tx: Transaction, form: Form, columns: Collection[str], ids: Iterable[int]) -> None:
    """Note at the files that a load brought in which of these records they stand."""
    records = sorted(set(ids))
    for one in brings_files(tx, form, columns):
        table = form.subforms[one.subform].table if one.subform else form.table
        record = record_of(form, one.subform or "", table)
        file = func.jsonb_array_elements(table.c[one.key]).column_valued("file", joins_implicitly=True)
        query = select(file.op("->>")("id"), record).select_from(table).where(record == among(records))
        standing: dict[str, int] = {row[0]: row[1] for row in tx.connection.execute(query)}
        if tx.files is not None and standing:
            tx.files.claim(tx, form.table.name, one.path, standing)


def _take(work: Work, one: Field, number: int, cell: Cell, known: Mapping[str, Mapping[str, Any]], words: bool) -> None:
    told = with_facts(cell.value, known)
    if told is None:
        work.wrong(number, not_yours(one.key, one, cell.value, known, work.tx.actor.locale))
        return
    if told != tuple(cell.value):
        context, names = Context.of(work.tx), column_names(work.form, one)
        column = Column(work.form, one, context, names, text=work.plan.text, words=words)
        found = inside(field_lexemes(one, told)) if column.words else ""
        work.cells[one.key][number] = replace(cell, value=told, columns=column.written(told), words=found)
        for problem in one.type.check(told, one, context):
            work.wrong(number, problem.under(one.key))
