"""QR codes and bar codes as SVG, drawn on the server: no script, no style, sharp in print."""

from typing import Final

import segno
from barcode.codex import Code128
from markupsafe import Markup

from dougong.web.i18n import gettext

MOST_QR: Final = 1200
MOST_BARS: Final = 80
QUIET: Final = 10
BAR_HEIGHT: Final = 40


def qr_code(text: str) -> Markup:
    """The QR code of a text; a sentence where it is too long to be read by a phone."""
    if len(text.encode()) > MOST_QR:
        return Markup('<span class="text-secondary">{}</span>').format(gettext("Too long for a code"))
    rows = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix]
    size = len(rows) + 8
    path = "".join(f"M{x + 4} {y + 4}h{width}v1h-{width}z" for y, row in enumerate(rows) for x, width in _runs([*row]))
    return _svg(size, size, path, "dg-qr", text)


def bar_code(text: str) -> Markup:
    """The Code 128 of a text; a sentence where it has letters that Code 128 does not know."""
    if not text.isascii() or not text.isprintable() or len(text) > MOST_BARS:
        return Markup('<span class="text-secondary">{}</span>').format(gettext("A bar code holds English signs only"))
    (modules,) = Code128(text).build()
    path = "".join(
        f"M{x + QUIET} 0h{width}v{BAR_HEIGHT}h-{width}z" for x, width in _runs([one == "1" for one in modules])
    )
    picture = _svg(len(modules) + 2 * QUIET, BAR_HEIGHT, path, "dg-bars", text)
    return Markup("{}<code>{}</code>").format(picture, text)


def _runs(modules: list[bool] | list[int]) -> list[tuple[int, int]]:
    """Where dark modules begin and how many follow each other."""
    found: list[tuple[int, int]] = []
    start = -1
    for place, dark in enumerate([*modules, 0]):
        if dark and start < 0:
            start = place
        elif not dark and start >= 0:
            found.append((start, place - start))
            start = -1
    return found


def _svg(width: int, height: int, path: str, kind: str, text: str) -> Markup:
    return Markup(
        '<svg class="dg-code-svg {}" viewBox="0 0 {} {}" role="img" aria-label="{}" shape-rendering="crispEdges">'
        '<rect width="100%" height="100%" fill="#fff"/><path fill="#000" d="{}"/></svg>'
    ).format(kind, width, height, text, path)
