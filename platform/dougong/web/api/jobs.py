"""`/api/v1`: the caller's jobs: how far they are, and stopping them."""

from flask import Blueprint, Response

from dougong.jobs import queue
from dougong.web.api.base import answer
from dougong.web.request import begin_tx

jobs_api = Blueprint("jobs_api", __name__, url_prefix="/api/v1")


@jobs_api.get("/jobs")
def jobs() -> Response:
    """The newest jobs of the caller."""
    with begin_tx(read_only=True) as tx:
        return answer({"items": [job.as_dict() for job in queue.list_jobs(tx)]})


@jobs_api.get("/jobs/<int:job_id>")
def job(job_id: int) -> Response:
    """One job: state, `done` of `total`, result or problems."""
    with begin_tx(read_only=True) as tx:
        return answer(queue.read_job(tx, job_id).as_dict())


@jobs_api.delete("/jobs/<int:job_id>")
def cancel(job_id: int) -> Response:
    """Ask a job to stop."""
    with begin_tx() as tx:
        return answer(queue.cancel(tx, job_id).as_dict())
