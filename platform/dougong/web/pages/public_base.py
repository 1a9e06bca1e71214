"""What every public page shares: a stranger's transaction, the visitor's cookie, its own check of posts, plain pages.

Nobody's session is looked at here: a signed cookie names the visitor and the sealed text in each page names the same
visitor (double submit), so that no other site can send for somebody.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final, ParamSpec

import redis
from flask import Blueprint, Response, current_app, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale  # type: ignore[import-untyped]
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from werkzeug.exceptions import HTTPException, InternalServerError

from dougong.identity.tokens import digest
from dougong.public import captcha
from dougong.public.gate import Public, enter, state_of, stranger
from dougong.public.links import find_place
from dougong.public.marks import mark
from dougong.public.signing import Opened, fresh, open_page, seal_opened, unsealed
from dougong.vault.box import Box
from dougong.web.errors import failure
from dougong.web.i18n import LOCALES, current_locale
from dougong.web.limits import limiter
from dougong.web.login import public
from dougong.web.request import engine, workspaces
from dougong.web.security import csp_nonce
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem, ProblemError, Rejected

P = ParamSpec("P")
COOKIE: Final = "dg_visitor"
YEAR: Final = 365 * 24 * 3600
LARGEST: Final = 25 * 1024 * 1024
"""Of everything that is sent at once, files included."""
USUAL_RATE: Final = 60
PICTURES: Final = "120 per 10 minutes"
POLICY: Final = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors {ancestors}"
)

public_pages = Blueprint("public", __name__, url_prefix="/p")


class TooMany(ProblemError):
    """Sent too often from one address."""

    status = 429


def box() -> Box:
    """What seals and opens in this installation."""
    found: Box = current_app.extensions["dougong_box"]
    return found


def stranger_page(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """A view for people without an account, in the language that they chose on a public page."""

    @wraps(view)
    def shown(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        with spoken():
            return view(*args, **kwargs)

    return public(shown)


@contextmanager
def spoken() -> Iterator[None]:
    """The language of the visitor: `?lang=` or what was chosen before, else the browser's."""
    wanted = request.args.get("lang") or visitor().get("lang")
    if wanted not in LOCALES:
        yield
        return
    remember("lang", wanted)
    with force_locale(str(wanted).replace("-", "_")):
        yield


@contextmanager
def stranger_tx(token: str, kind: str, *, read_only: bool = False) -> Iterator[tuple[Transaction, Public]]:
    """A transaction that can do what the page of this token allows. Raises `NotFound` where the token opens nothing."""
    info = find_place(engine(), token)
    if info is None:
        raise unknown()
    with workspaces().begin(info, stranger(current_locale()), read_only=read_only) as tx:
        page = enter(tx, token, kind)
        if page is None or not page.shared.is_on:
            raise unknown()
        g.public_embed = tuple(page.document.get("embed", ()))
        yield tx, page


def unknown() -> NotFound:
    """The one answer to every token that opens nothing: guessed, revoked, switched off."""
    return NotFound(Problem("public.unknown", "", "This link does not lead anywhere, or it was closed"))


# -- visitors ----------------------------------------------------------------------------------------------------------


def visitor() -> dict[str, Any]:
    """What the cookie says: `name`, `lang`, `in` (pages whose password was given). A new visitor gets a random name."""
    if "public_visitor" not in g:
        found = unsealed(box(), request.cookies.get(COOKIE, ""))
        known = isinstance(found, dict) and isinstance(found.get("name"), str)
        g.public_visitor = found if known else {"name": secrets.token_urlsafe(18)}
        g.public_changed = not known
    told: dict[str, Any] = g.public_visitor
    return told


def remember(key: str, value: Any) -> None:
    """Keep something in the visitor's cookie."""
    if visitor().get(key) != value:
        visitor()[key] = value
        g.public_changed = True


def is_in(page: Public) -> bool:
    """Whether the page needs no password, or this visitor has given it."""
    if page.shared.password_hash is None:
        return True
    return _lock(page) in (visitor().get("in") or ())


def let_in(page: Public) -> None:
    """The visitor has given the password; a new password asks anew."""
    remember("in", [*(visitor().get("in") or ())[-9:], _lock(page)])


def _lock(page: Public) -> str:
    shared = page.shared
    return digest(f"{shared.app}/{shared.kind}/{shared.key}/{shared.password_hash}").hex()[:20]


# -- posts -------------------------------------------------------------------------------------------------------------


@public_pages.before_request
def _before() -> None:
    """Bound what is sent, and refuse a post that does not carry what the same visitor's page carried."""
    request.max_content_length = LARGEST
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        g.public_opened = open_page(box(), _page_name(), str(visitor()["name"]), request.form.get("_page", ""))


def opened() -> Opened:
    """The page that was posted."""
    found: Opened = g.public_opened
    return found


def carried(page: Opened | None = None) -> str:
    """The sealed text for a page that is shown."""
    return seal_opened(box(), _page_name(), page or fresh(str(visitor()["name"])))


def _page_name() -> str:
    token = (request.view_args or {}).get("token", "")
    return digest(str(token)).hex()


def limited(page: Public, purpose: str, per_hour: int | None = None, per_ten_minutes: int | None = None) -> None:
    """Count a try of this address at this page. Raises `TooMany`. Without Redis nothing is counted, as elsewhere."""
    if not limiter.enabled:
        return
    number = per_hour or page.document.get("rate") or USUAL_RATE
    item = RateLimitItemPerMinute(per_ten_minutes, 10) if per_ten_minutes else RateLimitItemPerHour(number)
    shared, address = page.shared, request.remote_addr or ""
    try:
        free = limiter.limiter.hit(item, "public", purpose, f"{shared.app}/{shared.kind}/{shared.key}", address)
    except redis.RedisError:
        return
    if not free:
        raise TooMany(Problem("public.too_many", "", "Too many tries from this network; wait a while"))


def captcha_solved(token: str, kind: str) -> bool:
    """Whether the puzzle was answered rightly; each puzzle may be answered once, right or wrong."""
    puzzle = captcha.read(box(), request.form.get("_puzzle", ""))
    if puzzle is None:
        return False
    with stranger_tx(token, kind) as (tx, page):
        first = mark(tx, box(), page.shared.app, page.shared.key, "captcha", puzzle.name)
    return first and captcha.answers(puzzle, request.form.get("_answer", ""))


def captcha_problem() -> Problem:
    """The problem of a wrong answer."""
    return Problem("public.captcha", "_answer", "That is not what the picture shows; here is a new one")


def puzzle_for(page: Public, *, solved: bool = False) -> dict[str, str] | None:
    """A fresh puzzle for a page that asks for one."""
    if not page.document.get("captcha") or solved:
        return None
    sealed = captcha.make(box())
    puzzle = captcha.read(box(), sealed)
    return {"sealed": sealed, "question": captcha.question(puzzle, current_locale()) if puzzle else ""}


@public_pages.get("/<token>/captcha.png")
@limiter.limit(PICTURES)
@stranger_page
def captcha_picture(token: str) -> ResponseReturnValue:  # noqa: ARG001 - any page may show its puzzle
    """The picture of a puzzle that a page carries."""
    puzzle = captcha.read(box(), request.args.get("c", ""))
    if puzzle is None:
        raise unknown()
    return Response(captcha.picture(puzzle), mimetype="image/png")


# -- plain pages -------------------------------------------------------------------------------------------------------


def message(kind: str, status: int = 200, **given: Any) -> Response:
    """A page that only tells something."""
    response = make_response(render_template("public/message.html", kind=kind, **given))
    response.status_code = status
    return response


def closed(page: Public, tx: Transaction) -> Response | None:
    """The friendly page of a form that is not open now; None where it is."""
    state = state_of(page, tx.now)
    if state == "open":
        return None
    return message(state, title=page.document["title"], since=page.document.get("open_from"))


@public_pages.errorhandler(ProblemError)
def _problem(error: ProblemError) -> ResponseReturnValue:
    with spoken():
        return message("problem", error.status, failure=failure(error.status, error.problems))


@public_pages.errorhandler(HTTPException)
def _http(error: HTTPException) -> ResponseReturnValue:
    if isinstance(error, InternalServerError) or (error.code or 500) < 400:
        return error  # a bug is told and logged by the handler of the site
    problems = []
    if error.code == 413:
        text = "At most 25 MB can be sent at once"
        problems = [Problem("public.too_large", "", text, {"megabytes": LARGEST // 1024 // 1024})]
    with spoken():
        return message("problem", error.code or 400, failure=failure(error.code or 400, problems))


@public_pages.after_request
def _after(response: Response) -> Response:
    hosts = g.get("public_embed", ())
    ancestors = " ".join(["'self'", *(f"https://{host}" for host in hosts)])
    response.headers["Content-Security-Policy"] = POLICY.format(nonce=csp_nonce(), ancestors=ancestors)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Permissions-Policy"] = "camera=(self), geolocation=(self), microphone=()"
    if g.get("public_changed"):
        secure = request.is_secure or bool(current_app.config["SESSION_COOKIE_SECURE"])
        framed = bool(hosts) and secure
        response.set_cookie(
            COOKIE,
            box().seal(_json(visitor())),
            max_age=YEAR,
            path="/p/",
            httponly=True,
            secure=secure,
            samesite="None" if framed else "Lax",
            partitioned=framed,
        )
    return response


def _json(value: dict[str, Any]) -> str:
    return current_app.json.dumps(value)


def rejected(error: ProblemError) -> tuple[Problem, ...]:
    """The problems that belong beside the fields of a page; anything else goes on as it is."""
    if isinstance(error, Rejected) or error.status in (409, 422):
        return error.problems
    raise error
