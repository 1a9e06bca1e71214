"""The job that publishes a draft whose tables are too large to wait for."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from dougong.apps.finish import Progress, Report
from dougong.apps.publish import publish
from dougong.jobs.context import JobContext

SHARES: Final = {"check": (0, 10), "prepare": (10, 60), "finish": (70, 30)}
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "check": {"zh-CN": "检查", "en": "Checking"},
    "prepare": {"zh-CN": "准备数据表", "en": "Preparing tables"},
    "finish": {"zh-CN": "收尾", "en": "Finishing"},
}


def run_publish(job: JobContext, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Publish the draft with the id `draft`, with a progress bar; `summary` says what is new. Raises as `publish`."""
    done = publish(
        job.workspaces, job.workspace, job.actor, params["draft"], _reporter(job), summary=params.get("summary")
    )
    job.progress(100, 100)
    return asdict(done)


def _reporter(job: JobContext) -> Report:
    """A publish's reports as the job's bar. The switch has the workspace to itself, so nothing is written during it:
    the bar's own transaction would wait for it for ever."""

    def report(progress: Progress) -> None:
        if progress.stage in SHARES:
            first, share = SHARES[progress.stage]
            job.progress(first + share * progress.done // max(progress.total, 1), 100, WORDS[progress.stage])

    return report
