"""A job that does nothing but count: what operators and tests try the machinery with."""

import time
from collections.abc import Mapping
from typing import Any

from dougong.jobs.context import JobContext


def run(job: JobContext, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Count to `steps`, sleeping `pause` seconds before each; gives back how far this attempt began and ended."""
    steps = int(params.get("steps", 10))
    first = job.done
    for step in range(first + 1, steps + 1):
        time.sleep(float(params.get("pause", 0)))
        job.progress(step, steps)
    return {"from": first, "to": steps}
