"""Looking at the product with another's eyes: an administrator sees every page as a person or as a role, until ended.

It lasts as long as the browser's session says so, for reading only, and only while the administrator is still one:
each request looks anew. Programs with a key never preview.
"""

from dataclasses import dataclass, replace
from typing import Any, Final, cast

from flask import Flask, Response, g, has_request_context, request, session
from sqlalchemy.exc import InternalError

from dougong.identity.access import Access, Place
from dougong.web.access import current_access
from dougong.web.errors import answer, failure
from engines.form.transaction import Actor
from engines.kernel.problems import Forbidden, Problem

KEY: Final = "preview"
READ_ONLY: Final = "25006"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
STILL_ALLOWED: Final = frozenset({"preview.end", "sign_in.leave", "account.language"})
"""What may be sent meanwhile: the way out, and the language of one's own account."""
ASKS: Final = frozenset(
    {
        "choosing.candidates_page",
        "choosing.filled_rows",
        "choosing.judge_again",
        "choosing.pick_fitting",
        "picking.found_for",
        "record_form.live",
        "rows.read_cells",
    }
)
"""What a form asks while it is filled in: sent with all that is typed, and answered without a change. Their
transactions are read only like all others meanwhile."""


@dataclass(frozen=True, slots=True)
class Preview:
    """With whose eyes: a member's, or one's own with a single role and nothing else."""

    workspace: int
    member: int
    name: str
    role: str | None = None
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """A form of the draft that is tried out in the designer, and the member with whose eyes."""

    form: str
    member: int


def begin_trial(form: str, member: int) -> None:
    """What is drawn from here on is a trial: its page says with every request whose eyes it has, and sends no form."""
    g.trial = Trial(form, member)


def drawn_trial() -> Trial | None:
    """The trial whose page is being drawn."""
    return cast(Trial | None, g.get("trial"))


def current_trial() -> Trial | None:
    """The trial that asks; None for anything else. What it asks is read only."""
    form, _, member = request.headers.get("X-Trial", "")[:80].partition(" ") if has_request_context() else ("", "", "")
    return Trial(form, int(member)) if form and member.isascii() and member.isdecimal() else None


def begin_preview(preview: Preview) -> None:
    """From the next request on pages are drawn for them."""
    session[KEY] = {
        "workspace": preview.workspace,
        "member": preview.member,
        "name": preview.name,
        "role": preview.role,
        "is_admin": preview.is_admin,
    }


def end_preview() -> None:
    """See with one's own eyes again."""
    session.pop(KEY, None)


def current_preview() -> Preview | None:
    """The preview of this request; None for programs, for those who are no administrators (any more), elsewhere."""
    who = current_access()
    kept: dict[str, Any] | None = session.get(KEY) if who is not None and who.scopes is None else None
    if kept is None or who is None or who.place is None or not who.place.is_admin:
        return None
    return Preview(**kept) if kept["workspace"] == who.place.workspace.id else None


def place_of(who: Access, place: Place) -> Place:
    """The place as the preview has it."""
    preview = current_preview() if who.scopes is None else None
    return place if preview is None else Place(place.workspace, preview.member, preview.is_admin)


def actor_of(actor: Actor) -> Actor:
    """The actor as the preview has it: with a role, only this role and nobody below."""
    preview = current_preview()
    if preview is None or preview.role is None:
        return actor
    return replace(
        actor,
        roles=frozenset({preview.role}),
        managed_departments=frozenset(),
        subordinates=frozenset(),
        is_admin=False,
    )


def read_only() -> Forbidden:
    """What is said to somebody who tries to change something meanwhile."""
    message = "You are looking with another's eyes: nothing can be changed. End the preview first"
    return Forbidden(Problem("preview.read_only", "", message))


def _read_only_error(error: InternalError) -> Response:
    """A change that a page makes while it is only looked at; the database refused it."""
    looking = current_preview() is not None or current_trial() is not None
    if getattr(error.orig, "sqlstate", None) != READ_ONLY or not looking:
        raise error
    told = read_only()
    return answer(failure(told.status, told.problems))


def _guard() -> None:
    if request.method not in SAFE and request.endpoint not in STILL_ALLOWED | ASKS and current_preview() is not None:
        raise read_only()


def install(app: Flask) -> None:
    """Refuse every change while a preview lasts, and show its banner on every page."""
    app.before_request(_guard)
    app.register_error_handler(InternalError, _read_only_error)
    app.jinja_env.globals["current_preview"] = current_preview
    app.jinja_env.globals["drawn_trial"] = drawn_trial
