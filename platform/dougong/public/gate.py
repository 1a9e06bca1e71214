"""Who a stranger is for the engines, what a public page lets a stranger do, and when it is open."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from dougong.apps import store
from dougong.public import links
from dougong.public.kinds import FORM, QUERY, fillable_column
from dougong.public.links import Shared
from engines.form.form import Form
from engines.form.policy import Grant
from engines.form.policy.grants import Right
from engines.form.transaction import Actor, Transaction
from engines.kernel.keyed import Document

State = Literal["open", "off", "soon", "over", "full"]
EVERYWHERE: Final[tuple[Mapping[str, Any], ...]] = ({"scope": "all"},)


@dataclass(frozen=True)
class Public:
    """A public page in one transaction."""

    shared: Shared
    document: Document
    form: Form

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the page that exist, in its order."""
        return tuple(key for key in self.document.get("fields", ()) if key in self.form.fields)

    @property
    def signed(self) -> tuple[str, ...]:
        """The fields that only a signed address gives."""
        return tuple(self.document.get("prefill", {}).get("signed", ()))

    @property
    def quota(self) -> int | None:
        """How many may be sent in all."""
        found = self.document.get("quota")
        return None if found is None else int(found)


def stranger(locale: str, zone: str = "Asia/Shanghai") -> Actor:
    """Somebody without an account: no id, no role, no department; every right comes from the page's grants."""
    return Actor(id=None, locale=locale, zone=zone)


def enter(tx: Transaction, token: str, kind: str) -> Public | None:
    """The page that a token leads to, with the rights of a stranger on it; None where it leads nowhere.

    From here on the transaction can do what the page says, and nothing else.
    """
    shared = links.resolve(tx, token, kind)
    if shared is None:
        return None
    document = store.load(tx, shared.app).find(kind, shared.key)
    if document is None:
        return None
    form = store.forms(tx, shared.app).by_key.get(document["form"])
    if form is None:
        return None
    page = Public(shared, document, form)
    tx.grants = query_grants(page) if kind == QUERY else form_grants(page)
    return page


def form_grants(page: Public) -> dict[str, tuple[Grant, ...]]:
    """Adding records with the chosen fields, and reading the columns that relations may show."""
    document = page.document
    rights: dict[str, Right] = dict.fromkeys(page.fields, "edit")
    for key in page.fields:  # a column that the page does not show cannot be filled in either
        rights |= {one.path: "hidden" for one in page.form.fields[key].rows.values() if not fillable_column(one)}
    rights |= dict.fromkeys(document.get("capture", {}).values(), "edit")
    adding = Grant(f"_public_{page.shared.key}"[:60], frozenset({"create"}), EVERYWHERE, rights)
    found: dict[str, list[Grant]] = {page.form.key: [adding]}
    for pick in document.get("pick", ()):
        field = page.form.fields.get(pick["key"])
        target = field.target if field is not None and field.key in page.fields else None
        if isinstance(target, Form) and not target.system:
            found.setdefault(target.key, []).append(_reading(page, target, pick["columns"]))
    return {key: tuple(grants) for key, grants in found.items()}


def query_grants(page: Public) -> dict[str, tuple[Grant, ...]]:
    """Reading the columns that are asked for or shown."""
    columns = [*page.document["search"], *page.document["columns"]]
    return {page.form.key: (_reading(page, page.form, columns),)}


def _reading(page: Public, form: Form, columns: list[str]) -> Grant:
    rights: dict[str, Right] = {key: "read" for key in columns if key in form.fields}
    return Grant(f"_public_{page.shared.key}"[:60], frozenset({"read"}), EVERYWHERE, rights)


def state_of(page: Public, now: datetime) -> State:
    """Whether the page may be used now, and if not, why."""
    document = page.document
    if not page.shared.is_on:
        return "off"
    if document["kind"] != FORM:
        return "open"
    if "open_from" in document and now < instant(document["open_from"]):
        return "soon"
    if "open_until" in document and now >= instant(document["open_until"]):
        return "over"
    if page.quota is not None and page.shared.submitted >= page.quota:
        return "full"
    return "open"


def instant(text: str) -> datetime:
    """An instant of the document."""
    return datetime.fromisoformat(text)
