"""The job that makes a form from a file: its document, its publish, its records."""

from collections.abc import Mapping
from typing import Any, Final

from dougong.apps import drafts
from dougong.apps import store as apps
from dougong.apps.publish import publish
from dougong.designer import forms, new_form
from dougong.imports import store
from dougong.imports.jobs import run_run
from dougong.jobs.context import JobContext
from engines.form.importing.plan import ImportPlan, Target

WORDS: Final[Mapping[str, str]] = {"zh-CN": "创建表单", "en": "Making the form"}


def run(job: JobContext, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Publish a form whose fields are the columns of the import `import`, then load the rows.

    An attempt that was killed is gone on with: a form that is published already is not made again.
    """
    job.progress(0, None, WORDS)
    columns = new_form.read_columns(params["columns"])
    with job.begin(origin="import") as tx:
        found = store.get_import(tx, params["import"])
        document, targets = new_form.form_of(found.form, params["title"], columns)
        current = apps.load(tx, found.app)
        made = current.find("form", found.form) is not None
        number = 0
        if not made:
            draft = drafts.open_draft(tx, found.app, params["title"])
            drafts.put_document(tx, draft, document)
            forms.put_around(tx, draft, current.documents, found.form, params["title"], params["access"])
            number = draft.id
    if not made:
        publish(job.workspaces, job.workspace, job.actor, number, summary=params["title"])
    with job.begin(origin="import") as tx:
        found = store.get_import(tx, params["import"], lock=True)
        if found.state == "staging":
            plan = ImportPlan(tuple(Target(**one) for one in targets))
            store.set_settings(tx, found, plan.stored())
    return run_run(job, {"import": found.id})
