# ruff: noqa: ARG002
"""An address on the web, or of a mailbox. Only schemes that run nothing in the reader's browser are taken."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from engines.form.fields.base import Context, Field, reject
from engines.form.fields.options import properties, words
from engines.form.fields.scanned import SCANNED
from engines.form.fields.text import Textual
from engines.kernel.documents import described
from engines.kernel.problems import Problem

SCHEMES: Final = ("http", "https", "mailto")
LONGEST: Final = 2000
_SCHEME: Final = re.compile(r"^([a-z][a-z0-9+.\-]*):", re.IGNORECASE)
_HOST_AND_PORT: Final = re.compile(r"^[\w.\-]+:\d{1,5}(?:/|$)")
_HOST: Final = re.compile(r"^(?:\[[0-9a-f:.]+\]|[^\s<>\"'`|\\^{}%()]+)$", re.IGNORECASE)
_MAILBOX: Final = re.compile(r"^[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]+$")


class UrlField(Textual):
    """A website, a document elsewhere."""

    key = "url"
    icon = "world"
    title = words("Web address", "网址")
    description = words("A link: http, https or mailto.", "链接：http、https 或 mailto。")
    may_be_unique = True
    option_properties = properties(
        hosts=described(
            {
                "type": "array",
                "maxItems": 50,
                "items": {"type": "string", "pattern": r"^[a-z0-9.\-]+$", "maxLength": 100},
            },
            ("Only these sites", "Domains that are taken, their sub-domains included; all when empty."),
            ("仅限站点", "允许的域名（含其子域名）；不填则不限。"),
        ),
        scan=SCANNED,
    )

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> str | None:
        """A site without a scheme is taken for https: `www.example.com`."""
        text = super().parse(raw, field, context)
        if text is None:
            return None
        scheme = _SCHEME.match(text)
        if scheme is None or _HOST_AND_PORT.match(text):
            text = f"mailto:{text}" if _MAILBOX.match(text) else f"https://{text}"
        elif scheme[1].lower() not in SCHEMES:
            known = ", ".join(SCHEMES)
            message = f'"{scheme[1]}" links are not taken; only {known}'
            raise reject("url.scheme", message, value=scheme[1], known=known)
        if not _is_address(text):
            raise reject("url.not_an_address", f'"{text[:80]}" is not a web address', value=text[:80])
        name, _, rest = text.partition(":")
        return f"{name.lower()}:{rest}"

    def check(self, value: Any, field: Field, context: Context | None = None) -> Iterable[Problem]:
        if len(value) > LONGEST:
            message = f"Must have at most {LONGEST} characters, has {len(value)}"
            yield Problem("text.too_long", "", message, {"max": LONGEST, "length": len(value)})
        hosts = field.options.get("hosts")
        host = (urlsplit(value).hostname or value.rpartition("@")[2]).lower()
        if hosts and not any(host == one or host.endswith(f".{one}") for one in hosts):
            known = ", ".join(hosts)
            yield Problem("url.other_site", "", f"Only addresses of {known}", {"known": known, "host": host})

    def short(self, value: str) -> str:
        """The address without what everybody knows: `example.com/a`."""
        return re.sub(r"^(?:https?://(?:www\.)?|mailto:)", "", value).removesuffix("/")

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [
            ({}, "https://www.example.com/a?b=1&c=%E4%BD%A0#d"),
            ({"hosts": ["example.com"]}, "http://docs.example.com:8080/"),
            ({}, "mailto:info@example.com"),
        ]


def _is_address(text: str) -> bool:
    if text.lower().startswith("mailto:"):
        return _MAILBOX.match(text[7:].partition("?")[0]) is not None
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    local = host == "localhost" or host.startswith("[") or ":" in host
    return " " not in text and bool(_HOST.match(host)) and (local or "." in host.strip("."))
