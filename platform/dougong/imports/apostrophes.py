"""Texts in CSV that a spreadsheet would take for a formula: an apostrophe goes in front, and is taken away again.

The way there and back loses nothing: a text that has apostrophes before such a sign gets one more.
"""

import re
from typing import Final

_RISKY: Final = re.compile(r"'*[=+\-@\t\r\n]")
_GUARDED: Final = re.compile(r"'+[=+\-@\t\r\n]")


def guarded(text: str) -> str:
    """The text as it goes into a CSV file."""
    return f"'{text}" if _RISKY.match(text) else text


def unguarded(text: str) -> str:
    """The text that stands behind a cell of a CSV file."""
    return text[1:] if _GUARDED.match(text) else text
