"""Sign-in by Flask-Login, and the guard before every page: what is not marked public needs an account."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, login_user, logout_user

from dougong.identity.access import Access
from dougong.web.access import current_access
from dougong.web.errors import answer, failure, is_htmx, wants_json
from engines.kernel.problems import Problem

View = TypeVar("View", bound=Callable[..., Any])


class User(UserMixin):
    """What Flask-Login keeps: the account of this request."""

    def __init__(self, account_id: int) -> None:
        self.id = str(account_id)


def public(view: View) -> View:
    """Mark a view that needs no account."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def sign_in(account_id: int, *, remember: bool) -> None:
    """Make this browser the account's from now on (the session gets a fresh token when the answer is sent)."""
    session["remember"] = remember
    login_user(User(account_id))


def sign_out() -> None:
    """Forget the account in this browser; the session ends on the server too."""
    logout_user()


def safe_next(target: str | None) -> str:
    """Where to go after sign-in: a path of this site only, else the start page."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return "/"
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc and "\\" not in target else "/"


def _load(user_id: str) -> User | None:
    who: Access | None = current_access()
    return User(who.account_id) if who is not None and str(who.account_id) == user_id else None


def unauthorized() -> ResponseReturnValue:
    """The answer to somebody who has not signed in."""
    if wants_json():
        return answer(failure(401, [Problem("access.sign_in", "", "Sign in first")]))
    wanted = request.full_path.rstrip("?") if request.method == "GET" and not is_htmx() else None
    address = url_for("sign_in.page", next=wanted if wanted not in (None, "/") else None)
    if is_htmx():
        response = Response(status=204)
        response.headers["HX-Redirect"] = address
        return response
    return redirect(address)


def _guard() -> ResponseReturnValue | None:
    if request.endpoint is None or request.endpoint == "static":
        return None
    view = current_app.view_functions.get(request.endpoint)
    if getattr(view, "is_public", False) or current_access() is not None:
        return None
    return unauthorized()


def install(app: Flask) -> None:
    """Guard every page of the application."""
    manager = LoginManager()
    manager.session_protection = None  # the token is random and kept in an HttpOnly cookie; addresses change on phones
    manager.user_loader(_load)
    manager.unauthorized_handler(unauthorized)
    manager.init_app(app)
    app.before_request(_guard)
