"""Ctrl+K: pages and records by a few letters; favourites and the language of the frame."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from dougong.web.login import safe_next
from dougong.web.request import begin_tx
from dougong.web.shell import SEARCHES, Entry, Shell, toggle_favourite
from engines.form.folding import fold

palette_pages = Blueprint("palette", __name__)
SHORTEST = 1
LONGEST = 60


@palette_pages.get("/palette")
def hits() -> ResponseReturnValue:
    """What fits the typed letters: pages by title, records by what the areas search in."""
    text = request.args.get("q", "").strip()[:LONGEST]
    with begin_tx(read_only=True) as tx:
        frame = Shell()
        pages = [*frame.entries, *frame.admin]
        if len(text) < SHORTEST:
            return render_template(
                "partials/palette.html",
                pages=pages[:8],
                favourites=frame.favourites,
                recent=frame.recent,
                records=[],
                text=text,
            )
        records = [hit for search in SEARCHES for hit in search(tx, text)]
        return render_template(
            "partials/palette.html", pages=[page for page in pages if _fits(page, text)], records=records, text=text
        )


@palette_pages.post("/favourites")
def star() -> ResponseReturnValue:
    """Star a page, or take the star away; gives the button back."""
    url = safe_next(request.form.get("url"))
    title, icon = request.form.get("title", "")[:100] or url, request.form.get("icon", "file-text")[:40]
    with begin_tx() as tx:
        starred = toggle_favourite(tx, title, url, icon)
        return render_template("partials/star.html", url=url, title=title, icon_name=icon, starred=starred)


def _fits(page: Entry, text: str) -> bool:
    return fold(text) in fold(str(page.title))
