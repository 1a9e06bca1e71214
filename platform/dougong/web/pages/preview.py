"""Begin and end a preview: the product as a person or a role sees it."""

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from dougong.identity.roles import list_roles
from dougong.web.i18n import current_locale
from dougong.web.login import safe_next
from dougong.web.preview import Preview, begin_preview, current_preview, end_preview
from dougong.web.request import begin_tx, current_place, require_admin
from dougong.workspace.tables import MEMBER
from engines.form.events import publish
from engines.form.transaction import Transaction
from engines.kernel.labels import label
from engines.kernel.problems import NotFound, Problem

preview_pages = Blueprint("preview", __name__, url_prefix="/preview")


@preview_pages.post("")
def begin() -> ResponseReturnValue:
    """Look as `member` (an id) or as `role` (a key), beginning at `next`. For administrators; it leaves an event."""
    require_admin()
    member, role = request.form.get("member", type=int), request.form.get("role")
    place = current_place()
    with begin_tx() as tx:
        if role:
            chosen = Preview(place.workspace.id, place.member_id, _role(tx, role), role)
        else:
            chosen = _member(tx, place.workspace.id, member)
        publish(tx, "", "preview.began", payload={"member": chosen.member, "role": chosen.role})
    begin_preview(chosen)
    return redirect(safe_next(request.form.get("next")), 303)


@preview_pages.post("/end")
def end() -> ResponseReturnValue:
    """See with one's own eyes again, on the page where the preview stood."""
    lasted = current_preview()
    end_preview()
    back = request.form.get("next") if lasted is not None else None
    return redirect(safe_next(back), 303)


def _member(tx: Transaction, workspace: int, member: int | None) -> Preview:
    query = select(MEMBER.c.id, MEMBER.c.name, MEMBER.c.is_admin).where(MEMBER.c.id == member, MEMBER.c.is_active)
    found = tx.connection.execute(query).one_or_none()
    if found is None:
        raise NotFound(Problem("member.unknown", "member", "There is no such member"))
    return Preview(workspace, found.id, found.name, is_admin=found.is_admin)


def _role(tx: Transaction, key: str) -> str:
    for role in list_roles(tx):
        if role.key == key:
            return label(role.title, current_locale()) or key
    raise NotFound(Problem("role.unknown", "role", f'There is no role "{key}"', {"key": key}))
