"""Stage `serials`: numbers without duplicates. A write that fails gives its number back with everything else.

The counter of a scope (`crm.quote.no:2026-10`) is one row; taking a number locks it until the transaction ends, so the
stage comes late. Segments: fixed text, date, counter, the value of a field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Text, bindparam
from sqlalchemy.dialects.postgresql import insert

from engines.form.fields.base import Field, with_options
from engines.form.fields.serial import SerialField
from engines.form.form import Form
from engines.form.system import SERIAL
from engines.form.transaction import Transaction
from engines.form.write.draft import Draft

_insert = insert(SERIAL).values(scope=bindparam("scope", type_=Text), counter=bindparam("first", type_=BigInteger))
_TAKE: Final = _insert.on_conflict_do_update(
    index_elements=[SERIAL.c.scope], set_={"counter": SERIAL.c.counter + bindparam("count", type_=BigInteger)}
).returning(SERIAL.c.counter)

_RAISE: Final = _insert.on_conflict_do_update(
    index_elements=[SERIAL.c.scope],
    set_={"counter": bindparam("first", type_=BigInteger)},
    where=SERIAL.c.counter < bindparam("first", type_=BigInteger),
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a serial number of a moment looks like: the text before and after the counter, and the counter's scope."""

    before: str
    after: str
    digits: int
    start: int
    scope: str

    def text(self, counter: int) -> str:
        """The number; it grows beyond its digits rather than repeat."""
        return f"{self.before}{counter:0{self.digits}d}{self.after}"

    def counter(self, text: str) -> int | None:
        """The counter in a number that was given, or None for a number of another shape."""
        inner = text[len(self.before) : len(text) - len(self.after)]
        fits = text.startswith(self.before) and text.endswith(self.after)
        return int(inner) if fits and inner.isascii() and inner.isdigit() and len(inner) <= 15 else None


def pattern_of(field: Field, app: str, now: datetime, zone: str, values: Mapping[str, Any]) -> Pattern:
    """The pattern of a serial field at a moment, for a record with these values."""
    kind = field.type
    if not isinstance(kind, SerialField):
        raise LookupError(f"{field.path} is no serial number")
    day = now.astimezone(ZoneInfo(zone)).date()
    segments = field.options["segments"]
    place = next(number for number, one in enumerate(segments) if one["kind"] == "counter")
    before, after = (
        kind.number(with_options(field, segments=part), 0, day, values)
        for part in (segments[:place], segments[place + 1 :])
    )
    return Pattern(before, after, segments[place]["digits"], kind.start(field), kind.scope(field, day, values, app))


def take(tx: Transaction, pattern: Pattern, count: int = 1) -> range:
    """The next counters of a scope; nobody else gets them, whatever becomes of this transaction."""
    parameters = {"scope": pattern.scope, "first": pattern.start + count - 1, "count": count}
    last = tx.connection.execute(_TAKE, parameters).scalar_one()
    return range(last - count + 1, last + 1)


def raise_to(tx: Transaction, pattern: Pattern, counter: int) -> None:
    """Numbers that were given (imports) are not given again: the counter goes on behind them."""
    tx.connection.execute(_RAISE, {"scope": pattern.scope, "first": counter})


def serials_of(form: Form) -> Sequence[Field]:
    """The serial fields of a form."""
    return [field for field in form.fields.values() if field.type.key == "serial"]


def serials(draft: Draft) -> None:
    """Give every blank serial field of a new record its number."""
    if draft.operation != "create":
        return
    for field in serials_of(draft.form):
        pattern = pattern_of(field, draft.form.app, draft.tx.now, draft.tx.actor.zone, draft.values)
        given = draft.values.get(field.key)
        if given is None:
            draft.values[field.key] = pattern.text(take(draft.tx, pattern)[0])
        else:
            counter = pattern.counter(given)
            if counter is not None:
                raise_to(draft.tx, pattern, counter)
        draft.view[field.key] = draft.values[field.key]
