"""Errors as people and programs meet them: a page, a fragment for htmx, or problem details (RFC 9457) under /api.

What the person can mend is told with its problems. Anything else is our bug: logged with its traceback, shown as
"something went wrong" with the id of the request, without a word of the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError

from dougong.web.i18n import current_locale, lazy_gettext
from dougong.web.logs import LOG, request_id
from dougong.web.problems import translate
from engines.kernel.problems import Problem, ProblemError

PROBLEM_JSON = "application/problem+json"
# Title and advice by status. Wording: what happened, then what to do.
WORDS = {
    400: (lazy_gettext("The request could not be read"), lazy_gettext("Go back, reload the page and try again.")),
    401: (lazy_gettext("Please sign in"), lazy_gettext("This needs an account. Sign in and try again.")),
    403: (
        lazy_gettext("You may not do this"),
        lazy_gettext("Ask an administrator for the permission, if you need it."),
    ),
    404: (
        lazy_gettext("There is nothing here"),
        lazy_gettext("It does not exist, was deleted, or you may not see it."),
    ),
    405: (lazy_gettext("This address cannot be used this way"), lazy_gettext("Go back to the page you came from.")),
    409: (
        lazy_gettext("Somebody else changed this meanwhile"),
        lazy_gettext("Reload the page to see the present state, then repeat your change."),
    ),
    413: (lazy_gettext("The file is too large"), lazy_gettext("At most 50 MB can be uploaded at once.")),
    415: (lazy_gettext("This kind of content is not read here"), lazy_gettext("Send JSON (application/json).")),
    422: (lazy_gettext("Some of the input is not right"), lazy_gettext("Mend what is listed and send it again.")),
    429: (lazy_gettext("Too many tries"), lazy_gettext("Wait a few minutes, then try again.")),
    500: (
        lazy_gettext("Something went wrong on our side"),
        lazy_gettext("Nothing was saved. Try again; if it stays, give an administrator the number below."),
    ),
    503: (lazy_gettext("The service is not available at the moment"), lazy_gettext("Try again in a minute.")),
}

IN_THE_WAY = (
    lazy_gettext("This is not possible now"),
    lazy_gettext("The reason stands below."),
)
"""A conflict that nobody else brought about: a rule locks the record, an approval runs."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What an answer with an error tells."""

    status: int
    title: str
    detail: str
    problems: Sequence[Problem] = ()
    request_id: str = ""


def is_htmx() -> bool:
    """Whether a fragment is wanted (a restored page of the history is asked for without this header)."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def wants_json() -> bool:
    """Whether a program asks."""
    return request.path.startswith("/api/")


def failure(status: int, problems: Sequence[Problem] = (), detail: str = "") -> Failure:
    """Words for a status, with the problems in the language of the request."""
    title, advice = WORDS.get(status, WORDS[400] if status < 500 else WORDS[500])
    if status == 409 and problems and not any(".stale" in one.code for one in problems):
        title, advice = IN_THE_WAY
    return Failure(status, str(title), detail or str(advice), translate(problems, current_locale()), request_id())


def answer(told: Failure) -> Response:
    """The failure in the shape that the asker understands."""
    if wants_json():
        response = jsonify(problem_document(told))
        response.mimetype = PROBLEM_JSON
    else:
        template = "errors/fragment.html" if is_htmx() else "errors/page.html"
        response = make_response(render_template(template, failure=told))
    response.status_code = told.status
    if is_htmx():
        # A fragment of an error belongs into the box for messages, wherever the request was aimed.
        response.headers["HX-Retarget"] = "#dg-flash"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def problem_document(told: Failure) -> dict[str, object]:
    """RFC 9457, with our list of problems."""
    return {
        "type": "about:blank",
        "title": told.title,
        "status": told.status,
        "detail": told.detail,
        "instance": f"urn:request:{told.request_id}",
        "problems": [problem.as_dict() for problem in told.problems],
    }


def _problem_error(error: ProblemError) -> Response:
    return answer(failure(error.status, error.problems))


def _csrf_error(_error: CSRFError) -> Response:
    sentence = "The page is too old or did not come from here; reload it and send again"
    return answer(failure(400, [Problem("request.csrf", "", sentence)]))


def _http_error(error: HTTPException) -> Response:
    if isinstance(error, InternalServerError):
        return _bug(error)
    if error.response is not None and error.code is not None and error.code < 400:
        return make_response(error.response)
    status = error.code or 500
    problems = []
    if status == 413:
        problems = [Problem("request.too_large", "", "At most 50 MB can be sent at once", {"megabytes": 50})]
    response = answer(failure(status, problems))
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    return response


def _bug(error: InternalServerError) -> Response:
    cause = error.original_exception
    LOG.error("bug", path=request.path, exc_info=cause if cause is not None else error)
    return answer(failure(500))


def install(app: Flask) -> None:
    """Answer every error of the application."""
    app.register_error_handler(ProblemError, _problem_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.jinja_env.globals["is_htmx"] = is_htmx
