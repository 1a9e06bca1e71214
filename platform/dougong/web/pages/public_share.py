"""Sharing for administrators: public pages of an app, each with switch, link, code, numbers, settings."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dougong.apps import store
from dougong.public import editing, links
from dougong.public.gate import Public, instant, state_of
from dougong.public.kinds import FORM
from dougong.public.signing import sign
from dougong.web.i18n import current_locale, gettext, zone_info
from dougong.web.pages.public_base import box
from dougong.web.problems import translate
from dougong.web.records.codes import qr_code
from dougong.web.render import done
from dougong.web.request import begin_tx, current_actor, current_place, external, require_admin, workspaces
from engines.form.form import Form
from engines.kernel.keyed import Document
from engines.kernel.problems import Problem, Rejected

public_share_pages = Blueprint("public_share", __name__, url_prefix="/design/<app>/public")
public_share_pages.before_request(require_admin)
DAY: Final = 86_400


@public_share_pages.app_template_filter("instant")
def _instant(text: str | None) -> str:
    """An instant of a document as the reader's clock shows it."""
    return instant(text).astimezone(zone_info()).strftime("%Y-%m-%d %H:%M") if text else ""


@public_share_pages.get("")
def overview(app: str) -> ResponseReturnValue:
    """The public pages of an app."""
    return _overview(app)


@public_share_pages.post("")
def make(app: str) -> ResponseReturnValue:
    """A new page with what strangers may fill in; it stays closed until it is switched on."""
    title = request.form.get("title", "").strip()
    kind, _, form = request.form.get("form", "").partition(":")
    try:
        with begin_tx() as tx:
            document = editing.new_document(tx, app, kind, form, title)
        editing.save(workspaces(), current_place().workspace, current_actor(), app, document)
    except Rejected as error:
        return _overview(app, translate(error.problems, current_locale())), 422
    return done(gettext("Choose what strangers see, then switch the page on"), _url(app, document["key"]))


@public_share_pages.get("/<key>")
def share(app: str, key: str) -> ResponseReturnValue:
    """One page: its link and its settings."""
    return _share(app, key)


@public_share_pages.post("/<key>")
def settings(app: str, key: str) -> ResponseReturnValue:
    """Save the settings and publish them at once."""
    with begin_tx(read_only=True) as tx:
        before = editing.find_page(tx, app, key)
        form = store.forms(tx, app).by_key[before["form"]]
    try:
        document = _read(before, form)
        editing.save(workspaces(), current_place().workspace, current_actor(), app, document)
    except Rejected as error:
        return _share(app, key, translate(error.problems, current_locale())), 422
    return done(gettext("Saved; the page shows it at once"), _url(app, key))


@public_share_pages.post("/<key>/switch")
def switch(app: str, key: str) -> ResponseReturnValue:
    """Open or shut the page; the first opening makes its link."""
    on = request.form.get("on") == "1"
    with begin_tx() as tx:
        page = editing.find_page(tx, app, key)
        if on and not _links(tx, app, page):
            links.create_link(tx, box(), app, page["kind"], key)
        links.switch(tx, app, page["kind"], key, on=on)
    return done(
        gettext("The page is open to everybody with the link") if on else gettext("The page is closed"), _url(app, key)
    )


@public_share_pages.post("/<key>/renew")
def renew(app: str, key: str) -> ResponseReturnValue:
    """Close the present link and make another one."""
    with begin_tx() as tx:
        page = editing.find_page(tx, app, key)
        links.renew_link(tx, box(), app, page["kind"], key)
    return done(gettext("There is a new link; the old one is closed"), _url(app, key))


@public_share_pages.post("/<key>/password")
def password(app: str, key: str) -> ResponseReturnValue:
    """Ask for a password, or for none."""
    given = request.form.get("password", "")
    try:
        with begin_tx() as tx:
            page = editing.find_page(tx, app, key)
            links.set_password(tx, app, page["kind"], key, None if "remove" in request.form else given or "?")
    except Rejected as error:
        return _share(app, key, translate(error.problems, current_locale())), 422
    text = (
        gettext("No password is asked any more")
        if "remove" in request.form
        else gettext("The password is asked from now on")
    )
    return done(text, _url(app, key))


@public_share_pages.post("/<key>/sign")
def signed(app: str, key: str) -> ResponseReturnValue:
    """An address with signed values, for one customer or one order."""
    with begin_tx(read_only=True) as tx:
        page = editing.find_page(tx, app, key)
        app_key = store.app_key(tx, app)
    names = page.get("prefill", {}).get("signed", ())
    values = {name: request.form[f"v.{name}"].strip() for name in names if request.form.get(f"v.{name}", "").strip()}
    days = request.form.get("days", "")
    until = int(time.time()) + int(days) * DAY if days.isdecimal() and 0 < int(days) < 4000 else None
    return _share(app, key, signed_query=sign(box(), app_key, key, values, until=until) if values else "")


@public_share_pages.post("/<key>/remove")
def remove(app: str, key: str) -> ResponseReturnValue:
    """Take the page out of the app; its link leads nowhere then."""
    with begin_tx() as tx:
        page = editing.find_page(tx, app, key)
        links.forget_page(tx, app, page["kind"], key)
    editing.save(workspaces(), current_place().workspace, current_actor(), app, None, gone=page)
    return done(gettext("The page is gone; what was sent stays"), url_for("public_share.overview", app=app))


def _url(app: str, key: str) -> str:
    return url_for("public_share.share", app=app, key=key)


def _links(tx: Any, app: str, page: Document) -> list[links.Link]:
    found = links.list_links(tx, box(), app)
    return [one for one in found if (one.kind, one.key) == (page["kind"], page["key"])]


def _overview(app: str, problems: Any = ()) -> str:
    with begin_tx(read_only=True) as tx:
        app_key = store.app_key(tx, app)
        forms = store.forms(tx, app)
        found = []
        for page in editing.pages(tx, app):
            form = forms.by_key.get(page["form"])
            if form is None:
                continue
            shared = links.shared_of(tx, app_key, page["kind"], page["key"])
            found.append(
                {"page": page, "shared": shared, "form": form, "state": state_of(Public(shared, page, form), tx.now)}
            )
        own = [one for one in forms.own() if not one.system]
        return render_template(
            "public/overview.html", app=app_key, found=found, forms=own, problems=problems, locale=current_locale()
        )


def _share(app: str, key: str, problems: Any = (), signed_query: str = "") -> str:
    with begin_tx(read_only=True) as tx:
        app_key = store.app_key(tx, app)
        page = editing.find_page(tx, app, key)
        form = store.forms(tx, app).by_key[page["form"]]
        shared = links.shared_of(tx, app_key, page["kind"], key)
        living = _links(tx, app, page)
        address = next((external(one.path) for one in living if one.token), "")
        joined = f"{address}?{signed_query}" if signed_query else ""
        return render_template(
            "public/share.html",
            app=app_key,
            key=key,
            page=page,
            form=form,
            shared=shared,
            state=state_of(Public(shared, page, form), tx.now),
            address=address,
            lost=bool(living) and not address,
            code=qr_code(address) if address else "",
            embed=f'<iframe src="{address}" width="100%" height="720" style="border:0" loading="lazy"></iframe>',
            signed_address=joined,
            fillable=editing.fillable(form),
            prefillable={one.key for one in editing.prefillable(form)},
            searchable=editing.searchable(form),
            showable=editing.showable(form),
            targets=_targets(form),
            texts=_named(form, "text", "textarea"),
            phones=_named(form, "phone"),
            local=_local,
            problems=problems,
            locale=current_locale(),
        )


def _named(form: Form, *types: str) -> list[tuple[str, str]]:
    """Key and label of the fields of these types, for a select."""
    return [(one.key, one.label(current_locale())) for one in form.fields.values() if one.type.key in types]


def _targets(form: Form) -> dict[str, list[Any]]:
    return {
        one.key: editing.showable(one.target)
        for one in editing.fillable(form)
        if one.type.key == "relation" and isinstance(one.target, Form) and not one.target.system
    }


def _local(text: str | None) -> str:
    """An instant for a `datetime-local` input."""
    return instant(text).astimezone(zone_info()).strftime("%Y-%m-%dT%H:%M") if text else ""


def _utc(text: str) -> str | None:
    """What a `datetime-local` input holds, as an instant of the document."""
    try:
        local = datetime.strptime(text, "%Y-%m-%dT%H:%M").replace(tzinfo=zone_info()) if text else None
    except ValueError:
        raise Rejected(Problem("public.instant", "open_from", "Give a day and a time")) from None
    return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ") if local else None


def _read(before: Document, form: Form) -> Document:
    """The document that the settings describe; what the page does not show stays as it is."""
    sent, locale = request.form, current_locale()
    document = dict(before)
    document["title"] = editing.relabelled(before["title"], sent.get("title", "").strip(), locale)
    for name in ("description", "privacy") if before["kind"] == FORM else ("description",):
        document[name] = editing.relabelled(before.get(name), sent.get(name, "").strip(), locale)
    document["captcha"] = "captcha" in sent
    document["rate"] = _whole("rate")
    hosts = sent.get("embed", "").replace("https://", " ").replace(",", " ").split()
    document["embed"] = list(dict.fromkeys(host.strip("/").lower() for host in hosts))
    if before["kind"] == FORM:
        document |= _form_settings(before, form, sent)
    else:
        document["search"] = editing.ordered(sent.getlist("search"), before["search"])
        document["columns"] = editing.ordered(sent.getlist("columns"), before["columns"])
        document["limit"] = _whole("limit")
    return editing.without_blanks(document) | {"title": document["title"] or ""}


def _form_settings(before: Document, form: Form, sent: Mapping[str, str]) -> Document:
    fields = editing.ordered(request.form.getlist("fields"), before["fields"])
    ways = {key: sent.get(f"prefill.{key}", "") for key in fields}
    prefill = {way: [key for key in fields if ways[key] == way] for way in ("open", "signed")}
    thanks = dict(before.get("thanks", {}))
    thanks["text"] = editing.relabelled(thanks.get("text"), sent.get("thanks", "").strip(), current_locale())
    thanks["redirect"] = sent.get("redirect", "").strip()
    picks = [{"key": key, "columns": request.form.getlist(f"pick.{key}")} for key in _targets(form) if key in fields]
    return {
        "fields": fields,
        "open_from": _utc(sent.get("open_from", "")),
        "open_until": _utc(sent.get("open_until", "")),
        "quota": _whole("quota"),
        "once": sent.get("once") or None,
        "once_field": (sent.get("once_field") or None) if sent.get("once") == "phone" else None,
        "prefill": {way: keys for way, keys in prefill.items() if keys},
        "thanks": {name: value for name, value in thanks.items() if value},
        "capture": {what: sent[f"capture.{what}"] for what in ("device", "ip") if sent.get(f"capture.{what}")},
        "pick": [one for one in picks if one["columns"]],
        "draft": "draft" in sent,
    }


def _whole(name: str) -> int | None:
    text = request.form.get(name, "").strip()
    if text and not (text.isdecimal() and len(text) < 9):
        raise Rejected(Problem("public.whole", name, "Give a whole number"))
    return int(text) if text else None
