"""The job of a large export. It writes nothing but its file, so an attempt after a killed one begins anew."""

from collections.abc import Mapping
from typing import Any, Final

from dougong.exports import store
from dougong.exports.making import write_long
from dougong.exports.shelf import file_of, new_file
from dougong.jobs.context import JobContext
from dougong.notify.notices import tell

STEP: Final[Mapping[str, str]] = {"zh-CN": "写入文件", "en": "Writing the file"}


def run(job: JobContext, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write the file of an export, note it in the ledger and tell the one who waits for it."""
    with job.begin(read_only=True) as tx:
        found = store.get_export(tx, params["export"])
    job.actor = found.plan.actor(job.actor)
    path = file_of(job.settings, job.workspace.key, found.id)
    with new_file(path) as file:
        made = write_long(
            lambda: job.begin(read_only=True),
            found.app,
            found.form,
            found.plan,
            file,
            lambda done, total: job.progress(done, total, STEP),
        )
    size = path.stat().st_size
    with job.begin() as tx:
        store.note_done(tx, found.id, made.records, made.lines, size, made.cut)
        title = {"zh-CN": f"可以下载了：{found.name}", "en": f"Ready to download: {found.name}"}
        members = [] if tx.actor.id is None else [tx.actor.id]
        about = {"title": title, "icon": "file-export"}
        tell(tx, members, "export_done", about, link=f"/export/{found.id}", key=f"export:{found.id}")
    return {"export": found.id, "records": made.records, "lines": made.lines, "size": size}
