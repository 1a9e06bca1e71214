"""Watching a job: how far it is as JSON and as a progress bar that renews itself, and stopping it."""

from collections.abc import Mapping

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dougong.jobs.queue import Job, cancel, read_job
from dougong.web.errors import is_htmx
from dougong.web.i18n import current_locale
from dougong.web.login import safe_next
from dougong.web.problems import stored_problems
from dougong.web.request import begin_tx

job_pages = Blueprint("jobs", __name__)


@job_pages.get("/jobs/<int:job_id>")
def page(job_id: int) -> ResponseReturnValue:
    """JSON for scripts; for htmx the bar; a person who opens the address comes to the page of the own jobs.

    `next` is where the page goes when the job is done, at once with `follow`.
    """
    with begin_tx(read_only=True) as tx:
        job = read_job(tx, job_id)
    if is_htmx():
        return bar(job, request.args)
    if request.accept_mimetypes.best == "text/html":
        return redirect(url_for("my_jobs.page", _anchor=f"job-{job.id}"))
    return jsonify(job.as_dict())


@job_pages.post("/jobs/<int:job_id>/cancel")
def stop(job_id: int) -> ResponseReturnValue:
    """Ask a job to stop."""
    with begin_tx() as tx:
        job = cancel(tx, job_id)
    return bar(job, request.form)


def bar(job: Job, asked: Mapping[str, str]) -> ResponseReturnValue:
    """The bar of a job; include `partials/job.html` in a page for the first one."""
    to = safe_next(asked["next"]) if asked.get("next") else ""
    follow = bool(to and asked.get("follow"))
    if follow and not job.is_open:
        return Response(status=204, headers={"HX-Redirect": to})
    problems = stored_problems(job.problems, current_locale())
    return render_template("partials/job.html", job=job, next=to, follow=follow, problems=problems)
