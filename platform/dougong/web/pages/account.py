"""One's own account: name, language, password, the browsers that have signed in."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from dougong.identity.accounts import change_password, change_profile
from dougong.identity.sessions import end_sessions_of, list_sessions
from dougong.identity.tokens import digest
from dougong.web.i18n import current_locale, gettext
from dougong.web.limits import SIGN_IN_BY_ACCOUNT, by_session, failed, limiter
from dougong.web.login import safe_next
from dougong.web.problems import translate
from dougong.web.render import done
from dougong.web.request import engine, signed_in
from dougong.web.sessions import BrowserSession
from engines.kernel.labels import LOCALES
from engines.kernel.problems import Problem, Rejected

account_pages = Blueprint("account", __name__, url_prefix="/account")


@account_pages.get("")
def page() -> ResponseReturnValue:
    """The account page."""
    return _page([])


@account_pages.post("/profile")
def profile() -> ResponseReturnValue:
    """Save name and language."""
    who = signed_in()
    locale = request.form.get("locale")
    try:
        with engine().begin() as connection:
            name = request.form.get("name", "")
            change_profile(connection, who.account_id, name=name, locale=locale)
    except Rejected as error:
        return _page(translate(error.problems, current_locale())), 422
    session.pop("locale", None)
    return done(gettext("Saved"), url_for("account.page"))


@account_pages.post("/language")
def language() -> ResponseReturnValue:
    """Choose the language, from the menu of any page."""
    who, wanted = signed_in(), request.form.get("locale", "")
    if wanted in LOCALES:
        with engine().begin() as connection:
            change_profile(connection, who.account_id, name=who.name, locale=wanted)
        session.pop("locale", None)
    return redirect(safe_next(request.form.get("next")), 303)


@account_pages.post("/password")
@limiter.limit(SIGN_IN_BY_ACCOUNT, key_func=by_session, deduct_when=failed)
def password() -> ResponseReturnValue:
    """Change the password; other browsers are signed out."""
    form = request.form
    try:
        with engine().begin() as connection:
            change_password(
                connection,
                signed_in().account_id,
                form.get("old_password", ""),
                form.get("password", ""),
                keep=_token(),
            )
    except Rejected as error:
        return _page(translate(error.problems, current_locale())), 422
    return done(gettext("The password is changed; other browsers were signed out"), url_for("account.page"))


@account_pages.post("/sessions/end")
def end_others() -> ResponseReturnValue:
    """Sign out everywhere else."""
    with engine().begin() as connection:
        end_sessions_of(connection, signed_in().account_id, but=_token())
    return done(gettext("Signed out everywhere else"), url_for("account.page"))


def _page(problems: list[Problem]) -> str:
    with engine().begin() as connection:
        browsers = list_sessions(connection, signed_in().account_id)
    token = _token()
    here = digest(token) if token is not None else b""
    return render_template(
        "account/page.html",
        problems=problems,
        locales=LOCALES,
        browsers=[(agent_name(agent), address, seen, key == here) for agent, address, seen, key in browsers],
    )


def agent_name(agent: str) -> str:
    """Browser and system of a user agent, in the words that people use."""
    browsers = (("Edg/", "Edge"), ("MicroMessenger", "WeChat"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"))
    systems = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"))
    browser = next((name for mark, name in (*browsers, ("Safari/", "Safari")) if mark in agent), "?")
    system = next((name for mark, name in (*systems, ("Mac OS", "macOS"), ("Linux", "Linux")) if mark in agent), "")
    return f"{browser} · {system}" if system else browser


def _token() -> str | None:
    current = session._get_current_object()  # type: ignore[attr-defined]
    return current.token if isinstance(current, BrowserSession) else None
