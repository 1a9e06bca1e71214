"""My recent actions: what one did within a day, and taking it back."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from dougong.web.i18n import current_locale, gettext, ngettext
from dougong.web.problems import said
from dougong.web.recent import KINDS, Action, Kind, bar_of, find_action, mark_undone, recent_actions, words_of
from dougong.web.records.locate import open_form
from dougong.web.render import done
from dougong.web.request import begin_tx
from engines.form.records import restore_record
from engines.kernel.labels import label
from engines.kernel.problems import Conflict, Forbidden, NotFound, Rejected

recent_pages = Blueprint("recent", __name__, url_prefix="/account/recent")


@recent_pages.get("")
def page() -> ResponseReturnValue:
    """What the person did within a day."""
    with begin_tx(read_only=True) as tx:
        actions = recent_actions(tx)
        bars = {action.id: bar_of(tx, action) for action in actions}
        return render_template("account/recent.html", actions=actions, bars=bars, kinds=KINDS, words_of=words_of)


@recent_pages.post("/<int:number>/undo")
def undo(number: int) -> ResponseReturnValue:
    """Take an action back."""
    with begin_tx(read_only=True) as tx:
        action = find_action(tx, number)
    return done(KINDS[action.kind].undo(action), str(action.data.get("url") or "/account/recent"))


def _undo_delete(action: Action) -> str:
    """Take the records out of the trash that are still there; all of it in one transaction."""
    back, why = 0, ""
    with begin_tx() as tx:
        mark_undone(tx, action.id)
        form = open_form(tx, action.data["app"], action.data["form"])
        for record_id in action.data["ids"]:
            try:
                with tx.connection.begin_nested():
                    restore_record(tx, form, record_id)
                back += 1
            except (Conflict, Forbidden, NotFound, Rejected) as error:
                why = why or said(error)
    if why:
        return gettext(
            "%(back)s are back, %(left)s are not: %(why)s", back=back, left=len(action.data["ids"]) - back, why=why
        )
    return ngettext("The record is back", "%(num)d records are back", back)


def _deleted(data: Mapping[str, Any]) -> str:
    """Which record of which form, or how many."""
    count = len(data["ids"])
    which = data.get("name") or ngettext("One record", "%(num)s records", count)
    return gettext("Deleted: %(title)s", title=f"{label(data.get('label'), current_locale())} · {which}")


KINDS["delete"] = Kind("trash", _undo_delete, _deleted)
