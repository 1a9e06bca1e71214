"""Cells of sample data and of pack tests: relative dates, people of the cast, records named by reference or title."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from dougong.workspace.tables import MEMBER, ROLE_MEMBER
from engines.form.fields.base import Field
from engines.form.form import Form, Forms
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem, Rejected

_TODAY: Final = re.compile(r"\{today(?:\s*([+-]\d+))?(?:\s+(\d{1,2}):(\d{2}))?\}")
_CAST: Final = re.compile(r"([a-z_]+)_([a-h])")


def moment(text: str, today: date, zone: str) -> date | datetime | None:
    """What `{today-3}` or `{today+1 10:30}` means; None for any other text."""
    match = _TODAY.fullmatch(text.strip())
    if match is None:
        return None
    days, hour, minute = match.groups()
    day = today + timedelta(days=int(days or 0))
    if hour is None:
        return day
    return datetime(day.year, day.month, day.day, int(hour), int(minute), tzinfo=ZoneInfo(zone))


@dataclass
class Names:
    """What the names in cells stand for: local references, titles of records made here, people of the cast.

    `seller_a` is the first member with the role `seller`, `seller_b` the second; with fewer people they take turns,
    and where nobody has the role the actor stands in.
    """

    tx: Transaction
    forms: Forms
    records: dict[tuple[str, str], int] = field(default_factory=dict)
    _people: dict[str, Sequence[int]] = field(default_factory=dict)

    def remember(self, form: Form, record_id: int, reference: str | None, values: Mapping[str, Any]) -> None:
        """A record that was made: later cells may name it by its reference, its title or a unique value."""
        if reference:
            self.records[form.key, reference] = record_id
        for key, one in form.fields.items():
            value = values.get(key)
            if isinstance(value, str) and (key == form.title_field or one.unique):
                self.records.setdefault((form.key, value), record_id)

    def record(self, form_key: str, name: str, path: str) -> int:
        """The record that a cell names; of rows (`order.lines`) the one at `reference#2`. Raises `Rejected`."""
        rows = self.forms.row_forms.get(form_key)
        if rows is not None:
            return self._row(rows, name, path)
        found = self.records.get((form_key, name))
        if found is None:
            form = self.forms.get(form_key)
            title = form.table.c.get(form.title_field) if form.title_field else None
            if title is not None:
                query = select(form.table.c.id).where(title == name, form.table.c["_deleted_at"].is_(None)).limit(1)
                found = self.tx.connection.execute(query).scalar()
        if found is None:
            message = f'There is no {form_key} called "{name}"'
            raise Rejected(Problem("pack.no_record", path, message, {"form": form_key, "name": name}))
        self.records[form_key, name] = found
        return found

    def _row(self, rows: Form, name: str, path: str) -> int:
        """The row with a number in the record that a cell names."""
        record, _, number = name.rpartition("#")
        if rows.of_rows is not None and record and number.isdecimal():
            around = self.record(rows.of_rows.form.key, record.strip(), path)
            table = rows.table
            query = select(table.c.id).where(table.c["_parent"] == around, table.c["_position"] == int(number) - 1)
            found: int | None = self.tx.connection.execute(query).scalar()
            if found is not None:
                return found
        message = f'There is no row "{name}": write the record, # and the number of the row'
        raise Rejected(Problem("pack.no_row", path, message, {"name": name}))

    def member(self, name: str, path: str) -> int | None:
        """The member that a name of the cast stands for. Raises `Rejected` for a name of another shape."""
        match = _CAST.fullmatch(name)
        role, turn = (match[1], ord(match[2]) - ord("a")) if match else (name, 0)
        if role not in self._people:
            query = (
                select(ROLE_MEMBER.c.member_id)
                .join(MEMBER, MEMBER.c.id == ROLE_MEMBER.c.member_id)
                .where(ROLE_MEMBER.c.role == role, MEMBER.c.is_active)
                .order_by(MEMBER.c.id)
            )
            self._people[role] = self.tx.connection.execute(query).scalars().all()
        people = self._people[role]
        if not people and match is None and name != "admin":
            raise Rejected(Problem("pack.no_member", path, f'There is nobody called "{name}"', {"name": name}))
        return people[turn % len(people)] if people else self.tx.actor.id

    def value(self, one: Field, raw: Any, path: str) -> Any:
        """A cell as the write path takes it. Blank is None; many names stand between semicolons."""
        if raw is None or raw == "":
            return None
        if isinstance(raw, str):
            day = moment(raw, self.today, self.tx.actor.zone)
            if day is not None:
                return day.isoformat()
        target = one.type.target_form(one)
        if target is None and one.parts:
            return self._form_link(one, str(raw), path)
        if target is None:
            return raw
        many = isinstance(raw, list) or one.storage == "links"
        names = raw if isinstance(raw, list) else str(raw).split(";") if many else [raw]
        found = [self._target(target, name, path) for name in names]
        return found if many else found[0]

    def _form_link(self, one: Field, raw: str, path: str) -> dict[str, Any]:
        """A record of one of several forms: `customer:Acme`."""
        form, _, name = raw.partition(":")
        if form not in one.parts:
            known = list(one.type.reads(one))
            message = f'Records of "{form[:30]}" cannot be chosen here: write one of these and a colon before the name'
            raise Rejected(Problem("link.other_form", path, message, {"form": form[:30], "known": known}))
        return {"form": form, "id": self._target(form, name, path)}

    def _target(self, target: str, name: Any, path: str) -> int | None:
        if isinstance(name, int):
            return name
        name = str(name).strip()
        return self.member(name, path) if target == "_member" else self.record(target, name, path)

    @property
    def today(self) -> date:
        """The day of the transaction's clock in the actor's zone."""
        return self.tx.now.astimezone(ZoneInfo(self.tx.actor.zone)).date()
