"""A record that a stranger sends: through the one write path, with the rights of the page, counted exactly."""

from collections.abc import Mapping
from typing import Any, Final

from dougong.public.gate import Public
from dougong.public.kinds import phone_field
from dougong.public.links import count_sent
from dougong.public.marks import mark, marked
from dougong.public.signing import Opened
from dougong.vault.box import Box
from engines.form.records import Saved, create_record
from engines.form.transaction import Transaction
from engines.kernel.problems import Conflict, Problem

LONGEST_DEVICE: Final = 200


class Already(Conflict):
    """This was sent before; nothing was saved again."""


class Closed(Conflict):
    """The page took its last answer meanwhile."""


def submit(
    tx: Transaction,
    box: Box,
    page: Public,
    opened: Opened,
    values: Mapping[str, Any],
    *,
    device: str = "",
    address: str = "",
) -> Saved:
    """Save what was sent. The caller has read `values` from the page's fields only; the policy refuses any other.

    Raises `Already` for a page sent twice, a device or phone number that has sent before; `Closed` where the quota is
    used up; `Rejected` with the problems of fields. All or nothing: the caller rolls back.
    """
    app, key, document = page.shared.app, page.shared.key, page.document
    given = dict(values)
    captured = document.get("capture", {})
    if "device" in captured:
        given[captured["device"]] = _fitting(page, captured["device"], device)
    if "ip" in captured:
        given[captured["ip"]] = _fitting(page, captured["ip"], address)
    if not mark(tx, box, app, key, "sent", opened.nonce):
        raise Already(Problem("public.sent_already", "", "This page was sent already; nothing was saved twice"))
    if document.get("once") == "device" and not mark(tx, box, app, key, "device", opened.visitor):
        raise Already(Problem("public.device_already", "", "This device has sent this form already"))
    saved = create_record(tx, page.form, given)
    phone = phone_field(document, page.form) if document.get("once") == "phone" else None
    if phone is not None:
        number = saved.values.get(phone)
        if not number:
            label = page.form.fields[phone].label(tx.actor.locale)
            message = f"{label} is needed: one number may send once"
            raise Conflict(Problem("public.phone_needed", phone, message, {"label": label}))
        if not mark(tx, box, app, key, "phone", str(number)):
            raise Already(Problem("public.phone_already", phone, "This phone number has sent this form already"))
    if not count_sent(tx, page.shared, page.quota):  # last, so that the row is locked for a moment only
        raise Closed(Problem("public.full", "", "All places are taken"))
    return saved


def sent_by(tx: Transaction, box: Box, page: Public, visitor: str) -> bool:
    """Whether the page takes one sending from each device and this one has sent: nothing more of it would be saved."""
    if page.document.get("once") != "device":
        return False
    return marked(tx, box, page.shared.app, page.shared.key, "device", visitor)


def _fitting(page: Public, key: str, text: str) -> str:
    longest = page.form.fields[key].options.get("max_length") or LONGEST_DEVICE
    return "".join(sign for sign in text if sign.isprintable())[: min(int(longest), LONGEST_DEVICE)]
