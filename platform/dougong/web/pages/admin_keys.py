"""Keys of programs, for administrators."""

from collections.abc import Sequence

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dougong.identity.keys import SCOPES, create_key, list_keys, revoke_key
from dougong.identity.members import member_names
from dougong.web.i18n import current_locale, gettext, lazy_gettext
from dougong.web.problems import translate
from dougong.web.render import done
from dougong.web.request import begin_tx, current_place, engine, require_admin
from engines.kernel.problems import Problem, Rejected

admin_key_pages = Blueprint("admin_keys", __name__, url_prefix="/admin/keys")
admin_key_pages.before_request(require_admin)
SCOPE_WORDS = {
    "records:read": lazy_gettext("Read records and run queries"),
    "records:write": lazy_gettext("Create, change and delete records"),
    "tasks:write": lazy_gettext("Work on tasks of approvals"),
    "reports:read": lazy_gettext("Run reports"),
    "metadata:read": lazy_gettext("Read forms, flows and reports as documents"),
    "metadata:write": lazy_gettext("Change and publish documents"),
    "members:read": lazy_gettext("Read members and departments"),
}


@admin_key_pages.get("")
def page() -> ResponseReturnValue:
    """Every key, and the form for a new one."""
    return _page()


@admin_key_pages.post("")
def create() -> ResponseReturnValue:
    """A new key, shown this one time. It acts as the administrator who makes it, within its scopes."""
    form, place = request.form, current_place()
    try:
        with engine().begin() as connection:
            token = create_key(
                connection,
                place.workspace.id,
                place.member_id,
                form.get("title", ""),
                form.getlist("scopes"),
                days=form.get("days", type=int),
            )
    except Rejected as error:
        return _page(problems=translate(error.problems, current_locale())), 422
    return _page(token=token)


@admin_key_pages.post("/<int:key_id>/revoke")
def revoke(key_id: int) -> ResponseReturnValue:
    """Make a key useless at once."""
    with engine().begin() as connection:
        revoke_key(connection, current_place().workspace.id, key_id)
    return done(gettext("The key no longer opens anything"), url_for("admin_keys.page"))


def _page(*, problems: Sequence[Problem] = (), token: str = "") -> str:
    with engine().begin() as connection:
        keys = list_keys(connection, current_place().workspace.id)
    with begin_tx(read_only=True) as tx:
        names = member_names(tx, (one.member_id for one in keys))
        return render_template(
            "admin/keys.html",
            keys=keys,
            names=names,
            scopes=[(scope, SCOPE_WORDS[scope]) for scope in SCOPES],
            words=SCOPE_WORDS,
            problems=problems,
            token=token,
            values=request.form,
        )
