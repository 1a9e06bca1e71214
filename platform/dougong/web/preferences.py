"""What one person likes to see: small values by name, in the workspace."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from dougong.web.preview import current_preview
from dougong.workspace.tables import PREFERENCE
from engines.form.transaction import Transaction


def read_preference(tx: Transaction, key: str) -> Any:
    """The value of the person who asks; None where there is none."""
    query = select(PREFERENCE.c.value).where(PREFERENCE.c.member_id == tx.actor.id, PREFERENCE.c.key == key)
    return tx.connection.scalar(query)


def read_preferences(tx: Transaction, keys: Collection[str]) -> dict[str, Any]:
    """Several values of the person who asks, in one query; those that are there."""
    query = select(PREFERENCE.c.key, PREFERENCE.c.value)
    rows = tx.connection.execute(query.where(PREFERENCE.c.member_id == tx.actor.id, PREFERENCE.c.key.in_(keys)))
    return {row.key: row.value for row in rows}


def write_preference(tx: Transaction, key: str, value: Any) -> None:
    """Store a value of the person who asks; nothing while somebody looks with their eyes."""
    if tx.actor.id is None or current_preview() is not None:  # another's eyes leave no traces
        return
    query = insert(PREFERENCE).values(member_id=tx.actor.id, key=key, value=value, changed_at=tx.now)
    changed = {"value": query.excluded.value, "changed_at": query.excluded.changed_at}
    tx.connection.execute(query.on_conflict_do_update(index_elements=["member_id", "key"], set_=changed))
