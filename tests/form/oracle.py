"""The policy written down a second time, in plain Python over whole tables: what the SQL must agree with.

It first makes the table that an actor sees (rows that may be read, values blank where they may not be seen) and then
lists, filters, sorts, searches and adds up over that table only. So whatever agrees with it cannot leak.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from engines.form.folding import fold
from engines.form.transaction import Actor

Row = dict[str, Any]
Tables = Mapping[str, Mapping[int, Row]]
ABSENT: Any = object()


@dataclass(frozen=True)
class Oracle:
    """The rights of one actor over small tables of rows, given the documents of the permission groups."""

    tables: Tables
    groups: Iterable[Mapping[str, Any]]
    actor: Actor
    today: date
    wheres: Mapping[str, Callable[[Row], bool]]

    def mine(self, form: str, operation: str) -> list[Mapping[str, Any]]:
        return [
            one for one in self.groups if one["form"] == form and operation in one["operations"] and self.member(one)
        ]

    def member(self, group: Mapping[str, Any]) -> bool:
        members = group["members"]
        return bool(
            members.get("everyone")
            or self.actor.id in members.get("people", ())
            or set(members.get("roles", ())) & self.actor.roles
            or set(members.get("departments", ())) & {str(one) for one in self.actor.departments}
        )

    def reaches(self, group: Mapping[str, Any], form: str, row: Row, trail: tuple[str, ...] = ()) -> bool:
        return any(self.rule(rule, form, row, trail) for rule in group["rows"])

    def rule(self, rule: Mapping[str, Any], form: str, row: Row, trail: tuple[str, ...]) -> bool:
        actor = self.actor
        if "scope" in rule:
            own = row["_owner"] == actor.id
            return {
                "all": True,
                "own": own,
                "team": own or row["_owner"] in actor.subordinates,
                "department": own or row["_dept"] in actor.managed_departments,
            }[rule["scope"]]
        if "where" in rule:
            return self.wheres[rule["where"]](row)
        if "inherit" in rule:
            step = f"{form}.{rule['inherit']}"
            parent = self.tables["customer"].get(row[rule["inherit"]])
            if parent is None or step in trail or len(trail) >= 4:
                return False
            return self.readable("customer", parent, (*trail, step))
        return any(
            person == actor.id and (ends is None or "until" not in rule or ends >= self.today)
            for person, ends in self.people(form, row, rule["member"])
        )

    def people(self, form: str, row: Row, path: str) -> list[tuple[int | None, date | None]]:
        if path.startswith("customer."):
            parent = self.tables["customer"].get(row["customer"])
            return self.people("customer", parent, path.removeprefix("customer.")) if parent else []
        if path == "team.person":
            return [(line["person"], line["ends"]) for line in row["team"]]
        return [(person, None) for person in row["helpers"]]

    def readable(self, form: str, row: Row, trail: tuple[str, ...] = ()) -> bool:
        return self.allowed("read", form, row, trail)

    def allowed(self, operation: str, form: str, row: Row, trail: tuple[str, ...] = ()) -> bool:
        return any(self.reaches(group, form, row, trail) for group in self.mine(form, operation))

    def right(self, operation: str, form: str, row: Row, key: str, wanted: tuple[str, ...]) -> bool:
        return any(
            group["fields"].get(key, group["fields"].get("*", "hidden")) in wanted
            for group in self.mine(form, operation)
            if self.reaches(group, form, row)
        )

    def seen(self, form: str, keys: Iterable[str]) -> dict[int, Row]:
        """The table that the actor sees; what may not be seen is `ABSENT`."""
        found = {}
        for record_id, row in self.tables[form].items():
            if self.readable(form, row):
                shown = {
                    key: row[key] if self.right("read", form, row, key, ("read", "edit")) else ABSENT for key in keys
                }
                found[record_id] = shown
        return found


def value(row: Row, key: str) -> Any:
    """A value as filters see it: absent is blank."""
    return None if row[key] is ABSENT else row[key]


def total(rows: Mapping[int, Row], key: str) -> Decimal:
    return sum((value(row, key) or Decimal(0) for row in rows.values()), Decimal(0))


def search(rows: Mapping[int, Row], words: str, keys: Iterable[str]) -> set[int]:
    terms = fold(words).split(" ")
    return {
        record_id
        for record_id, row in rows.items()
        if all(any(term in fold(value(row, key) or "") for key in keys) for term in terms)
    }
