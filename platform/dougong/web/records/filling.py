"""The record that a page is filling in: which one it is, what its person may do with it, what the inputs hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from dougong.web.numbers import read_number
from dougong.web.records.posted import read_posted
from engines.form.form import Form
from engines.form.policy import Grant
from engines.form.query import Record, get_record
from engines.form.transaction import Transaction
from engines.workflow.access import grants_for


@dataclass(frozen=True, slots=True)
class Filling:
    """`record` is the stored one (`_record` names it), None for a new one; `given` is what the inputs hold now."""

    record: Record | None
    grants: tuple[Grant, ...]
    given: Mapping[str, Any]

    @property
    def id(self) -> int | None:
        """The number of the stored record."""
        return self.record.id if self.record is not None else None


def read_filling(tx: Transaction, form: Form) -> Filling:
    """What a page that asks something with its inputs is filling in. Raises `NotFound` for a record out of sight."""
    number = read_number(request.form.get("_record"))
    grants = record_grants(tx, form, number) if number is not None else ()
    record = get_record(tx, form, number, grants=grants) if number is not None else None
    return Filling(record, grants, read_posted(form, request.form, blank_rows=True))


def record_grants(tx: Transaction, form: Form, record_id: int) -> tuple[Grant, ...]:
    """What the person's open tasks give on a record; only the task for which the page is opened lets edit."""
    return grants_for(tx, form, record_id, request.args.get("task", type=int))
