"""Public queries: somebody without an account finds records by exact values and sees chosen columns of them."""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from dougong.public import asking
from dougong.public.gate import Public
from dougong.public.kinds import QUERY
from dougong.public.links import count_opened, count_sent
from dougong.web.i18n import current_locale
from dougong.web.pages.public import HONEYPOT, locked_page
from dougong.web.pages.public_base import (
    captcha_problem,
    captcha_solved,
    carried,
    is_in,
    limited,
    public_pages,
    puzzle_for,
    rejected,
    stranger_page,
    stranger_tx,
)
from dougong.web.problems import translate
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem, ProblemError, Rejected


@public_pages.get("/<token>/q")
@stranger_page
def query(token: str) -> ResponseReturnValue:
    """The values that are asked for."""
    with stranger_tx(token, QUERY) as (tx, page):
        if not is_in(page):
            return locked_page(page)
        count_opened(tx, page.shared)
        return _page(tx, page)


@public_pages.post("/<token>/q")
@stranger_page
def found(token: str) -> ResponseReturnValue:
    """The records that have exactly these values. They come by POST, so that no address keeps them."""
    with stranger_tx(token, QUERY, read_only=True) as (_, page):
        if not is_in(page):
            return locked_page(page)
        limited(page, "ask")
        asked = bool(page.document.get("captcha"))
    right = not request.form.get(HONEYPOT) and (not asked or captcha_solved(token, QUERY))
    with stranger_tx(token, QUERY) as (tx, page):
        try:
            if not right:
                raise Rejected(captcha_problem())
            records = asking.ask(tx, page, request.form.to_dict())
        except ProblemError as error:
            return _page(tx, page, problems=rejected(error)), 422
        count_sent(tx, page.shared, None)
        return _page(tx, page, results=[asking.shown(tx, page, one) for one in records])


def _page(tx: Transaction, page: Public, problems: tuple[Problem, ...] = (), results: list[Any] | None = None) -> str:
    document = page.document
    return render_template(
        "public/query.html",
        app=page.form.app,
        form=page.form,
        document=document,
        token=(request.view_args or {})["token"],
        fields=[page.form.fields[key] for key in document["search"] if key in page.form.fields],
        values={key: request.form.get(key, "")[:200] for key in document["search"]},
        problems=translate(problems, current_locale()),
        results=results,
        locale=tx.actor.locale,
        carried=carried(),
        puzzle=puzzle_for(page),
        honeypot=HONEYPOT,
        record=None,
    )
