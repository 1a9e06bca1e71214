"""Files that rows of a load name: as in a single write, they must be ones that the writer may hand on."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engines.form.bulk.columns import Cell, Column, column_names, inside
from engines.form.bulk.work import Work
from engines.form.fields.attachment import AttachmentField
from engines.form.fields.base import Context, Field
from engines.form.search import field_lexemes
from engines.form.write.files import facts, may_hand_on
from engines.kernel.problems import Problem


def check_files(work: Work, *, words: bool) -> None:
    """Note a problem at every row with a file that is not the writer's; the others take their facts from the store."""
    book = work.tx.files
    for key, cells in work.cells.items():
        one = work.form.fields.get(key)
        if book is None or one is None or not isinstance(one.type, AttachmentField):
            continue
        wanted = {file["id"] for cell in cells for file in cell.value or ()}
        if not wanted:
            continue
        sent = book.known(work.tx, sorted(wanted))
        known = {name: facts(name, f) for name, f in sent.items() if may_hand_on(work.tx, work.form, f)}
        for number, cell in enumerate(cells):
            if cell.value:
                before = {file["id"]: file for file in work.records.get(number, {}).get(key) or ()}
                _take(work, one, number, cell, known | before, words)


def _take(work: Work, one: Field, number: int, cell: Cell, known: Mapping[str, Mapping[str, Any]], words: bool) -> None:
    unknown = [file["id"] for file in cell.value if file["id"] not in known]
    if unknown:
        params = {"label": one.label(work.tx.actor.locale), "ids": unknown}
        work.wrong(number, Problem("attachment.unknown", one.key, "There is no such file, or it is not yours", params))
        return
    told = tuple({**file, **known[file["id"]]} for file in cell.value)
    if told != tuple(cell.value):
        context, names = Context.of(work.tx), column_names(work.form, one)
        column = Column(work.form, one, context, names, text=work.plan.text, words=words)
        found = inside(field_lexemes(one, told)) if column.words else ""
        work.cells[one.key][number] = replace(cell, value=told, columns=column.written(told), words=found)
        for problem in one.type.check(told, one, context):
            work.wrong(number, problem.under(one.key))
