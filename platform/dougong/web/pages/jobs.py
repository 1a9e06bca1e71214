"""Watching a job: how far it is as JSON and as a progress bar that renews itself, and stopping it."""

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from dougong.jobs.queue import Job, cancel, read_job
from dougong.web.errors import is_htmx
from dougong.web.i18n import current_locale
from dougong.web.login import safe_next
from dougong.web.problems import translate
from dougong.web.request import begin_tx
from engines.kernel.problems import Problem

job_pages = Blueprint("jobs", __name__)


@job_pages.get("/jobs/<int:job_id>")
def page(job_id: int) -> ResponseReturnValue:
    """JSON for scripts; for htmx the bar. `next` is where the page goes when the job is done."""
    with begin_tx(read_only=True) as tx:
        job = read_job(tx, job_id)
    if is_htmx():
        return bar(job, request.args.get("next"))
    return jsonify(job.as_dict())


@job_pages.post("/jobs/<int:job_id>/cancel")
def stop(job_id: int) -> ResponseReturnValue:
    """Ask a job to stop."""
    with begin_tx() as tx:
        job = cancel(tx, job_id)
    return bar(job, request.form.get("next"))


def bar(job: Job, to: str | None) -> str:
    """The bar of a job; include `partials/job.html` in a page for the first one."""
    told = [Problem(one["code"], one["path"], one["message"], one["params"]) for one in job.problems or ()]
    problems = translate(told, current_locale())
    return render_template("partials/job.html", job=job, next=safe_next(to) if to else "", problems=problems)
