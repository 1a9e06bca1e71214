"""The jobs of the template centre: install with a progress bar, remove, sample data."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from dougong.apps import store
from dougong.apps.finish import Progress, Report
from dougong.identity.roles import ensure_role, list_roles
from dougong.jobs.context import JobContext
from dougong.packs.install import install, remove
from dougong.packs.library import Library, Pack
from dougong.packs.sample import load_sample, remove_sample
from dougong.workspace.tables import ROLE_MEMBER
from engines.form.transaction import Transaction
from engines.kernel.problems import Forbidden, Problem

STAGES = ("check", "prepare", "switch", "finish")
PUBLISH_SHARE = 80  # of the bar's 100; the rest is sample data

WORDS: Mapping[str, Mapping[str, str]] = {
    "check": {"zh-CN": "检查模板", "en": "Checking the templates"},
    "prepare": {"zh-CN": "准备数据表", "en": "Preparing tables"},
    "switch": {"zh-CN": "创建表单", "en": "Making the forms"},
    "finish": {"zh-CN": "收尾", "en": "Finishing"},
    "sample": {"zh-CN": "写入示例数据", "en": "Writing sample data"},
    "remove": {"zh-CN": "移除示例数据", "en": "Removing sample data"},
}


def run_install(job: JobContext, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Install `keys` into `app` (made if missing, `title`), with sample data if `sample`."""
    library = Library()
    app = params["app"]
    published, packs = install(
        job.workspaces,
        job.workspace,
        job.actor,
        library,
        params["keys"],
        app=app,
        title=params.get("title", ""),
        report=reporter(job),
    )
    with job.begin(origin="pack") as tx:
        know_roles(tx, packs)
    made = 0
    if params.get("sample"):
        job.progress(PUBLISH_SHARE, 100, WORDS["sample"])
        with job.begin(origin="pack") as tx:
            made = load_sample(tx, store.forms(tx, app), packs)
            job.report(tx, 99, 100, WORDS["sample"])
    job.progress(100, 100)
    return {"app": app, "revision": published.revision, "packs": [pack.key for pack in packs], "sample": made}


def run_remove(job: JobContext, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take `keys` out of `app`."""
    published = remove(
        job.workspaces, job.workspace, job.actor, params["keys"], app=params["app"], report=reporter(job)
    )
    job.progress(100, 100)
    return {"app": params["app"], "revision": published.revision}


def run_sample(job: JobContext, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Sample data of `app`: `action` is `load`, `remove` or `reset`. Own records stay."""
    if not job.actor.is_admin:
        raise Forbidden(Problem("sample.admin_only", "", "Only administrators change sample data"))
    action, app = params["action"], params["app"]
    result: dict[str, Any] = {"app": app}
    with job.begin(origin="pack") as tx:
        forms = store.forms(tx, app)
        if action in ("remove", "reset"):
            job.report(tx, 10, 100, WORDS["remove"])
            removed = remove_sample(tx, forms)
            result |= {"removed": removed.removed, "kept": removed.kept}
        if action in ("load", "reset"):
            job.report(tx, 50, 100, WORDS["sample"])
            library = Library()
            here, known = store.load_layers(tx, app).packs, set(library.keys())
            packs = library.closure(layer.key for layer in here if layer.key in known)
            result["sample"] = load_sample(tx, forms, packs)
    job.progress(100, 100)
    return result


def reporter(job: JobContext) -> Report:
    """A publish's reports as the job's bar, each stage its share.

    The switch has the workspace to itself: the bar's own transaction would wait for it, and it for the bar.
    """

    def report(progress: Progress) -> None:
        if progress.stage == "switch":
            return
        stage = STAGES.index(progress.stage) if progress.stage in STAGES else len(STAGES)
        share = PUBLISH_SHARE / len(STAGES)
        done = min(PUBLISH_SHARE, int(share * (stage + progress.done / max(progress.total, 1))))
        job.progress(done, 100, WORDS.get(progress.stage))

    return report


def know_roles(tx: Transaction, packs: list[Pack]) -> None:
    """Make the packs' roles known to the workspace, so that people can be given them; nobody loses one."""
    known = {role.key for role in list_roles(tx)}
    taken = set(tx.connection.scalars(select(ROLE_MEMBER.c.role).distinct()))
    for pack in packs:
        for (kind, key), document in pack.layer.documents.items():
            if kind == "role" and key not in known | taken:
                ensure_role(tx, key, document["title"])
                known.add(key)
