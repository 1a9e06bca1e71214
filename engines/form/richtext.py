"""HTML that people write: made safe, made plain.

Whatever comes in is cleaned by nh3 (a binding of ammonia) to the few elements that the editor knows, before it is
stored and again before it is shown: a column may have been filled by a conversion or by hand.
"""

import re
from html import escape
from html.parser import HTMLParser
from typing import Final

import nh3
from sqlalchemy import ColumnElement, Text, func, literal

BLOCKS: Final = ("p", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "pre", "hr", "table", "tr")
TAGS: Final = frozenset(
    (*BLOCKS, "thead", "tbody", "th", "td", "br", "strong", "b", "em", "i", "u", "s", "code", "sub", "sup", "a")
)
_CLEANER: Final = nh3.Cleaner(
    tags=set(TAGS),
    attributes={"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
)
_TAG: Final = re.compile(r"<(?:/?[a-zA-Z]|!)")
_RENAMED: Final = (
    (re.compile(r"<(/?)(?:div|section|article)\b", re.IGNORECASE), r"<\1p"),
    (re.compile(r"<(/?)h1\b", re.IGNORECASE), r"<\1h2"),
    (re.compile(r"<(/?)h[56]\b", re.IGNORECASE), r"<\1h4"),
)
_BLOCK_END: Final = r"</(p|h[2-4]|li|tr|blockquote|pre|td|th)>|<br[^>]*>|<hr[^>]*>"
_ENTITIES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&quot;", '"'), ("&amp;", "&"))


def clean(text: str) -> str:
    """Safe HTML of blocks; a text without any tag becomes paragraphs, one for each line. Empty when nothing shows."""
    if not _TAG.search(text):
        return "".join(f"<p>{escape(line.strip(), quote=False)}</p>" for line in text.splitlines() if line.strip())
    for pattern, name in _RENAMED:
        text = pattern.sub(name, text)
    html = _CLEANER.clean(text).strip()
    if not plain_text(html) and "<hr" not in html:
        return ""
    return html if re.match(rf"<(?:{'|'.join(BLOCKS)})\b", html) else _CLEANER.clean(f"<p>{html}</p>")


def plain_text(html: str) -> str:
    """What people read of it, a line for each block."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return "\n".join(line for line in lines if line)


def plain_sql(column: ColumnElement[str]) -> ColumnElement[str]:
    """The same, nearly, in SQL: for filters."""
    lines = func.regexp_replace(column, _BLOCK_END, "\n", "gi", type_=Text)
    text = func.regexp_replace(lines, "<[^>]*>", "", "g", type_=Text)
    for entity, character in _ENTITIES:
        text = func.replace(text, literal(entity), literal(character), type_=Text)
    return text


class _Reader(HTMLParser):
    """Collects texts; blocks begin and end lines, cells are kept apart."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in BLOCKS or tag == "br":
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.parts.append("\n")
        elif tag in ("td", "th"):
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        self.parts.append(data.replace("\n", " "))
