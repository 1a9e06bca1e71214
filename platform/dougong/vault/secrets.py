"""Secrets of a workspace (passwords and tokens of other systems): written once, never shown again, used by name."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from dougong.vault.box import Box
from dougong.workspace.tables import SECRET
from engines.form.transaction import Transaction
from engines.kernel.documents import key_problem
from engines.kernel.problems import NotFound, Problem, Rejected, suggest

LONGEST: Final = 4000
KEY_LENGTH: Final = 40


@dataclass(frozen=True, slots=True)
class Kept:
    """What may be told of a secret: that it is there."""

    key: str
    changed_at: datetime
    changed_by: int | None


def keep_secret(tx: Transaction, box: Box, key: str, value: str) -> None:
    """Keep a secret under a name, in place of an earlier one. Raises `Rejected` for a name or value that cannot be."""
    problem = key_problem(key, KEY_LENGTH)
    if problem is None and not 1 <= len(value) <= LONGEST:
        problem = Problem("secret.length", "value", f"A secret has 1 to {LONGEST} characters", {"limit": LONGEST})
    if problem is not None:
        raise Rejected(problem)
    row = {"key": key, "sealed": box.seal(value), "changed_at": tx.now, "changed_by": tx.actor.id}
    statement = insert(SECRET).values(row)
    tx.connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=row))


def list_secrets(tx: Transaction) -> list[Kept]:
    """The names of all secrets, never what they hold."""
    query = select(SECRET.c.key, SECRET.c.changed_at, SECRET.c.changed_by).order_by(SECRET.c.key)
    return [Kept(*row) for row in tx.connection.execute(query)]


def forget_secret(tx: Transaction, key: str) -> None:
    """Remove a secret; what uses it says so from then on."""
    tx.connection.execute(delete(SECRET).where(SECRET.c.key == key))


def secret(tx: Transaction, box: Box, key: str) -> str:
    """The value, for use in an outgoing request only. Raises `NotFound` (`secret.unknown`)."""
    sealed = tx.connection.scalar(select(SECRET.c.sealed).where(SECRET.c.key == key))
    if sealed is None:
        known = tx.connection.execute(select(SECRET.c.key)).scalars().all()
        message = f'There is no secret "{key}"{suggest(key, known)}'
        raise NotFound(Problem("secret.unknown", "secret", message, {"key": key}))
    return box.open(sealed)


def rotate_secrets(tx: Transaction, box: Box) -> int:
    """Seal with the first key what an older one sealed; how many. May be repeated."""
    done = 0
    for key, sealed in tx.connection.execute(select(SECRET.c.key, SECRET.c.sealed)).all():
        if not box.is_current(sealed):
            keep = SECRET.update().where(SECRET.c.key == key).values(sealed=box.seal(box.open(sealed)))
            tx.connection.execute(keep)
            done += 1
    return done
