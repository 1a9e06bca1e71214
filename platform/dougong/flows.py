"""Flows in this installation: where their forms come from, how people are told, which events they hear."""

from typing import Any, Final

from dougong.apps import store
from dougong.notify.notices import take_back, tell
from engines.form.events import Consumer
from engines.form.form import Form
from engines.form.transaction import Transaction
from engines.workflow.limits import tell_late
from engines.workflow.notices import Notice
from engines.workflow.runtime import Happened, Runtime
from engines.workflow.versions import flows_of

# What is out of date once a task is closed.
_OPEN_KINDS: Final = ("flow.task", "flow.returned", "flow.late")


def record_url(app: str, form: str, record_id: int, task: int | None = None) -> str:
    """The page of a record, opened for a task where one is given."""
    page = f"/a/{app}/{form}/{record_id}"
    return page if task is None else f"{page}?task={task}"


def runtime() -> Runtime:
    """The workflow engine of this installation."""
    return _RUNTIME


def starts_by_itself(form: Form, event_type: str) -> bool:
    """Whether a flow of the form begins with this type of event: what the consumer `flow` wants to hear."""
    return any(flow.starting_event == event_type for flow in flows_of(form))


def tell_late_tasks(tx: Transaction, app: str) -> int:
    """Tell of every task of an app whose time limit is over and that was not told yet; gives how many."""
    return tell_late(tx, store.forms(tx, app), _notify)


def deliver(tx: Transaction, event: Happened) -> None:
    """What the runner does with an event for flows; the same event twice changes nothing."""
    _RUNTIME.handle_event(tx, event)


def _notify(tx: Transaction, notice: Notice) -> None:
    """Tell everybody but the one who did it, unless it is something to do."""
    asks = notice.kind in ("task", "returned", "late")
    data: dict[str, Any] = {
        "instance": notice.instance_id,
        "title": notice.title,
        "flow": notice.flow_title,
        "node": notice.node_title,
        "comment": notice.comment,
    }
    for member in notice.members:
        if asks or member != notice.by:
            link = record_url(notice.app, notice.form, notice.record_id, notice.tasks.get(member))
            by = "" if member == notice.by else notice.by_name  # nobody asks oneself: the flow started by itself
            tell(tx, [member], f"flow.{notice.kind}", data | {"by": by}, link=link, key=notice.key)


def _settle(tx: Transaction, instance_id: int, members: tuple[int, ...]) -> None:
    take_back(tx, members, _OPEN_KINDS, {"instance": instance_id})


_RUNTIME: Final = Runtime(store.forms, _notify, _settle)
CONSUMER: Final = Consumer("flow", starts_by_itself)
