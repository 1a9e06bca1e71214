"""Lists of records: views, columns, sort, filter, search, paging, totals; choosing columns; deleting what is ticked."""

from dataclasses import replace

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from dougong.web.errors import is_htmx
from dougong.web.i18n import current_locale, gettext, ngettext
from dougong.web.recent import done_with_undo, remember
from dougong.web.records import cells, filters
from dougong.web.records.listing import filter_text, read_listing, visible_columns, write_choice
from dougong.web.records.locate import open_form, record_url
from dougong.web.records.menu import app_entries
from dougong.web.render import done
from dougong.web.request import begin_tx
from dougong.web.shell import MENUS
from engines.form.policy import policy_for
from engines.form.query import list_records
from engines.form.records import delete_record
from engines.kernel.problems import Conflict, Forbidden, NotFound

list_pages = Blueprint("lists", __name__)
MOST_DELETED = 100
MENUS.append(app_entries)


@list_pages.get("/a/<app>/<form>")
def page(app: str, form: str) -> ResponseReturnValue:
    """One page of a list; htmx gets the table alone."""
    with begin_tx(read_only=True) as tx:
        opened = open_form(tx, app, form)
        listing = read_listing(tx, opened, request.args)
        found = list_records(tx, opened, listing.query)
        last = max(1, -(-(found.total or 0) // listing.size))
        if listing.page > last and not found.rows and not found.capped:
            listing = replace(listing, page=last)
            found = list_records(tx, opened, listing.query)
        policy = policy_for(tx, opened)
        return render_template(
            "records/table.html" if is_htmx() else "records/list.html",
            app=app,
            form=opened,
            listing=listing,
            found=found,
            last=last,
            chips=filters.chips(tx, opened, listing.filter),
            offers=filters.offers(opened, listing.choices),
            relative=[[key, str(words)] for key, words in filters.RELATIVE.items()],
            filter_text=filter_text(listing.filter),
            may={operation: policy.may(operation) for operation in ("create", "delete", "import", "export")},
            locale=current_locale(),
            cell=cells.cell,
            text_of=cells.text_of,
            is_numeric=cells.is_numeric,
            record_url=record_url,
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
            except (Conflict, Forbidden, NotFound) as error:
                kept = kept or error.problems[0].message
        gone = len(deleted)
        if deleted:
            words = ngettext("One record", "%(num)s records", gone)
            title = gettext("Deleted: %(title)s", title=f"{opened.label(current_locale())} · {words}")
            action = remember(tx, "delete", title, {"app": app, "form": form, "ids": deleted, "url": _back(app, form)})
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
