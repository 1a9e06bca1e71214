"""Texts inside web addresses, as `encodeURI` and its kin of browsers write and read them."""

import re
from urllib.parse import quote, unquote_to_bytes

from engines.formula.texts import text

PART = "-_.!~*'()"
"""What stays as it is inside one value, beside letters and digits."""
WHOLE = PART + ";,/?:@&=+$#"
"""What stays as it is in a whole address."""
RESERVED = ";,/?:@&=+$#"
_ESCAPE = re.compile("%([0-9a-fA-F]{2})")
_BROKEN = re.compile("%(?![0-9a-fA-F]{2})")


def encode(value: str | None, kept: str | None) -> str | None:
    """Every other character as percent signs and the numbers of its bytes."""
    return None if value is None else text(quote(value, safe=kept or ""))


def decode(value: str | None, kept: str | None) -> str | None:
    """The opposite, but escapes of the characters in `kept` stay; blank if the bytes are no text."""
    if value is None or _BROKEN.search(value):
        return None

    def guarded(match: re.Match[str]) -> str:
        return "%25" + match[1] if chr(int(match[1], 16)) in (kept or "") else match[0]

    try:
        decoded = unquote_to_bytes(_ESCAPE.sub(guarded, value)).decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\x00" in decoded else text(decoded)
