"""The form designer's pages: the forms of an app, the designer of one form, and a trial of the form in the draft."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.routing import MapAdapter

from dougong.apps import store
from dougong.designer import around, compiling, forms, workbench
from dougong.designer.panels import panels
from dougong.designer.telling import kindly
from dougong.identity.actors import build_actor
from dougong.identity.departments import list_departments
from dougong.identity.members import list_members
from dougong.identity.roles import list_roles
from dougong.web.assets import ASSETS
from dougong.web.i18n import current_locale, gettext
from dougong.web.pages import record_form
from dougong.web.preview import begin_trial
from dougong.web.problems import translate
from dougong.web.render import done
from dougong.web.request import begin_tx, current_place, require_admin
from engines.form.policy import policy_for
from engines.form.transaction import Transaction
from engines.kernel.labels import label
from engines.kernel.problems import Rejected

designer_pages = Blueprint("designer", __name__, url_prefix="/design")
designer_pages.before_request(require_admin)
MOST_MEMBERS = 200


@designer_pages.get("")
def apps() -> ResponseReturnValue:
    """The apps of the workspace."""
    with begin_tx(read_only=True) as tx:
        found = [
            {
                "key": app.key,
                "title": label(app.title, current_locale()) or app.key,
                "forms": len(store.forms(tx, app.key).own()),
            }
            for app in store.apps(tx)
        ]
    if len(found) == 1:
        return redirect(url_for("designer.overview", app=found[0]["key"]))
    return render_template("designer/apps.html", apps=found)


@designer_pages.get("/<app>")
def overview(app: str) -> ResponseReturnValue:
    """The forms of an app."""
    return _overview(app)


@designer_pages.post("/<app>")
def make(app: str) -> ResponseReturnValue:
    """A new form, then its designer."""
    title = request.form.get("title", "").strip()
    try:
        with begin_tx() as tx:
            key = forms.new_form(tx, app, title, request.form.get("access", ""))  # type: ignore[arg-type]
    except Rejected as error:
        return _overview(app, translate(error.problems, current_locale()), title), 422
    return done("", url_for("designer.design", app=app, key=key))


@designer_pages.post("/<app>/form/<key>/remove")
def remove(app: str, key: str) -> ResponseReturnValue:
    """Take a form out with the next publish."""
    with begin_tx() as tx:
        was_new = workbench.open_form(tx, app, key).published is None
        forms.remove_form(tx, app, key)
    text = gettext("The form is gone") if was_new else gettext("The form goes with the next publish")
    return done(text, url_for("designer.overview", app=app))


@designer_pages.post("/<app>/form/<key>/reset")
def reset(app: str, key: str) -> ResponseReturnValue:
    """Take back what was changed in a form since the last publish."""
    with begin_tx() as tx:
        forms.reset_form(tx, app, key)
    return done(gettext("The form is as it was published"), url_for("designer.overview", app=app))


@designer_pages.get("/<app>/form/<key>")
def design(app: str, key: str) -> ResponseReturnValue:
    """The designer of one form."""
    locale = current_locale()
    with begin_tx(read_only=True) as tx:
        opened = workbench.open_form(tx, app, key)
        app_key = store.app_key(tx, app)
        boot = {
            "app": app_key,
            "form": key,
            "me": tx.actor.id,
            "workspace": tx.workspace,
            "panels": panels(locale),
            "icons": sorted(ASSETS.icons),
            "links": _links(app_key, key),
            **form_state(tx, app_key, opened),
        }
        title = label(opened.document.get("title", key), locale)
        return render_template("designer/form.html", app=app_key, key=key, title=title, boot=boot)


@designer_pages.get("/<app>/form/<key>/try")
def try_out(app: str, key: str) -> ResponseReturnValue:
    """The form of the draft as a member (`?as=7`) would meet it. Nothing can be saved here."""
    with begin_tx(read_only=True) as tx:
        form = compiling.draft_form(tx, app, key)
        person = request.args.get("as", type=int) or current_place().member_id
        if person != tx.actor.id:
            tx.actor = replace(build_actor(tx, person, locale=current_locale(), zone=tx.actor.zone))
        if not policy_for(tx, form).may("create"):
            return render_template("designer/denied.html", name=tx.actor.name)
        begin_trial(form.key, person)
        return record_form.empty_page(tx, form)


def _links(app: str, key: str) -> dict[str, str]:
    """The pages around the designer that this installation has."""
    wanted = {
        "plan": f"/design/{app}/plan",
        "revisions": f"/design/{app}/revisions",
        "where_used": f"/design/{app}/where-used",
        "records": f"/a/{app}/{key}",
    }
    adapter = current_app.url_map.bind("")
    return {name: url for name, url in wanted.items() if _exists(adapter, url)}


def _exists(adapter: MapAdapter, url: str) -> bool:
    return adapter.test(url, "GET")


def form_state(tx: Transaction, app: str, opened: workbench.Opened) -> dict[str, Any]:
    """What the designer needs to know of the form and what is around it."""
    locale = current_locale()
    members, _ = list_members(tx, limit=MOST_MEMBERS)
    return {
        "document": opened.document,
        "seen": opened.seen,
        "published": opened.published,
        "conflicts": [one.as_dict() for one in opened.conflicts],
        "problems": [one.as_dict() for one in translate(kindly(workbench.problems_of(tx, app, opened.key)), locale)],
        "changed": len(workbench.changed_forms(tx, app)),
        "forms": around.forms_around(opened.documents),
        "system": around.system_names(locale),
        **around.named_around(opened.documents),
        "departments": [{"key": one.key, "title": one.name} for one in list_departments(tx) if one.key],
        "roles": [{"key": one.key, "title": one.title} for one in list_roles(tx)],
        "option_sets": [
            {"key": name, "title": body.get("title", name), "choices": around.choices_whole(body.get("choices", ()))}
            for (kind, name), body in opened.documents.items()
            if kind == "option_set"
        ],
        "members": [{"id": one.id, "name": one.name} for one in members],
    }


def _overview(app: str, problems: Any = (), title: str = "") -> str:
    with begin_tx(read_only=True) as tx:
        key = store.app_key(tx, app)
        found = next(one for one in store.apps(tx) if one.key == key)
        return render_template(
            "designer/overview.html",
            app=key,
            app_title=label(found.title, current_locale()) or key,
            forms=forms.list_forms(tx, key),
            problems=problems,
            typed=title,
            changed=workbench.find(tx, key) is not None,
        )
