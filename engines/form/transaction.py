"""Who acts, in which transaction. Built by the host, taken by every service as its first argument."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, Protocol

from sqlalchemy import Connection

from engines.form.protect.cipher import Cipher

Origin = Literal["page", "api", "import", "flow", "automation", "pack", "system", "undo"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A person (or the system) as the engines see one. Ids are those of the workspace's `_member` and `_department`.

    `departments` are those the person belongs to, `managed_departments` those the person heads with all below them,
    `subordinates` the members of these. `is_system` acts without policy (pack installation, stored derived values).
    """

    id: int | None
    name: str = ""
    departments: frozenset[int] = frozenset()
    managed_departments: frozenset[int] = frozenset()
    subordinates: frozenset[int] = frozenset()
    roles: frozenset[str] = frozenset()
    main_department: int | None = None
    locale: str = "zh-CN"
    zone: str = "Asia/Shanghai"
    is_admin: bool = False
    is_system: bool = False


SYSTEM = Actor(id=None, name="system", is_admin=True, is_system=True)


@dataclass(frozen=True, slots=True)
class File:
    """A stored file: its facts, whether the actor sent it in, where it stands already (`form` is a table's name)."""

    name: str
    size: int
    mime: str
    mine: bool
    form: str | None = None
    record_id: int | None = None
    field: str | None = None


class Files(Protocol):
    """Where the host keeps files."""

    def known(self, tx: "Transaction", names: Sequence[str]) -> Mapping[str, File]:
        """The stored files with these ids; those that there are not are left out."""

    def claim(self, tx: "Transaction", form: str, field: str, standing: Mapping[str, int]) -> None:
        """Note where files stand that stood nowhere yet: `standing` are the records of a form by the ids of files."""


@dataclass(slots=True)
class Transaction:
    """One open database transaction of one workspace, on one revision of its metadata.

    `now` is fixed when the transaction begins (milliseconds, UTC); `cause` names the event that led here (automation
    depth, import ledger). `events` collects what the write path wrote; `wake` says that work was left for
    others (a delivery, a job, a timer), for the bell that is rung after COMMIT. `grants` are rights from elsewhere that
    hold for this transaction only, by form (what the visitor of a public page may do); `policy_for` adds them. `files`
    knows the files that fields name; without it they are taken as they were sent. `compared` names the masked fields
    (table and path) that somebody who reads their mask compared with a whole value: the host notes and counts that.
    """

    connection: Connection
    actor: Actor
    now: datetime
    origin: Origin
    revision: int
    workspace: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    cause: str | None = None
    events: list[int] = field(default_factory=list)
    wake: bool = False
    grants: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    cipher: Cipher | None = None
    files: Files | None = None
    compared: set[tuple[str, str]] = field(default_factory=set)


def as_system(tx: Transaction) -> Transaction:
    """The same transaction with the rights of the system; the log keeps the person who caused it."""
    return replace(tx, actor=replace(tx.actor, is_system=True))
