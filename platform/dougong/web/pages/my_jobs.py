"""My jobs: a person's own long work while it runs and afterwards, with what came of it and the way to stop it."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from dougong.jobs.queue import cancel, read_job
from dougong.web.errors import is_htmx
from dougong.web.job_lines import job_lines, lines_of
from dougong.web.request import begin_tx
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem

my_job_pages = Blueprint("my_jobs", __name__, url_prefix="/account/jobs")


@my_job_pages.get("")
def page() -> ResponseReturnValue:
    """The person's newest jobs."""
    with begin_tx(read_only=True) as tx:
        return render_template("account/jobs.html", lines=job_lines(tx))


@my_job_pages.get("/<int:job_id>")
def line(job_id: int) -> ResponseReturnValue:
    """The line of one job, which asks for itself anew while the job is open; as a page, the list."""
    if not is_htmx():
        return redirect(url_for("my_jobs.page"))
    with begin_tx(read_only=True) as tx:
        return _line(tx, job_id)


@my_job_pages.post("/<int:job_id>/cancel")
def stop(job_id: int) -> ResponseReturnValue:
    """Ask a job of one's own to stop."""
    with begin_tx() as tx:
        _own(tx, job_id)
        cancel(tx, job_id)
        return _line(tx, job_id) if is_htmx() else redirect(url_for("my_jobs.page"), 303)


def _own(tx: Transaction, job_id: int) -> None:
    """Raises `NotFound` for a job of somebody else, whom administrators may otherwise look after (`/jobs/<id>`)."""
    if read_job(tx, job_id).member_id != tx.actor.id:
        raise NotFound(Problem("job.unknown", "", f"There is no job {job_id}", {"id": job_id}))


def _line(tx: Transaction, job_id: int) -> str:
    _own(tx, job_id)
    (found,) = lines_of(tx, [read_job(tx, job_id)])
    return render_template("account/_job.html", line=found)
