"""The page where an administrator puts the tags of a field in order: what there is, how often, renaming and merging."""

import json
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from dougong.jobs.queue import Job, read_job
from dougong.tags import start_merge
from dougong.web.i18n import current_locale, gettext, ngettext
from dougong.web.problems import stored_problems
from dougong.web.records.locate import list_url, open_form
from dougong.web.render import done
from dougong.web.request import begin_tx, require_admin
from engines.form.form import Form
from engines.form.tags import AT_ONCE, MOST, carrying, merge_tags, tags_of

tag_pages = Blueprint("tags", __name__, url_prefix="/a/<app>/<form>/tags/<key>/all")
tag_pages.before_request(require_admin)


@tag_pages.get("")
def page(app: str, form: str, key: str) -> ResponseReturnValue:
    """Every tag with how many records carry it; `q` narrows down, `job` shows how a large merge is getting on."""
    wanted = request.args.get("q", "")[:60]
    job_id = request.args.get("job", type=int)
    with begin_tx(read_only=True) as tx:
        opened = open_form(tx, app, form)
        found = tags_of(tx, opened, key, wanted, limit=MOST)
        job = read_job(tx, job_id) if job_id is not None else None
        return render_template(
            "records/tags.html",
            app=app,
            locale=current_locale(),
            form=opened,
            field=opened.get(key),
            others=tag_fields(opened),
            tags=[(one, _list(app, form, key, one.key) if one.count else "") for one in found],
            declared={one.key for one in opened.get(key).choices},
            q=wanted,
            job=job,
            told=changed_words(job) if job is not None and not job.is_open else "",
            next=f"{_here(app, form, key)}?job={job_id}",
            here=_here(app, form, key),
        )


@tag_pages.post("")
def merge(app: str, form: str, key: str) -> ResponseReturnValue:
    """Put one tag in the place of those ticked: few records at once, many by a job that this page watches."""
    old, new = request.form.getlist("old")[:MOST], request.form.get("new", "")[:200]
    with begin_tx() as tx:
        opened = open_form(tx, app, form)
        if not old:
            return done(gettext("Tick the tags that are replaced"), _here(app, form, key), "warning")
        if carrying(tx, opened, key, old, new) > AT_ONCE:
            job = start_merge(tx, opened, key, old, new)
            return redirect(f"{_here(app, form, key)}?job={job}", 303)
        changed = merge_tags(tx, opened, key, old, new)
    message = ngettext("One record was changed", "%(num)s records were changed", changed)
    return done(message, _here(app, form, key), "success" if changed else "info")


def tag_fields(form: Form) -> list[Any]:
    """The fields of a form that hold tags."""
    return [one for one in form.fields.values() if one.type.key == "tags"]


def changed_words(job: Job) -> str:
    """What a finished job did, in a sentence; blank where it did not finish."""
    if job.state != "done" or not job.result:
        return ""
    told: str = ngettext("One record was changed", "%(num)s records were changed", job.result["changed"])
    if job.result["kept"]:
        why = stored_problems(job.result["why"], current_locale())[0].message
        told += " · " + gettext("%(num)s stay as they were: %(why)s", num=job.result["kept"], why=why)
    return told


def _list(app: str, form: str, key: str, tag: str) -> str:
    return list_url(app, form, filter=json.dumps({"field": key, "op": "in", "value": [tag]}, ensure_ascii=False))


def _here(app: str, form: str, key: str) -> str:
    return f"/a/{app}/{form}/tags/{key}/all"
