"""The stamp of a workspace's people: whoever changes members, departments or roles moves it on.

It is a setting of the workspace, so every transaction knows it without asking (`tx.settings` is remembered by the stamp
that the beginning message brings). What is computed from people may be kept in the process as long as it stays.
"""

import secrets

from sqlalchemy.dialects.postgresql import insert

from dougong.workspace.tables import SETTING
from engines.form.transaction import Transaction

APP, KEY = "_", "_people"  # no pack can declare such a key


def people_changed(tx: Transaction) -> None:
    """Say that people, departments or roles are changed by this transaction."""
    row = {"app": APP, "key": KEY, "value": secrets.token_hex(6), "changed_at": tx.now, "changed_by": tx.actor.id}
    query = insert(SETTING).values(row)
    new = {name: query.excluded[name] for name in ("value", "changed_at", "changed_by")}
    tx.connection.execute(query.on_conflict_do_update(index_elements=["app", "key"], set_=new))


def people_stamp(tx: Transaction) -> str | None:
    """The stamp as of the beginning of the transaction; None for a workspace where nobody was ever changed."""
    stamp = tx.settings.get(f"{APP}.{KEY}")
    return str(stamp) if stamp is not None else None
