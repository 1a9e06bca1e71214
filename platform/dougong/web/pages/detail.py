"""The page of a record: its fields, rows and related lists, its flow, its history."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from dougong.apps import store
from dougong.web.flow_panel import flow_panel
from dougong.web.i18n import current_locale, gettext
from dougong.web.pages.showing import field_label
from dougong.web.pages.why import explains
from dougong.web.problems import said
from dougong.web.recent import done_with_undo, in_all_languages, remember
from dougong.web.records import cells, decor
from dougong.web.records.inputs import visible_paths
from dougong.web.records.locate import open_form, record_url
from dougong.web.records.related import related_lists
from dougong.web.records.row_columns import row_columns
from dougong.web.render import done
from dougong.web.request import begin_tx
from dougong.web.shell import SEARCHES, Hit, remember_recent
from engines.form.decor import button_values
from engines.form.fields.links import link_id
from engines.form.form import Form
from engines.form.history import Change, changes
from engines.form.layout import arrange, arrange_tabs
from engines.form.policy import policy_for
from engines.form.protect.reveal import Showing, revealable, showings
from engines.form.query import Query, get_record, list_records, pick
from engines.form.records import delete_record, restore_record, update_record
from engines.form.stages.board import bars_of
from engines.form.titles import titles
from engines.form.totals import sums_of
from engines.form.transaction import Transaction
from engines.form.trees import way_to
from engines.form.write.locks import IN_APPROVAL
from engines.kernel.problems import Conflict, Rejected
from engines.workflow.access import grants_for

detail_pages = Blueprint("detail", __name__)
detail_pages.add_app_template_global(arrange_tabs)
detail_pages.add_app_template_global(decor.filled, "decor_url")
detail_pages.add_app_template_global(decor.code, "decor_code")
detail_pages.add_app_template_global(decor.may_embed)
detail_pages.add_app_template_global(decor.may_allow)
detail_pages.add_app_template_global(decor.host_of, "decor_host")
detail_pages.add_app_template_global(decor.waits_for_record, "decor_waits")
FOUND_PER_FORM = 4
FORMS_SEARCHED = 8


@detail_pages.get("/a/<app>/<form>/<int:record_id>")
def page(app: str, form: str, record_id: int) -> ResponseReturnValue:
    """A record as this person may see it."""
    with begin_tx() as tx:
        opened = open_form(tx, app, form)
        grants = grants_for(tx, opened, record_id)
        record = get_record(tx, opened, record_id, grants=grants)
        masked, asked = revealable(tx, opened, record_id, grants=grants), partial(explains, opened)
        decor.allow_frames(tx, opened)
        remember_recent(tx, record.title or f"#{record.id}", record_url(app, form, record_id), opened.icon)
        return render_template(
            "records/detail.html",
            app=app,
            form=opened,
            record=record,
            sections=arrange(opened, lambda field: not field.hidden and field.key in record.values),
            related=related_lists(tx, opened, record_id),
            panel=flow_panel(tx, opened, record),
            locked=record.meta.flow_state == IN_APPROVAL and not tx.actor.is_admin,
            totals={key: sums_of(opened, key, record.values.get(key) or ()) for key in opened.subforms},
            start=0,
            ways=_ways(tx, opened, record.values),
            bars=bars_of(tx, opened, record),
            masked=masked,
            columns_of=partial(row_columns, opened, record_id, visible_paths(tx, opened, record), masked, asked),
            locale=current_locale(),
            cell=cells.cell,
            explains=asked,
            shown=cells.shown,
            late_columns=cells.late_columns,
            text_of=cells.text_of,
            is_numeric=cells.is_numeric,
            record_url=record_url,
        )


@detail_pages.get("/a/<app>/<form>/<int:record_id>/history")
def history(app: str, form: str, record_id: int) -> ResponseReturnValue:
    """Who changed what and when, as a fragment."""
    with begin_tx(read_only=True) as tx:
        opened = open_form(tx, app, form)
        told = changes(tx, opened, record_id, grants=grants_for(tx, opened, record_id))
        seen = showings(tx, opened, record_id) if tx.actor.is_admin else ()
        every: list[Change | Showing] = [*told, *seen]
        lines = sorted(every, key=lambda one: one.at, reverse=True)
        return render_template(
            "records/history.html", form=opened, changes=lines, name_of=field_label, locale=current_locale()
        )


@detail_pages.post("/a/<app>/<form>/<int:record_id>/press/<button>")
def press(app: str, form: str, record_id: int, button: str) -> ResponseReturnValue:
    """What a button of the page sets in the record, saved as any change of this person is."""
    with begin_tx() as tx:
        opened = open_form(tx, app, form)
        record = get_record(tx, opened, record_id, grants=grants_for(tx, opened, record_id))
        update_record(tx, opened, record_id, button_values(tx, opened, button, record.values))
    return done(gettext("Saved"), record_url(app, form, record_id))


@detail_pages.post("/a/<app>/<form>/<int:record_id>/delete")
def delete(app: str, form: str, record_id: int) -> ResponseReturnValue:
    """Move a record to the trash."""
    with begin_tx() as tx:
        opened = open_form(tx, app, form)
        title = titles(tx, opened, [record_id]).get(record_id) or f"#{record_id}"
        try:
            with tx.connection.begin_nested():
                delete_record(tx, opened, record_id)
        except (Conflict, Rejected) as error:
            return done(said(error), record_url(app, form, record_id), "error")
        data = {"app": app, "form": form, "ids": [record_id], "url": record_url(app, form, record_id)}
        action = remember(tx, "delete", {**data, "label": in_all_languages(opened), "name": title[:200]})
    return done_with_undo(gettext("Moved to the trash"), f"/a/{app}/{form}", action)


@detail_pages.get("/a/<app>/<form>/trash")
def trash(app: str, form: str) -> ResponseReturnValue:
    """The records in the trash that this person may restore."""
    with begin_tx(read_only=True) as tx:
        opened = open_form(tx, app, form)
        found = list_records(tx, opened, Query(columns=_title_columns(opened), trash=True, limit=100))
        return render_template("records/trash.html", app=app, form=opened, found=found, locale=current_locale())


@detail_pages.post("/a/<app>/<form>/<int:record_id>/restore")
def restore(app: str, form: str, record_id: int) -> ResponseReturnValue:
    """Take a record out of the trash."""
    with begin_tx() as tx:
        opened = open_form(tx, app, form)
        try:
            with tx.connection.begin_nested():
                restore_record(tx, opened, record_id)
        except (Conflict, Rejected) as error:
            return done(said(error), f"/a/{app}/{form}/trash", "error")
    return done(gettext("Restored"), record_url(app, form, record_id))


def _ways(tx: Transaction, form: Form, values: Mapping[str, Any]) -> dict[str, list[tuple[int, str]]]:
    """For cascade fields that show their path: the nodes from the top down to the one that is chosen."""
    return {
        key: way_to(tx, form, key, link_id(value) or 0)
        for key, value in values.items()
        if value is not None and key in form.fields and form.fields[key].type.key == "cascade"
        and form.fields[key].options.get("path", True)
    }  # fmt: skip


def search_records(tx: Transaction, text: str) -> list[Hit]:
    """Records for the palette, by a few letters, from the forms that the person may read."""
    hits: list[Hit] = []
    for form in _searched(tx)[:FORMS_SEARCHED]:
        for one in pick(tx, form, text, limit=FOUND_PER_FORM):
            about = " · ".join(part for part in (form.label(current_locale()), one.subtitle) if part)
            hits.append(Hit(one.title, about, record_url(form.app, form.key, one.id), form.icon))
    return hits


SEARCHES.append(search_records)


def _searched(tx: Transaction) -> list[Form]:
    """The forms that stand in menus, which is what people look for, as far as the person may read them."""
    found: dict[str, Form] = {}
    for app in store.apps(tx):
        forms = store.forms(tx, app.key)
        for menu in forms.of_kind("menu").values():
            for item in menu.get("items", ()):
                key = item["target"].get("form")
                if key in forms and policy_for(tx, forms.get(key)).may("read"):
                    found.setdefault(f"{app.key}.{key}", forms.get(key))
    return list(found.values())


def _title_columns(form: Form) -> tuple[str, ...]:
    return tuple(key for key in (form.title_field, form.subtitle_field) if key)
