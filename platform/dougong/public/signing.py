"""What public pages sign and seal with the installation's keys: addresses that fill in fields, visitors, opened pages.

Nothing of it is stored. A visitor is a random name in a signed cookie; an opened page is a sealed text in the page
itself, which only this visitor can send back, and only once.
"""

import base64
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from dougong.vault.box import Box
from engines.kernel.problems import Problem, Rejected

UNTIL: Final = "until"
SIGNATURE: Final = "sig"
PAGE_SECONDS: Final = 24 * 3600
_PURPOSE: Final = "public.prefill"


@dataclass(frozen=True, slots=True)
class Opened:
    """A page as one visitor opened it: `nonce` lets it be sent once; `solved` that its captcha was."""

    visitor: str
    nonce: str
    at: int
    solved: bool = False


def sign(box: Box, app: str, key: str, values: Mapping[str, str], *, until: int | None = None) -> str:
    """The query of an address that fills in signed fields: `name=...&until=...&sig=...`."""
    given = dict(values) | ({UNTIL: str(until)} if until is not None else {})
    return urlencode({**given, SIGNATURE: _encoded(box.digest(_said(app, key, given), _PURPOSE))})


def verified(
    box: Box, app: str, key: str, signed: tuple[str, ...], query: Mapping[str, str], now: int
) -> dict[str, str]:
    """The signed values of an address; none where it carries none.

    Raises `Rejected` where a value was changed, left out or added, and where its time is over.
    """
    names = (*signed, UNTIL)
    given = {name: query[name] for name in names if name in query}
    if SIGNATURE not in query:
        if any(name in given for name in signed):
            raise _damaged()
        return {}
    wanted = query[SIGNATURE]
    said = _said(app, key, given)
    if not any(hmac.compare_digest(_encoded(one).encode(), wanted.encode()) for one in box.digests(said, _PURPOSE)):
        raise _damaged()
    until = given.pop(UNTIL, None)
    if until is not None and (not until.isdecimal() or len(until) > 12 or int(until) < now):
        raise Rejected(Problem("public.link_old", "", "This address is no longer valid; ask for a new one"))
    return given


def seal_opened(box: Box, page: str, opened: Opened) -> str:
    """The sealed text that an opened page carries."""
    return box.seal(json.dumps([page, opened.visitor, opened.nonce, opened.at, opened.solved]))


def open_page(box: Box, page: str, visitor: str, text: str) -> Opened:
    """What the page carries, read again. Raises `Rejected` for one of another page, visitor or day."""
    found = unsealed(box, text)
    if not isinstance(found, list) or len(found) != 5 or found[0] != page:
        raise _foreign()
    opened = Opened(str(found[1]), str(found[2]), int(found[3]), bool(found[4]))
    if not hmac.compare_digest(opened.visitor.encode(), visitor.encode()):
        raise _foreign()
    if not 0 <= time.time() - opened.at <= PAGE_SECONDS:
        raise _foreign()
    return opened


def fresh(visitor: str) -> Opened:
    """A page that is opened just now."""
    return Opened(visitor, secrets.token_urlsafe(12), int(time.time()))


def unsealed(box: Box, text: str) -> Any:
    """The JSON in a sealed text; None for anything else."""
    try:
        return json.loads(box.open(text[:4000]))
    except (Rejected, ValueError):
        return None


def seal_choice(box: Box, app: str, key: str, field: str, record_id: int) -> str:
    """A record that a relation offers, without its id: good for this field of this page only."""
    return box.seal(json.dumps([app, key, field, record_id]))


def open_choice(box: Box, app: str, key: str, field: str, text: str) -> int | None:
    """The id behind a sealed choice; None for what this page never offered in this field."""
    found = unsealed(box, text)
    if not isinstance(found, list) or found[:3] != [app, key, field] or not isinstance(found[3], int):
        return None
    return found[3]


def _said(app: str, key: str, given: Mapping[str, str]) -> str:
    return json.dumps([app, key, sorted(given.items())], ensure_ascii=False)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _damaged() -> Rejected:
    message = "This address is damaged: its signature does not fit; ask for the address again"
    return Rejected(Problem("public.signature", "", message))


def _foreign() -> Rejected:
    message = "The page is too old or did not come from here; open it again and send once more"
    return Rejected(Problem("public.page_old", "", message))
