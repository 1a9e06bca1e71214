"""What people are told. The engine says it; the host knows how (a bell, a mail)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engines.form.transaction import Transaction
from engines.kernel.documents import Label


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell some people.

    `kind`: `task` (something waits for you), `cc`, `returned` (mend and submit again), `approved`, `rejected`,
    `withdrawn`. `tasks` are the task ids by member, where there is something to open. `key` makes it unique: telling
    it twice must be harmless.
    """

    kind: str
    key: str
    members: tuple[int, ...]
    app: str
    form: str
    record_id: int
    title: str
    instance_id: int
    flow_title: Label
    node_title: Label | None
    by: int | None
    by_name: str
    comment: str
    tasks: Mapping[int, int] = field(default_factory=dict)


Notify = Callable[[Transaction, Notice], None]
Settle = Callable[[Transaction, int, tuple[int, ...]], None]
"""`settle(tx, instance_id, members)`: what these people were told of an instance is out of date."""


def tell_nobody(tx: Transaction, notice: Notice) -> None:
    """For flows that run where nobody is told."""


def settle_nothing(tx: Transaction, instance_id: int, members: tuple[int, ...]) -> None:
    """The same, for taking back what people were told."""
