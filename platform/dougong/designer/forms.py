"""The forms of an app as the designer lists them, and making and removing one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from dougong.apps import drafts, store
from dougong.designer import workbench
from dougong.designer.keys import key_of, unique
from engines.form.transaction import Transaction
from engines.kernel.documents import Document
from engines.kernel.keyed import Address
from engines.kernel.labels import Label
from engines.kernel.problems import Problem, Rejected

Access = Literal["everyone", "own", "admins"]
ACCESS: Final[tuple[Access, ...]] = ("everyone", "own", "admins")
FORM_KEY: Final = 24
TITLE_LIMIT: Final = 100
MENU: Final = "main"


@dataclass(frozen=True, slots=True)
class Listed:
    """A form on the overview. `state` is "", `new`, `changed` or `removed`."""

    key: str
    title: Label
    icon: str
    fields: int
    state: str


def list_forms(tx: Transaction, app: str) -> tuple[Listed, ...]:
    """Every form of the app, those that only the workbench knows or that it takes out among them."""
    states = workbench.changed_forms(tx, app)
    before = store.load(tx, app).documents
    every = {**before, **workbench.documents(tx, app)}
    return tuple(
        Listed(
            key,
            body.get("title", key),
            body.get("icon", "file-text"),
            len(body.get("fields", ())),
            states.get(key, ""),
        )
        for (kind, key), body in sorted(every.items(), key=lambda item: item[0])
        if kind == workbench.FORM
    )


def new_form(tx: Transaction, app: str, title: Label, access: Access = "everyone") -> str:
    """Add an empty form to the workbench, with rights for those who shall use it and an entry in the menu.

    Gives its key, made from the title. Raises `Rejected` for a title that is blank or too long.
    """
    name = check_title(title, access)
    bench = workbench.open_bench(tx, app)
    every = workbench.documents(tx, app)
    key = free_key(tx, app, name)
    document: Document = {
        "kind": "form",
        "key": key,
        "title": title,
        "icon": "forms",
        "fields": [],
        "sections": [{"key": "main", "columns": 2, "fields": []}],
    }
    drafts.put_document(tx, bench, document)
    put_around(tx, bench, every, key, title, access)
    return key


def check_title(title: Label, access: str) -> str:
    """The first of the words of a title. Raises `Rejected` for a title that is blank or too long, or unknown access."""
    words = [title] if isinstance(title, str) else list(title.values())
    if not any(word.strip() for word in words):
        raise Rejected(Problem("designer.no_title", "title", "Give the form a name"))
    if any(len(word) > TITLE_LIMIT for word in words):
        message = f"Must have at most {TITLE_LIMIT} characters"
        raise Rejected(Problem("document.too_long", "title", message, {"max": TITLE_LIMIT}))
    if access not in ACCESS:
        raise Rejected(Problem("designer.access", "access", "Choose who may use the form"))
    return next(word for word in words if word.strip())


def free_key(tx: Transaction, app: str, name: str) -> str:
    """A key for a new form that neither a published form nor one of the workbench has."""
    every = {*workbench.documents(tx, app), *store.load(tx, app).documents}
    taken = {key for kind, key in every if kind == workbench.FORM}
    return key_of(name, taken, longest=FORM_KEY, fallback="form")


def put_around(
    tx: Transaction, draft: drafts.Draft, every: Mapping[Address, Document], key: str, title: Label, access: str
) -> None:
    """Rights for those who shall use a new form, and its entry in the menu."""
    if access != "admins":
        drafts.put_document(tx, draft, _group(every, key, access))
    drafts.put_document(tx, draft, _menu(every, key, title), seen=tx.revision)


def _group(every: Mapping[Address, Document], form: str, access: str) -> Document:
    taken = {key for kind, key in every if kind == "group"}
    return {
        "kind": "group",
        "key": unique(f"{form}_users", taken),
        "title": {"zh-CN": "全体成员", "en": "Everyone"},
        "form": form,
        "members": {"everyone": True},
        "operations": ["read", "create", "update"],
        "rows": [{"scope": "all" if access == "everyone" else "own"}],
        "fields": {"*": "edit"},
    }


def _menu(every: Mapping[Address, Document], form: str, title: Label) -> Document:
    """The app's first menu with an entry for the form; a new menu where it has none."""
    menus = [body for (kind, _), body in sorted(every.items(), key=lambda item: item[0]) if kind == "menu"]
    menu: dict[str, Any] = menus[0] if menus else {"kind": "menu", "key": MENU, "items": []}
    taken = {item["key"] for item in menu["items"]}
    entry = {"key": unique(form, taken), "title": title, "icon": "forms", "target": {"form": form}}
    return {**menu, "items": [*menu["items"], entry]}


def remove_form(tx: Transaction, app: str, key: str) -> None:
    """Take a form out with the next publish, with its rights and menu entries; its data goes to the trash then.

    One that was never published is gone at once. Raises `NotFound`.
    """
    bench = workbench.open_bench(tx, app)
    every = workbench.open_form(tx, app, key).documents
    for (kind, name), body in every.items():
        if kind == "group" and body.get("form") == key:
            drafts.remove_document(tx, bench, kind, name, seen=tx.revision)
        if kind == "menu":
            items = [item for item in body.get("items", ()) if item.get("target", {}).get("form") != key]
            if len(items) != len(body.get("items", ())):
                _put_or_reset(tx, bench, {**body, "items": items})
    drafts.remove_document(tx, bench, workbench.FORM, key, seen=tx.revision)


def reset_form(tx: Transaction, app: str, key: str) -> None:
    """Forget what the workbench does to a form: it is again as it was published; rights and menus that went come back.

    Raises `NotFound` when it does nothing to it.
    """
    bench = workbench.open_bench(tx, app)
    before = store.load(tx, app)
    drafts.reset_document(tx, bench, workbench.FORM, key)
    for (kind, name), body in bench.documents.items():
        if kind == "group" and (body or before.find(kind, name) or {}).get("form") == key:
            drafts.reset_document(tx, bench, kind, name)
        if kind == "menu" and body is not None:
            _put_or_reset(tx, bench, _with_entries_of(body, before.find(kind, name), key))


def _with_entries_of(menu: Document, before: Document | None, form: str) -> Document:
    """The menu with the entries for a form as they were before."""
    old = [one for one in (before or {}).get("items", ()) if one.get("target", {}).get("form") == form]
    kept = [one for one in menu["items"] if one.get("target", {}).get("form") != form]
    return {**menu, "items": [*kept, *old]}


def _put_or_reset(tx: Transaction, bench: drafts.Draft, menu: Document) -> None:
    """A menu in the workbench; one that is again as it was published, or empty and never published, is left out."""
    address = ("menu", menu["key"])
    before = store.load(tx, bench.app).find(*address)
    is_back = menu == before or (before is None and not menu["items"])
    if not is_back:
        drafts.put_document(tx, bench, menu, seen=tx.revision)
    elif address in bench.documents:
        drafts.reset_document(tx, bench, *address)
