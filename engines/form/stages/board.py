"""A record's way through its process as a page draws it: what is behind, where it is, where it may go."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from engines.form.calendars.choose import calendar_for, end_of
from engines.form.facts import facts_of
from engines.form.fields.base import Field
from engines.form.fields.stage import Stage
from engines.form.form import Form
from engines.form.policy import Grant, policy_for
from engines.form.query import Record
from engines.form.records import update_record
from engines.form.stages.history import Stay, history_of
from engines.form.stages.known import belongs, may_go, process_of, staged, stages_by_key
from engines.form.stages.tasks import done_tasks, tick_tasks
from engines.form.transaction import Transaction
from engines.form.write.draft import Draft
from engines.form.write.related import related
from engines.formula import Facts
from engines.kernel.problems import Problem, ProblemError

DONE: Final = "done"
HERE: Final = "here"
AHEAD: Final = "ahead"


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of the bar. `open` says whether the definition lets the record go there from where it is."""

    stage: Stage
    color: str | None
    state: str
    open: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """A stage field of a record, drawn. `since` and `due` are those of the present stay."""

    field: Field
    process: str | None
    steps: tuple[Step, ...]
    here: Stage | None
    since: datetime | None
    due: datetime | None
    overdue: bool
    editable: bool
    stays: tuple[Stay, ...]

    @property
    def open_steps(self) -> tuple[Step, ...]:
        """The stages of the way itself."""
        return tuple(one for one in self.steps if not one.stage.closed)

    @property
    def ends(self) -> tuple[Step, ...]:
        """The stages in which it ends."""
        return tuple(one for one in self.steps if one.stage.closed)


def bars_of(tx: Transaction, form: Form, record: Record) -> tuple[Bar, ...]:
    """The bars of a record as its reader may see them."""
    return tuple(bar_of(tx, form, record, one) for one in staged(form) if one.key in record.values and not one.hidden)


def bar_of(tx: Transaction, form: Form, record: Record, field: Field) -> Bar:
    """The bar of one stage field."""
    facts = facts_of(tx, form.forms)
    process = process_of(field, _view(tx, form, record), facts)
    known = stages_by_key(field)
    here = known.get(str(record.values[field.key]))
    stays = history_of(tx, form, record.id, field.key)
    last = stays[-1] if stays and stays[-1].left_at is None else None
    due = None if last is None or here is None else due_of(tx, form, record.id, here, last.entered_at, facts)
    shown = [one for one in known.values() if one is here or (belongs(one, process) and not _gone(field, one))]
    title = next((spec["title"] for spec in field.options.get("processes", ()) if spec["key"] == process), None)
    return Bar(
        field=field,
        process=title,
        steps=tuple(Step(one, _color(field, one), _state(one, here), _open(here, one)) for one in shown),
        here=here,
        since=None if last is None else last.entered_at,
        due=due,
        overdue=due is not None and tx.now > due,
        editable="update" in record.may and field.key in record.editable,
        stays=stays,
    )


def due_of(tx: Transaction, form: Form, record_id: int, stage: Stage, since: datetime, facts: Facts) -> datetime | None:
    """Until when a record may stay in a stage that it entered then; None where it may stay as long as it likes."""
    if stage.days is not None:
        return since + timedelta(days=stage.days)
    if stage.hours is None:
        return None
    calendar = calendar_for(tx, form, record_id, facts, stage.calendar)
    return end_of(calendar, facts, since, Decimal(str(stage.hours)))


def missing(
    tx: Transaction,
    form: Form,
    record_id: int,
    values: Mapping[str, Any],
    grants: tuple[Grant, ...] = (),
    ticked: "tuple[Field, str, tuple[str, ...]] | None" = None,
) -> tuple[Problem, ...]:
    """What stands between a record and these values: the write is tried and taken back. Empty where nothing does."""
    events, wake = len(tx.events), tx.wake
    attempt = tx.connection.begin_nested()
    try:
        if ticked is not None:
            tick_tasks(tx, form, record_id, *ticked)
        update_record(tx, form, record_id, values, grants=grants)
    except ProblemError as error:
        return tuple(error.problems)
    finally:
        attempt.rollback()
        del tx.events[events:]
        tx.wake = wake
    return ()


def ticked_tasks(tx: Transaction, form: Form, record_id: int, field: Field, stage: Stage) -> frozenset[str]:
    """The tasks of a stage that are done."""
    return done_tasks(tx, form, record_id, field, stage.key) if stage.tasks else frozenset()


def _view(tx: Transaction, form: Form, record: Record) -> Mapping[str, Any]:
    """The record for conditions, with what they read of related records."""
    draft = Draft(tx, form, policy_for(tx, form), "update", {}, record.id)
    draft.values = {key: _plain(record.values.get(key)) for key in form.fields}
    related(draft)
    return draft.view


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_plain(one) for one in value)
    number = getattr(value, "id", None)
    return value if number is None else number


def _gone(field: Field, stage: Stage) -> bool:
    option = field.choice(stage.key)
    return option is not None and option.disabled


def _color(field: Field, stage: Stage) -> str | None:
    option = field.choice(stage.key)
    return None if option is None else option.color


def _state(one: Stage, here: Stage | None) -> str:
    if here is None:
        return AHEAD
    if one is here:
        return HERE
    return DONE if one.place < here.place and not one.closed and here.kind in ("open", "won") else AHEAD


def _open(here: Stage | None, to: Stage) -> bool:
    return here is None or to is here or may_go(here, to)
