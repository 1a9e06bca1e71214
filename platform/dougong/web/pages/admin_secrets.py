"""Secrets of the workspace for connectors, for administrators: kept, replaced, removed, never shown."""

from collections.abc import Sequence

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dougong.identity.members import member_names
from dougong.vault.box import Box
from dougong.vault.secrets import forget_secret, keep_secret, list_secrets
from dougong.web.i18n import current_locale, gettext
from dougong.web.problems import translate
from dougong.web.render import done
from dougong.web.request import begin_tx, require_admin
from engines.kernel.problems import Problem, Rejected

admin_secret_pages = Blueprint("admin_secrets", __name__, url_prefix="/admin/secrets")
admin_secret_pages.before_request(require_admin)


def box() -> Box:
    """What seals and opens in this installation."""
    found: Box = current_app.extensions["dougong_box"]
    return found


@admin_secret_pages.get("")
def page() -> ResponseReturnValue:
    """The names of all secrets, and the form for a new one."""
    return _page()


@admin_secret_pages.post("")
def keep() -> ResponseReturnValue:
    """Keep a secret; one of the same name is replaced."""
    try:
        with begin_tx() as tx:
            keep_secret(tx, box(), request.form.get("key", "").strip(), request.form.get("value", ""))
    except Rejected as error:
        return _page(translate(error.problems, current_locale())), 422
    return done(gettext("The secret is kept; nobody can read it here again"), url_for("admin_secrets.page"))


@admin_secret_pages.post("/<key>/remove")
def remove(key: str) -> ResponseReturnValue:
    """Remove a secret."""
    with begin_tx() as tx:
        forget_secret(tx, key)
    return done(gettext("The secret is removed"), url_for("admin_secrets.page"))


def _page(problems: Sequence[Problem] = ()) -> str:
    with begin_tx(read_only=True) as tx:
        kept = list_secrets(tx)
        names = member_names(tx, (one.changed_by for one in kept))
        key = request.form.get("key", "") if problems else ""
        return render_template("admin/secrets.html", kept=kept, names=names, problems=problems, key=key)
