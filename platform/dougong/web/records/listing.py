"""What a list page asks and shows: its view, columns, sort, page size, as the address and the person's choices say."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from werkzeug.datastructures import MultiDict

from dougong.web.records import filters
from dougong.web.records.locate import list_url
from dougong.web.records.views import views_of
from dougong.workspace.tables import PREFERENCE
from engines.form.form import Form
from engines.form.policy import policy_for
from engines.form.query import Query, Sort
from engines.form.titles import is_sorted_by
from engines.form.transaction import Transaction

SIZES: Final = (20, 50, 100)
MOST_COLUMNS: Final = 8
NO_COLUMN: Final = frozenset({"subform"})
LONG_TYPES: Final = frozenset({"attachment", "textarea", "richtext"})
"""Columns that a list has only where its view or the person asks for them."""
LAST_PAGE: Final = 5000


@dataclass(frozen=True, slots=True)
class Listing:
    """One state of a list page. `given` is the address's query, from which links to other states are made."""

    form: Form
    views: tuple[Mapping[str, Any], ...]
    view: Mapping[str, Any]
    columns: tuple[str, ...]
    choices: tuple[str, ...]
    sort: tuple[Sort, ...]
    filter: dict[str, Any] | None
    search: str
    page: int
    size: int
    totals: tuple[str, ...]
    given: Mapping[str, str]

    @property
    def query(self) -> Query:
        """What the read path is asked: the view's own filter and the one in the address both hold."""
        parts = [part for part in (self.view.get("filter"), self.filter) if part]
        return Query(
            columns=self.columns,
            filter={"and": parts} if parts else None,
            search=self.search or None,
            sort=self.sort,
            limit=self.size,
            offset=(self.page - 1) * self.size,
            totals=self.totals,
        )

    def url(self, **changes: Any) -> str:
        """The address of this list with something else."""
        query = {**self.given, **{key: str(value) if value is not None else "" for key, value in changes.items()}}
        if "page" not in changes:
            query.pop("page", None)
        return list_url(self.form.app, self.form.key, **query)

    def sort_url(self, column: str) -> str | None:
        """Where a click on a column's head leads: ascending, then descending; None where it cannot be ordered."""
        field = self.form.at(column)
        if not is_sorted_by(field):
            return None
        first = self.sort[0] if self.sort else None
        descending = first is not None and first.field == column and not first.descending
        return self.url(sort=f"-{column}" if descending else column)

    def direction(self, column: str) -> str:
        """`ascending`, `descending` or `none`, as `aria-sort` has it."""
        first = self.sort[0] if self.sort else None
        if first is None or first.field != column:
            return "none"
        return "descending" if first.descending else "ascending"


def read_listing(tx: Transaction, form: Form, args: "MultiDict[str, str]") -> Listing:
    """The state that the address asks for. Raises `Rejected` for a filter that cannot be read."""
    choices = visible_columns(tx, form)
    views = views_of(form, choices)
    view = next((one for one in views if one["key"] == args.get("view")), views[0] if views else {})
    kept = read_choice(tx, form)
    wanted = kept.get("columns") or view.get("columns") or _usual(form)
    columns = tuple(key for key in wanted if key in choices) or choices[:1]
    given = {key: args[key] for key in ("view", "filter", "search", "sort", "page", "size") if args.get(key)}
    size = _number(args.get("size") or kept.get("size"), SIZES[0])
    can_add = [key for key in columns if form.at(key).type.totals]
    wanted_totals = view.get("totals", ()) if not kept.get("columns") else can_add
    return Listing(
        form=form,
        views=views,
        view=view,
        columns=columns,
        choices=choices,
        sort=_sort(form, args.get("sort"), view),
        filter=filters.read(args.get("filter")),
        search=(args.get("search") or "").strip()[:100],
        page=min(max(_number(args.get("page"), 1), 1), LAST_PAGE),
        size=size if size in SIZES else SIZES[0],
        totals=tuple(key for key in wanted_totals if key in columns),
        given=given,
    )


def _usual(form: Form) -> list[str]:
    """The columns where nobody has said which."""
    return [key for key in list(form.fields)[:MOST_COLUMNS] if form.fields[key].type.key not in LONG_TYPES]


def visible_columns(tx: Transaction, form: Form) -> tuple[str, ...]:
    """Fields that this person may see in some record and that fit into a column, system fields last."""
    policy = policy_for(tx, form)
    own = [
        key
        for key, field in form.fields.items()
        if not field.hidden and field.type.key not in NO_COLUMN and policy.sees(key) is not False
    ]
    system = [key for key in form.system_fields if key not in ("id", "_flow_state")]
    return (*own, *system)


def read_choice(tx: Transaction, form: Form) -> dict[str, Any]:
    """What the person chose for this list: columns and page size."""
    query = select(PREFERENCE.c.value).where(PREFERENCE.c.member_id == tx.actor.id, PREFERENCE.c.key == _key(form))
    return dict(tx.connection.scalar(query) or {})


def write_choice(tx: Transaction, form: Form, choice: Mapping[str, Any]) -> None:
    """Remember the person's choice; an empty one forgets it."""
    values = {"member_id": tx.actor.id, "key": _key(form), "value": dict(choice), "changed_at": tx.now}
    query = upsert(PREFERENCE).values(values)
    changed = {"value": query.excluded.value, "changed_at": query.excluded.changed_at}
    tx.connection.execute(query.on_conflict_do_update(index_elements=["member_id", "key"], set_=changed))


def filter_text(tree: Mapping[str, Any] | None) -> str:
    """A filter as it stands in an address."""
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")) if tree else ""


def _key(form: Form) -> str:
    return f"list:{form.app}.{form.key}"


def _number(text: Any, fallback: int) -> int:
    return int(text) if str(text or "").isdecimal() and len(str(text)) < 10 else fallback


def _sort(form: Form, text: str | None, view: Mapping[str, Any]) -> tuple[Sort, ...]:
    """The order asked for by the address (`-amount`), else by the view."""
    if text:
        key, descending = text.removeprefix("-"), text.startswith("-")
        if key in form.every and is_sorted_by(form.every[key]):
            return (Sort(key, descending),)
    return tuple(Sort(one["field"], bool(one.get("descending"))) for one in view.get("sort", ()))
