"""What people do with a record in a flow: submit, approve, reject, return, withdraw; each with a dialog for the words.

The panel itself stands on the record's page (`flow/_panel.html`, made by `flow_panel`). A refused action shows its
problems in its dialog; a done one leads back to the record, or to the to-do list where the record is out of sight now.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from dougong.apps import store
from dougong.flows import record_url, runtime
from dougong.jobs.consumers import connect
from dougong.web.errors import is_htmx
from dougong.web.flow_panel import Panel, flow_panel
from dougong.web.i18n import current_locale, gettext
from dougong.web.problems import translate
from dougong.web.render import done
from dougong.web.request import begin_tx
from engines.form.form import Form
from engines.form.query import exists_for, get_record
from engines.form.transaction import Transaction
from engines.kernel.problems import Conflict, Forbidden, NotFound, Problem, ProblemError
from engines.workflow.access import grants_for
from engines.workflow.runtime import Result
from engines.workflow.story import Task, find_task

flow_pages = Blueprint("flows", __name__, url_prefix="/flow")
flow_pages.record_once(lambda _: connect())


@flow_pages.get("/<app>/<form>/<int:record_id>")
def panel(app: str, form: str, record_id: int) -> ResponseReturnValue:
    """The approval panel of a record: a fragment for htmx, else a page of its own."""
    with begin_tx(read_only=True) as tx:
        opened = store.forms(tx, app).get(form)
        record = get_record(tx, opened, record_id, grants=grants_for(tx, opened, record_id))
        template = "flow/_panel.html" if is_htmx() else "flow/page.html"
        return render_template(template, panel=flow_panel(tx, opened, record), title=record.title)


@flow_pages.get("/<app>/<form>/<int:record_id>/submit")
def ask_submit(app: str, form: str, record_id: int) -> ResponseReturnValue:
    """The dialog before submitting (again)."""
    with begin_tx(read_only=True) as tx:
        seen = _panel(tx, store.forms(tx, app).get(form), record_id)
        return _dialog(seen, "submit", f"/flow/{app}/{form}/{record_id}/submit")


@flow_pages.post("/<app>/<form>/<int:record_id>/submit")
def submit(app: str, form: str, record_id: int) -> ResponseReturnValue:
    """Submit a record, or submit it again."""
    flow = request.form.get("flow") or None

    def work(tx: Transaction) -> Result:
        return runtime().submit(tx, store.forms(tx, app).get(form), record_id, flow=flow, comment=_comment())

    return _done(work, app, form, record_id, "submit")


@flow_pages.get("/tasks/<int:task_id>")
def open_task(task_id: int) -> ResponseReturnValue:
    """Note that a task was seen and go to its record, opened for it."""
    with begin_tx() as tx:
        task = _my_task(tx, task_id)
        runtime().read(tx, task_id)
    return redirect(record_url(task.app, task.form, task.record_id, task_id), 303)


@flow_pages.get("/tasks/<int:task_id>/<action>")
def ask_answer(task_id: int, action: str) -> ResponseReturnValue:
    """The dialog before an answer."""
    with begin_tx(read_only=True) as tx:
        task = _my_task(tx, task_id)
        over = Conflict(Problem("flow.task_over", "", "This task is closed or does not offer this"))
        if task.state != "open":
            raise over
        seen = _panel(tx, store.forms(tx, task.app).get(task.form), task.record_id, task_id)
        if seen.mine is None or action not in seen.actions:
            raise over
        return _dialog(seen, action, f"/flow/tasks/{task_id}/{action}")


@flow_pages.post("/tasks/<int:task_id>/<action>")
def answer(task_id: int, action: str) -> ResponseReturnValue:
    """Answer a task."""
    with begin_tx(read_only=True) as tx:
        task = _my_task(tx, task_id)

    def work(tx: Transaction) -> Result:
        return runtime().act(tx, task_id, action, _comment(), to=request.form.get("to") or None)

    return _done(work, task.app, task.form, task.record_id, action, task_id)


@flow_pages.get("/<app>/<form>/<int:record_id>/withdraw")
def ask_withdraw(app: str, form: str, record_id: int) -> ResponseReturnValue:
    """The dialog before withdrawing."""
    with begin_tx(read_only=True) as tx:
        seen = _panel(tx, store.forms(tx, app).get(form), record_id)
        return _dialog(seen, "withdraw", f"/flow/{app}/{form}/{record_id}/withdraw")


@flow_pages.post("/<app>/<form>/<int:record_id>/withdraw")
def withdraw(app: str, form: str, record_id: int) -> ResponseReturnValue:
    """Take a record back."""

    def work(tx: Transaction) -> Result:
        standing = _panel(tx, store.forms(tx, app).get(form), record_id).standing
        if standing is None:
            raise NotFound(Problem("flow.no_instance", "", "There is no such approval", {"id": record_id}))
        return runtime().withdraw(tx, standing.instance_id, _comment())

    return _done(work, app, form, record_id, "withdraw")


def _done(
    work: Callable[[Transaction], Result], app: str, form: str, record_id: int, action: str, task_id: int | None = None
) -> ResponseReturnValue:
    """Do it and go back to the record, or show in the dialog what is wrong."""
    try:
        with begin_tx() as tx:
            result = work(tx)
    except ProblemError as error:
        return _refused(error, app, form, record_id, action, task_id)
    with begin_tx(read_only=True) as tx:
        seen = exists_for(tx, store.forms(tx, app).get(form), record_id)
    return done(_said(action, result), record_url(app, form, record_id) if seen else "/todo")


def _said(action: str, result: Result) -> str:
    """What the page says afterwards."""
    if action == "submit" and result.status != "approved":
        return str(gettext("Submitted for approval."))
    words = {"reject": gettext("Rejected."), "return": gettext("Returned."), "withdraw": gettext("Withdrawn.")}
    return str(words.get(action) or gettext("Approved."))


def _refused(
    error: ProblemError, app: str, form: str, record_id: int, action: str, task_id: int | None
) -> ResponseReturnValue:
    with begin_tx(read_only=True) as tx:
        try:
            seen = _panel(tx, store.forms(tx, app).get(form), record_id, task_id)
        except (NotFound, Forbidden):  # out of sight by now: what was refused is what the person wants to know
            raise error from None
        url = f"/flow/tasks/{task_id}/{action}" if task_id else f"/flow/{app}/{form}/{record_id}/{action}"
        problems = translate(error.problems, current_locale())
        return Response(_dialog(seen, action, url, problems), error.status)


def _panel(tx: Transaction, form: Form, record_id: int, task_id: int | None = None) -> Panel:
    grants = grants_for(tx, form, record_id, task_id)
    return flow_panel(tx, form, get_record(tx, form, record_id, grants=grants))


def _dialog(seen: Panel, action: str, url: str, problems: Any = ()) -> str:
    comment = seen.flow.nodes[seen.mine.node].options.get("comment", ()) if seen.flow and seen.mine else ()
    return render_template(
        "flow/answer.html",
        panel=seen,
        action=action,
        url=url,
        problems=problems,
        needs_comment=action in comment,
        comment=request.form.get("comment", ""),
    )


def _my_task(tx: Transaction, task_id: int) -> Task:
    task = find_task(tx, task_id)
    if task is None or task.member_id != tx.actor.id:
        raise NotFound(Problem("flow.no_task", "", "There is no such task, or it is not yours", {"id": task_id}))
    return task


def _comment() -> str:
    return request.form.get("comment", "")
