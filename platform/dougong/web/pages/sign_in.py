"""The door: signing in and out, joining by a link, choosing a new password, the language before sign-in."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from dougong.identity.accounts import authenticate, find_account, set_password
from dougong.identity.demo import demo_accounts, has_demo
from dougong.identity.invitations import accept, join, may_join, needs_sign_in, workspace_title
from dougong.identity.links import Link, Purpose, read_link, use_link
from dougong.web import login
from dougong.web.access import current_access
from dougong.web.i18n import current_locale, gettext
from dougong.web.limits import SIGN_IN_BY_ACCOUNT, SIGN_IN_BY_ADDRESS, by_account, failed, limiter
from dougong.web.problems import translate
from dougong.web.render import done
from dougong.web.request import choose_workspace, engine, site_settings, workspaces
from engines.kernel.labels import LOCALES
from engines.kernel.problems import Problem, Rejected

sign_in_pages = Blueprint("sign_in", __name__)


@sign_in_pages.get("/sign-in")
@login.public
def page() -> ResponseReturnValue:
    """The sign-in form; somebody who has signed in goes on."""
    if current_access() is not None:
        return redirect(login.safe_next(request.args.get("next")))
    return _form()


@sign_in_pages.post("/sign-in")
@login.public
@limiter.limit(SIGN_IN_BY_ADDRESS, deduct_when=failed)
@limiter.limit(SIGN_IN_BY_ACCOUNT, key_func=by_account, deduct_when=failed)
def enter() -> ResponseReturnValue:
    """Sign in. One answer for a wrong address and a wrong password."""
    email, password = request.form.get("email", ""), request.form.get("password", "")
    with engine().begin() as connection:
        account = authenticate(connection, email, password)
    if account is None:
        message = "This e-mail address and password do not belong together"
        return _form(problems=[Problem("sign_in.wrong", "password", message)], email=email), 422
    session.pop("workspace", None)
    login.sign_in(account.id, remember=bool(request.form.get("remember")))
    return redirect(login.safe_next(request.form.get("next")), 303)


@sign_in_pages.post("/sign-out")
def leave() -> ResponseReturnValue:
    """Sign out in this browser."""
    login.sign_out()
    return done(gettext("You have signed out"), url_for("sign_in.page"), "info")


@sign_in_pages.get("/forgot")
@login.public
def forgot() -> ResponseReturnValue:
    """What to do without the password: there may be no mail server, an administrator makes a link."""
    return render_template("pages/forgot.html")


@sign_in_pages.post("/language")
@login.public
def language() -> ResponseReturnValue:
    """Choose the language of this browser (an account keeps its own, see the account page)."""
    wanted = request.form.get("locale", "")
    if wanted in LOCALES:
        session["locale"] = wanted
    return redirect(login.safe_next(request.form.get("next")), 303)


@sign_in_pages.post("/workspace")
def switch() -> ResponseReturnValue:
    """Go on in another workspace."""
    choose_workspace(request.form.get("workspace", 0, type=int))
    return redirect("/", 303)


@sign_in_pages.get("/join/<token>")
@login.public
def joining(token: str) -> ResponseReturnValue:
    """The page behind an invitation."""
    link = _read("invite", token)
    return _join_form(link, token, {"name": str(link.data.get("name", ""))})


@sign_in_pages.post("/join/<token>")
@login.public
@limiter.limit(SIGN_IN_BY_ADDRESS, deduct_when=failed)
def joined(token: str) -> ResponseReturnValue:
    """Join a workspace: with a new password, or as the account that has signed in."""
    who, form = current_access(), request.form
    link = _read("invite", token)
    if who is not None and may_join(link, who.account_id, who.email):
        workspace_id = join(workspaces(), token, who.account_id, name=who.name)
        session["workspace"] = workspace_id
        return done(gettext("Welcome"), "/")
    try:
        account_id = accept(
            workspaces(),
            token,
            name=form.get("name", ""),
            email=form.get("email", ""),
            password=form.get("password", ""),
        )
    except Rejected as error:
        return _join_form(link, token, form, error.problems), 422
    session["workspace"] = link.workspace_id
    login.sign_in(account_id, remember=False)
    return done(gettext("Welcome"), "/")


@sign_in_pages.get("/reset/<token>")
@login.public
def resetting(token: str) -> ResponseReturnValue:
    """The page behind a link for a new password."""
    link = _read("password", token)
    return render_template("pages/reset.html", token=token, email=link.email, problems=[])


@sign_in_pages.post("/reset/<token>")
@login.public
def reset(token: str) -> ResponseReturnValue:
    """Choose a new password by a link; every browser of the account is signed out."""
    link = _read("password", token)
    try:
        with engine().begin() as connection:
            link = read_link(connection, "password", token, lock=True)
            set_password(connection, int(link.account_id or 0), request.form.get("password", ""))
            use_link(connection, link)
    except Rejected as error:
        told = translate(error.problems, current_locale())
        return render_template("pages/reset.html", token=token, email=link.email, problems=told), 422
    return done(gettext("The new password is set; sign in with it"), url_for("sign_in.page"))


def _form(*, problems: list[Problem] | None = None, email: str = "") -> str:
    settings = site_settings()
    demo = demo_accounts(current_locale()) if settings.is_loopback and settings.demo and _has_demo() else []
    return render_template(
        "pages/sign_in.html",
        next=request.values.get("next", ""),
        problems=translate(problems or [], current_locale()),
        email=email,
        demo=demo,
    )


def _join_form(link: Link, token: str, values: Mapping[str, str], problems: Sequence[Problem] = ()) -> str:
    who, known = current_access(), None
    if link.email is not None:
        with engine().begin() as connection:
            known = find_account(connection, link.email)
            if known is not None and not needs_sign_in(connection, known, link):
                known = None
    return render_template(
        "pages/join.html",
        link=link,
        token=token,
        title=_workspace_title(link),
        values=values,
        problems=translate(problems, current_locale()),
        may_join=who is not None and may_join(link, who.account_id, who.email),
        known=known,
    )


def _has_demo() -> bool:
    with engine().begin() as connection:
        return has_demo(connection)


def _read(purpose: Purpose, token: str) -> Link:
    with engine().begin() as connection:
        return read_link(connection, purpose, token)


def _workspace_title(link: Link) -> str:
    if link.workspace_id is None:
        return ""
    with engine().begin() as connection:
        return workspace_title(connection, link.workspace_id)
