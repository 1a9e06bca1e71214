"""Two languages, Chinese first: which one a request speaks, and the words of both.

Texts in code and pages are English msgids. The Chinese ones lie in `translations/zh_CN/LC_MESSAGES/*.po`, one file for
each area, so that people who write different areas do not meet in one file; they are read together at start-up.
"""

from functools import lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, has_request_context, request, session
from flask_babel import (  # type: ignore[import-untyped]
    Babel,
    Domain,
    format_date,
    format_datetime,
    format_decimal,
    get_locale,
    gettext,
    lazy_gettext,
    ngettext,
)

from dougong.web import access
from engines.kernel.labels import LOCALES, label

__all__ = [
    "format_date",
    "format_datetime",
    "format_decimal",
    "gettext",
    "lazy_gettext",
    "ngettext",
]

TRANSLATIONS = Path(__file__).parent / "translations"
DEFAULT = "zh-CN"
DEFAULT_ZONE = "Asia/Shanghai"
NAMES = {"zh-CN": "简体中文", "en": "English"}


@lru_cache(maxsize=8)
def catalog(locale: str, area: str = "*") -> Catalog:
    """All `.po` files of a language as one (or one of them). Two areas give the same msgid only with the same words."""
    merged = Catalog(locale=locale)
    for path in sorted((TRANSLATIONS / locale / "LC_MESSAGES").glob(f"{area}.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=locale):
                if message.id and message.string:
                    merged.add(message.id, message.string, context=message.context)
    return merged


@lru_cache(maxsize=8)
def _translations(locale: str) -> NullTranslations:
    if locale != "zh_CN":
        return NullTranslations()
    buffer = BytesIO()
    write_mo(buffer, catalog(locale))
    buffer.seek(0)
    return Translations(buffer)


class AreaDomain(Domain):
    """Gives Flask-Babel the merged catalogue instead of one compiled file."""

    def get_translations(self) -> NullTranslations:
        """The words of the request's language; English msgids stand for themselves."""
        return _translations(current_locale().replace("-", "_"))


def choose_locale() -> str:
    """The language of this request: the account's, else what this browser chose here, else what it asks for."""
    if not has_request_context():
        return DEFAULT
    who = access.current_access()
    is_person = who is None or who.scopes is None
    chosen = (who.locale if who is not None and is_person else None) or session.get("locale")
    if chosen in LOCALES:
        return str(chosen)
    best = request.accept_languages.best_match([*LOCALES, "zh", "zh-Hans", "zh-Hans-CN", "en-US", "en-GB"])
    if best is None:
        return DEFAULT
    return "en" if best.startswith("en") else DEFAULT


def current_locale() -> str:
    """The language of this request as metadata names it: `zh-CN` or `en`."""
    found = get_locale()
    return "en" if found is not None and found.language == "en" else DEFAULT


def zone() -> str:
    """The time zone in which this request shows instants."""
    who = access.current_access() if has_request_context() else None
    return who.zone if who is not None else DEFAULT_ZONE


def zone_info() -> ZoneInfo:
    """The same as something that converts."""
    return ZoneInfo(zone())


def _label(value: object) -> str:
    return label(value, current_locale())


def install(app: Flask) -> None:
    """Set Flask-Babel up with our catalogues; `label(...)` shows a label of metadata in the request's language."""
    app.config["BABEL_DEFAULT_LOCALE"] = "zh_CN"
    babel = Babel(
        app,
        default_locale="zh_CN",
        default_timezone=DEFAULT_ZONE,
        locale_selector=lambda: choose_locale().replace("-", "_"),
        timezone_selector=zone,
    )
    babel.domain_instance = AreaDomain()
    app.jinja_env.globals.update(label=_label, current_locale=current_locale, language_names=NAMES, zone_info=zone_info)
    app.jinja_env.filters["label"] = _label
