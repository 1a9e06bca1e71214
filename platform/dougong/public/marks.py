"""What may come once, exactly once however many come at the same moment: the primary key decides."""

from datetime import timedelta
from typing import Final, Literal

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from dougong.public.tables import PUBLIC_MARK
from dougong.vault.box import Box
from engines.form.transaction import Transaction

What = Literal["device", "phone", "sent", "captcha"]
PASSING: Final = ("sent", "captcha")
"""Marks that matter only as long as a page may be sent; older ones are swept."""
_KEPT: Final = timedelta(days=2)


def mark(tx: Transaction, box: Box, app: str, key: str, what: What, value: str) -> bool:
    """Note that it came; False where it had come before, also in a transaction that ends just now: it is waited for."""
    row = {"app": app, "key": key, "what": what, "digest": box.digest(value, f"public.{what}"), "at": tx.now}
    if what in PASSING:
        old = (PUBLIC_MARK.c.what == what, PUBLIC_MARK.c.at < tx.now - _KEPT)
        tx.connection.execute(delete(PUBLIC_MARK).where(*old))
    elif marked(tx, box, app, key, what, value):  # under an older key of the installation, too
        return False
    statement = insert(PUBLIC_MARK).values(row).on_conflict_do_nothing().returning(PUBLIC_MARK.c.at)
    return tx.connection.execute(statement).first() is not None


def marked(tx: Transaction, box: Box, app: str, key: str, what: What, value: str) -> bool:
    """Whether it has come before."""
    mine = PUBLIC_MARK.c
    known = box.digests(value, f"public.{what}")
    query = select(mine.at).where(mine.app == app, mine.key == key, mine.what == what, mine.digest.in_(known))
    return tx.connection.execute(query.limit(1)).first() is not None
