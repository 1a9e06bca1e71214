"""The facts of a transaction for expressions: its fixed moment, the actor, the settings of an app."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from engines.form.form import Forms
from engines.form.transaction import Transaction
from engines.formula import Facts


def facts_of(tx: Transaction, forms: Forms | None = None) -> Facts:
    """The facts that every expression of a transaction is evaluated with; `forms` say which settings their app has."""
    actor = tx.actor
    user = None
    if actor.id is not None:
        user = {
            "id": actor.id,
            "name": actor.name,
            "main_department": actor.main_department,
            "roles": tuple(sorted(actor.roles)),
        }
    settings: Mapping[str, Any] = LazySettings(tx, forms) if forms is not None and forms.settings else tx.settings
    return Facts(now=tx.now, zone=actor.zone, user=user, settings=settings, locale=actor.locale)


def settings_of(tx: Transaction, forms: Forms) -> dict[str, Any]:
    """The settings of an app with their defaults, as values of their types."""
    stored, values = tx.settings, {}
    for key, setting in forms.settings.items():
        value = stored.get(f"{forms.app}.{key}", stored.get(key, setting.get("default")))
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = Decimal(str(value))
        elif setting["type"] == "number" and isinstance(value, str):
            value = Decimal(value)
        elif setting["type"] == "date" and isinstance(value, str):
            value = date.fromisoformat(value)
        values[key] = value
    return values


class LazySettings(Mapping[str, Any]):
    """`settings_of`, worked out when an expression asks for the first one: most transactions ask for none."""

    def __init__(self, tx: Transaction, forms: Forms) -> None:
        self._source = (tx, forms)
        self._values: dict[str, Any] | None = None

    def _read(self) -> dict[str, Any]:
        if self._values is None:
            self._values = settings_of(*self._source)
        return self._values

    def __getitem__(self, key: str) -> Any:
        return self._read()[key]

    def __iter__(self) -> Any:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())
