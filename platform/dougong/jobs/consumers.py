"""Who is told of events and timers, by the name that stands in `_delivery.consumer` and `_timer.consumer`.

A consumer gets the transaction in which its delivery is acknowledged: what it writes happens exactly once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dougong import flows, moments
from dougong.apps import recompute
from engines.form import events
from engines.form.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Event:
    """One fact, as its row in `_event` tells it."""

    id: int
    type: str
    app: str
    form: str | None
    record_id: int | None
    version: int | None
    payload: Mapping[str, Any]
    actor: int | None
    origin: str
    cause: str | None
    depth: int
    at: datetime


Consumer = Callable[[Transaction, Event], None]

CONSUMERS: dict[str, Consumer] = {
    "flow": flows.deliver,
    "recompute": recompute.deliver,
    "moment": moments.deliver,
}

# Whose deliveries are written beside an event: one for each consumer above.
LISTENERS: tuple[events.Consumer, ...] = (flows.CONSUMER, moments.CONSUMER, recompute.CONSUMER)


def connect() -> None:
    """Let the write path know who listens. Every process that writes records calls this once when it starts."""
    events.listen(LISTENERS)
