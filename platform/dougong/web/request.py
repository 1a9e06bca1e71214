"""What pages need to act for the person who asks: the actor and a transaction of the chosen workspace."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from flask import current_app, g, request, session
from sqlalchemy import Engine

from dougong.config import Settings
from dougong.identity.access import Access, Place
from dougong.identity.actors import build_actor
from dougong.web.access import current_access
from dougong.web.i18n import choose_locale
from dougong.web.preview import actor_of, current_preview, current_trial, place_of
from dougong.workspace.transactions import Workspaces
from engines.form.transaction import Actor, Origin, Transaction
from engines.kernel.problems import Forbidden, Problem


def api_sections() -> Sequence[Any]:
    """What describes the parts of the API (see `dougong.web.blueprints`)."""
    return cast(Sequence[Any], current_app.extensions["dougong_api_sections"])


def engine() -> Engine:
    """The engine of the control database, for services of accounts and sign-in."""
    return cast(Engine, current_app.extensions["dougong_engine"])


def site_settings() -> Settings:
    """The settings of the installation."""
    return cast(Settings, current_app.extensions["dougong_settings"])


def external(path: str) -> str:
    """A whole address for a path, to hand over: that of the settings, else the one that this request came to."""
    return (site_settings().base_url or request.host_url).rstrip("/") + path


def workspaces() -> Workspaces:
    """The factory of workspace transactions."""
    return cast(Workspaces, current_app.extensions["dougong_workspaces"])


def signed_in() -> Access:
    """Whose request this is. Raises `Forbidden` before sign-in (pages are guarded, so people do not meet it)."""
    who = current_access()
    if who is None:
        raise Forbidden(Problem("access.sign_in", "", "Sign in first"))
    return who


def current_place() -> Place:
    """The workspace of this request, and as whom (a preview's person while one lasts).

    Raises `Forbidden` for an account without a workspace.
    """
    who = signed_in()
    place = who.place
    if place is None:
        raise Forbidden(
            Problem("access.no_workspace", "", "Your account belongs to no workspace; ask an administrator")
        )
    return place_of(who, place)


def choose_workspace(workspace_id: int) -> None:
    """Go on in another workspace of the account. Raises `Forbidden` for one that it does not belong to."""
    if all(place.workspace.id != workspace_id for place in signed_in().places):
        raise Forbidden(Problem("access.other_workspace", "", "You do not belong to this workspace"))
    session["workspace"] = workspace_id


@contextmanager
def begin_tx(*, read_only: bool = False, origin: Origin | None = None) -> Iterator[Transaction]:
    """A transaction of the signed-in workspace, as the person who asks; committed at the end of the block.

    The person's departments and roles are read once per request, in the first transaction of it.
    """
    place = current_place()
    by_key = signed_in().scopes is not None
    known: Actor | None = g.get("actor")
    read_only = read_only or current_preview() is not None or current_trial() is not None
    first = known or Actor(id=place.member_id, is_admin=place.is_admin)
    begin = workspaces().begin(
        place.workspace, first, origin=origin or ("api" if by_key else "page"), read_only=read_only
    )
    with begin as tx:
        if known is None:
            actor = build_actor(
                tx, place.member_id, is_admin=place.is_admin, locale=choose_locale(), zone=signed_in().zone
            )
            g.actor = actor_of(actor)
        tx.actor = g.actor
        outer, g.open_tx = g.get("open_tx"), tx
        try:
            yield tx
        finally:
            g.open_tx = outer


@contextmanager
def page_tx() -> Iterator[Transaction]:
    """The transaction that the page has open, for what is read beside (menus, counts); else one for reading."""
    opened: Transaction | None = g.get("open_tx")
    if opened is not None:
        yield opened
        return
    with begin_tx(read_only=True) as tx:
        yield tx


def current_actor() -> Actor:
    """The person who asks, as the engines see one. Opens a transaction only where none was open in this request."""
    if g.get("actor") is None:
        with begin_tx(read_only=True):
            pass
    return cast(Actor, g.actor)


def require_admin() -> None:
    """Raise `Forbidden` for everybody but the administrators of the workspace."""
    if not current_place().is_admin:
        raise Forbidden(Problem("access.admin_only", "", "Only administrators of the workspace may do this"))
