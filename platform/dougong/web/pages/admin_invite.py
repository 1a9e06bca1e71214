"""Inviting people by a pasted list or by a link."""

from collections.abc import Sequence

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dougong.identity.departments import list_departments
from dougong.identity.invitations import Invited, invite, open_invitation
from dougong.identity.roles import list_roles
from dougong.web.i18n import current_locale
from dougong.web.problems import translate
from dougong.web.request import begin_tx, current_place, engine, external, require_admin
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem, Rejected

admin_invite_pages = Blueprint("admin_invite", __name__, url_prefix="/admin/invite")
admin_invite_pages.before_request(require_admin)


@admin_invite_pages.get("")
def page() -> ResponseReturnValue:
    """Both ways to invite."""
    with begin_tx(read_only=True) as tx:
        return _page(tx)


@admin_invite_pages.post("")
def invite_list() -> ResponseReturnValue:
    """Add everybody of the list, or nobody and say what is wrong in which line."""
    try:
        with begin_tx() as tx:
            invited = invite(
                tx,
                engine(),
                current_place().workspace,
                request.form.get("people", ""),
                department_id=request.form.get("department", type=int),
            )
            return _page(tx, invited=invited)
    except Rejected as error:
        with begin_tx(read_only=True) as tx:
            return _page(tx, problems=translate(error.problems, current_locale())), 422


@admin_invite_pages.post("/link")
def invite_link() -> ResponseReturnValue:
    """A link that lets in whoever has it."""
    with begin_tx(read_only=True) as tx:
        token = open_invitation(
            tx,
            engine(),
            current_place().workspace,
            department_id=request.form.get("department", type=int),
            role=request.form.get("role") or None,
        )
        return _page(tx, link=external(url_for("sign_in.joining", token=token)))


def _page(tx: Transaction, *, problems: Sequence[Problem] = (), invited: Sequence[Invited] = (), link: str = "") -> str:
    return render_template(
        "admin/invite.html",
        departments=list_departments(tx),
        roles=list_roles(tx),
        problems=problems,
        invited=[(each, _link(each)) for each in invited],
        link=link,
        text=request.form.get("people", "") if problems else "",
    )


def _link(invited: Invited) -> str:
    return external(url_for("sign_in.joining", token=invited.token)) if invited.token else ""
