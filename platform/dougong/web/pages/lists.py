"""Lists of records: views, columns, sort, filter, search, paging, totals; choosing columns; deleting what is ticked."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from dougong.web.errors import is_htmx
from dougong.web.i18n import current_locale, gettext, ngettext
from dougong.web.problems import said
from dougong.web.recent import done_with_undo, in_all_languages, remember
from dougong.web.records import cells, filters
from dougong.web.records.board import count_text, heads, is_board, read_board
from dougong.web.records.listing import Listing, filter_text, read_listing, visible_columns, write_choice
from dougong.web.records.locate import open_form, record_url
from dougong.web.records.menu import app_entries
from dougong.web.render import done
from dougong.web.request import begin_tx
from dougong.web.shell import MENUS
from engines.form.form import Form
from engines.form.policy import policy_for
from engines.form.query import list_records
from engines.form.records import delete_record
from engines.form.transaction import Transaction
from engines.kernel.problems import Conflict, Forbidden, NotFound, Rejected

list_pages = Blueprint("lists", __name__)
MOST_DELETED = 100
MENUS.append(app_entries)


@list_pages.get("/a/<app>/<form>")
def page(app: str, form: str) -> ResponseReturnValue:
    """One page of a list; htmx gets the table alone."""
    with begin_tx(read_only=True) as tx:
        opened = open_form(tx, app, form)
        listing = read_listing(tx, opened, request.args)
        if is_board(tx, listing):
            return _board(tx, opened, listing)
        found = list_records(tx, opened, listing.query)
        last = max(1, -(-(found.total or 0) // listing.size))
        if listing.page > last and not found.rows and not found.capped:
            listing = replace(listing, page=last)
            found = list_records(tx, opened, listing.query)
        return _drawn(tx, opened, listing, "records/table.html", found=found, last=last)


def _board(tx: Transaction, form: Form, listing: Listing) -> ResponseReturnValue:
    """The list as a board; `?column=` gives further cards of one column, `?heads=1` counts and sums as JSON."""
    column = request.args.get("column")
    if request.args.get("heads"):
        board = read_board(tx, listing, cards=1)
        return jsonify(heads(board, lambda value, field: "" if value is None else cells.text_of(value, field)))
    if column is not None and is_htmx():
        board = read_board(tx, listing, column, listing.page)
        return _drawn(tx, form, listing, "records/cards.html", board=board, column=board.columns[0], found=None)
    return _drawn(tx, form, listing, "records/board.html", board=read_board(tx, listing), found=None)


def _drawn(tx: Transaction, form: Form, listing: Listing, body: str, **more: Any) -> ResponseReturnValue:
    """The page of a list around its body, or for htmx the body alone."""
    policy = policy_for(tx, form)
    return render_template(
        body if is_htmx() else "records/list.html",
        body=body,
        app=form.app,
        form=form,
        listing=listing,
        chips=filters.chips(tx, form, listing.filter),
        offers=filters.offers(form, listing.choices),
        chosen=filters.chosen(tx, form, listing.filter),
        relative=[[key, str(words)] for key, words in (filters.RELATIVE | filters.COUNTED).items()],
        filter_text=filter_text(listing.filter),
        may={operation: policy.may(operation) for operation in ("create", "delete", "import", "export")},
        locale=current_locale(),
        cell=cells.cell,
        text_of=cells.text_of,
        is_numeric=cells.is_numeric,
        record_url=record_url,
        count_text=count_text,
        **more,
    )


@list_pages.get("/a/<app>/<form>/columns")
def columns(app: str, form: str) -> ResponseReturnValue:
    """The dialog in which columns are chosen."""
    with begin_tx(read_only=True) as tx:
        opened = open_form(tx, app, form)
        listing = read_listing(tx, opened, request.args)
        return render_template("records/columns.html", app=app, form=opened, listing=listing, locale=current_locale())


@list_pages.post("/a/<app>/<form>/columns")
def choose_columns(app: str, form: str) -> ResponseReturnValue:
    """Remember the person's columns, in the order ticked; `reset` goes back to the view's."""
    with begin_tx() as tx:
        opened = open_form(tx, app, form)
        known = visible_columns(tx, opened)
        chosen = [key for key in request.form.getlist("column") if key in known]
        write_choice(tx, opened, {} if "reset" in request.form or not chosen else {"columns": chosen})
    return done(gettext("Columns saved"), _back(app, form))


@list_pages.post("/a/<app>/<form>/delete")
def delete(app: str, form: str) -> ResponseReturnValue:
    """Move the ticked records to the trash; those that may not go stay, and the message says how many."""
    ids = [int(one) for one in request.form.getlist("id") if one.isdecimal()][:MOST_DELETED]
    deleted: list[int] = []
    kept, action = "", 0
    with begin_tx() as tx:
        opened = open_form(tx, app, form)
        for record_id in ids:
            try:
                with tx.connection.begin_nested():
                    delete_record(tx, opened, record_id)
                deleted.append(record_id)
            except (Conflict, Forbidden, NotFound, Rejected) as error:
                kept = kept or said(error)
        gone = len(deleted)
        if deleted:
            data = {"app": app, "form": form, "ids": deleted, "url": _back(app, form)}
            action = remember(tx, "delete", {**data, "label": in_all_languages(opened)})
    if kept:
        message = gettext(
            "%(gone)s moved to the trash, %(kept)s stay: %(why)s", gone=gone, kept=len(ids) - gone, why=kept
        )
        return done_with_undo(message, _back(app, form), action, "warning")
    message = ngettext("One record moved to the trash", "%(num)d records moved to the trash", gone)
    return done_with_undo(message, _back(app, form), action)


def _back(app: str, form: str) -> str:
    """The list that the person came from, as the form carries it; only its query is taken over."""
    query = request.form.get("query", "")
    return f"/a/{app}/{form}" + (f"?{query}" if query else "")
