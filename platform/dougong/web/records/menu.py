"""The entries that apps bring to the side bar: forms and dashboards of their menus that the person may open."""

from collections.abc import Iterable, Mapping
from typing import Any

from dougong.apps import store
from dougong.web.shell import Entry
from engines.form.form import Forms
from engines.form.policy import policy_for
from engines.form.transaction import Transaction
from engines.kernel.labels import label


def app_entries(tx: Transaction) -> Iterable[Entry]:
    """One entry for each menu item, in the order of the apps and their menus."""
    apps = store.apps(tx)
    for app in apps:
        forms = store.forms(tx, app.key)
        section = label(app.title, tx.actor.locale) if len(apps) > 1 else ""
        for menu in forms.of_kind("menu").values():
            for item in menu.get("items", ()):
                url = _url(tx, forms, app.key, item)
                if url is not None:
                    title = label(item["title"], tx.actor.locale)
                    yield Entry(f"{app.key}.{item['key']}", title, url, item.get("icon", "file"), section)


def _url(tx: Transaction, forms: Forms, app: str, item: Mapping[str, Any]) -> str | None:
    """Where an item leads, or None where the person may not go or nothing is there."""
    roles = item.get("roles")
    if roles and not tx.actor.is_admin and not tx.actor.roles & set(roles):
        return None
    target = item["target"]
    if "form" in target:
        key = target["form"]
        if key not in forms or not policy_for(tx, forms.get(key)).may("read"):
            return None
        return f"/a/{app}/{key}"
    if "dashboard" in target:
        return f"/a/{app}/d/{target['dashboard']}"
    return f"/{target['page']}" if "page" in target else None
