"""Notes, embedded pages, codes and buttons on a record's page."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import g, request
from markupsafe import Markup

from dougong.web.i18n import current_locale, gettext, zone
from dougong.web.records import codes
from dougong.web.records.locate import record_url as page_url
from engines.form import decor
from engines.form.fields.base import Field
from engines.form.fields.page import names_in
from engines.form.form import Form
from engines.form.moment import settings_of
from engines.form.query import Record
from engines.form.transaction import Transaction

HOSTS = "embed_hosts"
"""The setting that names the hosts whose pages may be embedded, between blanks or commas; an address names its host."""
_BETWEEN = re.compile(r"[\s,;，；、]+")
_NAME = re.compile(r"[a-z0-9.-]{1,253}")


def allow_frames(tx: Transaction, form: Form) -> None:
    """Let the browser show the embedded pages of a form in this answer, those of allowed hosts."""
    allowed = _hosts(tx, form)
    wanted = {_host(one.options["url"]) for one in form.decor.values() if one.type.key == "embed"}
    g.may_allow_frames = tx.actor.is_admin
    g.frame_hosts = sorted(host for host in wanted if host in allowed)


def may_embed(url: str) -> bool:
    """Whether this answer lets the browser show a page of this address."""
    return _host(url) in g.get("frame_hosts", ())


def filled(url: str, form: Form, record: Record | None) -> str:
    """An address with the values of a record."""
    values: dict[str, Any] = dict(record.values) if record else {}
    return decor.record_url(form, url, record.id if record else None, values, current_locale(), zone())


def code(field: Field, form: Form, record: Record | None) -> Markup:
    """The code of a field or of the record's page."""
    if record is None:
        return Markup('<span class="text-secondary">{}</span>').format(gettext("Shown when the record is saved"))
    if field.options.get("of", "record") == "record":
        text = request.host_url.rstrip("/") + page_url(form.app, form.key, record.id)
    else:
        source = form.fields[field.options["field"]]
        value = record.values.get(source.key)
        text = "" if value is None else source.type.display(value, source, current_locale(), zone())
    if not text:
        return Markup('<span class="text-secondary">–</span>')
    return codes.bar_code(text) if field.options.get("format") == "code128" else codes.qr_code(text)


def may_allow() -> bool:
    """Whether who looks may allow hosts."""
    return bool(g.get("may_allow_frames"))


def host_of(url: str) -> str:
    """The host of an embedded page, for the words that ask to allow it."""
    return _host(url)


def waits_for_record(url: str, record: Record | None) -> bool:
    """Whether an address cannot be built yet: it names fields, and the record is not there."""
    return record is None and any(names_in(url))


def _hosts(tx: Transaction, form: Form) -> Iterable[str]:
    said = settings_of(tx, form.forms).get(HOSTS) or tx.settings.get(f"{form.app}.{HOSTS}") or tx.settings.get(HOSTS)
    words = _BETWEEN.split(str(said or "").strip())
    return frozenset(_host(one if "://" in one else f"https://{one}") for one in words if one) - {""}


def _host(url: str) -> str:
    """The host of an address, with its port where that is not the usual one; empty for what is none."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return ""
    if not _NAME.fullmatch(host):
        return ""
    return host if port in (None, 443) else f"{host}:{port}"
