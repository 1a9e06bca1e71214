"""The facts of a transaction for expressions: its fixed moment, the actor, the settings."""

from engines.form.transaction import Transaction
from engines.formula import Facts


def facts_of(tx: Transaction) -> Facts:
    """The facts that every expression of a transaction is evaluated with."""
    actor = tx.actor
    user = None
    if actor.id is not None:
        user = {
            "id": actor.id,
            "name": actor.name,
            "main_department": actor.main_department,
            "roles": tuple(sorted(actor.roles)),
        }
    return Facts(now=tx.now, zone=actor.zone, user=user, settings=tx.settings, locale=actor.locale)
