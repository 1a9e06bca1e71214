"""What templates can call: icons, assets, times, and how a page shows messages after what a person did."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from flask import Flask, Response, flash, redirect
from markupsafe import Markup

from dougong.web.assets import ASSETS, asset
from dougong.web.errors import is_htmx
from dougong.web.i18n import (
    catalog,
    current_locale,
    format_date,
    format_datetime,
    gettext,
    ngettext,
    zone_info,
)

FALLBACK_ICON = "file"
TONES = 6


def icon(name: str, size: str = "") -> Markup:
    """An icon of the sprite; an unknown name (of a pack, say) gets a plain sheet. Hidden from screen readers."""
    known = name if name in ASSETS.icons else FALLBACK_ICON
    kind = f"icon icon-{size}" if size else "icon"
    return Markup('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>').format(
        kind, asset("icons.svg"), known
    )


def ago(instant: datetime | None) -> Markup:
    """How long ago (or in how long), with the exact time on hover; the script keeps it fresh."""
    if instant is None:
        return Markup("")
    local = instant.astimezone(zone_info())
    exact = format_datetime(instant, "yyyy-MM-dd HH:mm:ss")
    return Markup('<time datetime="{}" title="{}" data-ago>{}</time>').format(
        instant.astimezone(UTC).isoformat(timespec="seconds"), exact, relative(local)
    )


def relative(instant: datetime, now: datetime | None = None) -> str:
    """Words for an instant seen from now: `just now`, `5 minutes ago`, `yesterday 14:03`, then the date."""
    now = now or datetime.now(UTC)
    local, here = instant.astimezone(zone_info()), now.astimezone(zone_info())
    seconds = (now - instant).total_seconds()
    if 0 <= seconds < 60:
        return str(gettext("just now"))
    if 0 <= seconds < 3600:
        minutes = int(seconds // 60)
        return str(ngettext("%(num)d minute ago", "%(num)d minutes ago", minutes))
    days = (here.date() - local.date()).days
    clock = local.strftime("%H:%M")
    if days == 0 and seconds >= 0:
        hours = int(seconds // 3600)
        return str(ngettext("%(num)d hour ago", "%(num)d hours ago", hours))
    if days == 0:
        return str(gettext("today %(clock)s", clock=clock))
    if days == 1:
        return str(gettext("yesterday %(clock)s", clock=clock))
    if days == -1:
        return str(gettext("tomorrow %(clock)s", clock=clock))
    if 1 < days < 7:
        return str(ngettext("%(num)d day ago", "%(num)d days ago", days))
    return local.strftime("%m-%d %H:%M") if local.year == here.year else local.strftime("%Y-%m-%d")


def day(value: date | None) -> str:
    """A date as people of the language write it in tables."""
    return "" if value is None else str(format_date(value, "yyyy-MM-dd", rebase=False))


def initials(name: str) -> str:
    """One or two characters for an avatar: the last two of a Chinese name, the first letters of others."""
    words = re.sub(r"[(（\[【].*", "", name).split() or name.split()
    if not words:
        return "?"
    if not words[0][0].isascii():
        return words[0][-2:]
    return "".join(word[0] for word in words[:2]).upper()


def tone(name: str) -> int:
    """A colour number that stays the same for a name."""
    return sum(map(ord, name)) % TONES


def script_words() -> str:
    """The words of the scripts (`scripts.po`), as JSON for `t()` in TypeScript; nothing for English."""
    if current_locale() == "en":
        return "{}"
    words = {message.id: message.string for message in catalog("zh_CN", "scripts") if message.id}
    return json.dumps(words, ensure_ascii=False).replace("<", "\\u003c")


def toast(response: Response, text: str, kind: str = "success") -> Response:
    """Let the page show a short message when this fragment arrives."""
    return trigger(response, "dg:toast", {"text": str(text), "kind": kind})


def trigger(response: Response, event: str, detail: Mapping[str, Any] | None = None) -> Response:
    """Let the page raise an event when this fragment arrives (several may be added)."""
    known = json.loads(response.headers.get("HX-Trigger", "{}"))
    response.headers["HX-Trigger"] = json.dumps({**known, event: dict(detail or {})})
    return response


def done(text: str, to: str, kind: str = "success") -> Response:
    """Go to a page with a message, whether htmx or the browser asked."""
    flash(str(text), kind)
    if is_htmx():
        response = Response(status=204)
        response.headers["HX-Redirect"] = to
        return response
    return redirect(to, 303)  # type: ignore[return-value]


def attributes(values: Mapping[str, Any]) -> Markup:
    """HTML attributes of a mapping; True stands alone, None and False are left out."""
    parts = [
        Markup(" {}").format(name) if value is True else Markup(' {}="{}"').format(name, value)
        for name, value in values.items()
        if value is not None and value is not False
    ]
    return Markup("").join(parts)


def pairs(items: Iterable[Any], key: str = "id", text: str = "name") -> list[tuple[Any, str]]:
    """Key and text of each, for `select_field`; what has a depth (departments) is set in by it."""
    return [(getattr(each, key), "\u3000" * getattr(each, "depth", 0) + str(getattr(each, text))) for each in items]


def install(app: Flask) -> None:
    """Give templates their helpers."""
    app.jinja_env.globals.update(
        asset=asset, icon=icon, ago=ago, initials=initials, tone=tone, script_words=script_words, attributes=attributes
    )
    app.jinja_env.globals["asset_styles"] = ASSETS.styles
    app.jinja_env.filters["day"] = day
    app.jinja_env.filters["ago"] = ago
    app.jinja_env.filters["pairs"] = pairs
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.policies["json.dumps_kwargs"] = {"sort_keys": False, "ensure_ascii": False}
