"""A list as a board: one column for each option of a stage or choice, each a list of its own.

Counts, sums and cards come from the one read path, column by column, so that policy, filters and search hold as in
every list, and a column of 50,000 records costs what one page of a list costs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dougong.web.i18n import current_locale
from dougong.web.records.listing import Listing
from engines.form.fields.base import Field
from engines.form.policy import policy_for
from engines.form.query import Page, Query, list_records
from engines.form.stages.known import stages_by_key
from engines.form.transaction import Transaction

CARDS: Final = 20
"""So many cards of a column are fetched at once."""
LAST_PAGE: Final = 250
NONE: Final = "__none__"
"""How an address names the column of the records without a value."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `key` is None for the records without a value."""

    key: str | None
    name: str
    color: str | None
    kind: str
    page: Page
    sum: Any
    more: int | None

    @property
    def id(self) -> str:
        """What stands for the column in addresses."""
        return NONE if self.key is None else self.key


@dataclass(frozen=True, slots=True)
class Board:
    """What the page draws. `movable` says whether the person may change the field in some record."""

    by: Field
    columns: tuple[Column, ...]
    title: str | None
    fields: tuple[str, ...]
    sum: Field | None
    movable: bool


def is_board(tx: Transaction, listing: Listing) -> bool:
    """Whether the view is a board that this person may see: its columns must be no secret."""
    form, by = listing.form, listing.view.get("by")
    if listing.view.get("layout") != "kanban" or by not in form.fields:
        return False
    return policy_for(tx, form).sees(str(by)) is True


def read_board(tx: Transaction, listing: Listing, only: str | None = None, page: int = 1, cards: int = CARDS) -> Board:
    """The board, or one column of it (`only`) from a page on."""
    form = listing.form
    by = form.fields[listing.view["by"]]
    policy = policy_for(tx, form)
    card: Mapping[str, Any] = listing.view.get("card", {})
    seen = [key for key in card.get("fields", ()) if policy.sees(key.split(".")[0]) is not False]
    title = card.get("title")
    total = listing.view.get("sum")
    adds = total is not None and policy.sees(total) is not False
    needed = tuple(dict.fromkeys((by.key, *([title] if title else ()), *seen)))
    stages = stages_by_key(by) if by.type.key == "stage" else {}
    columns = []
    for key in [*(one.key for one in by.choices), None]:
        if only is not None and only != (NONE if key is None else key):
            continue
        option = by.choice(key) if key is not None else None
        found = list_records(tx, form, _query(listing, by.key, key, needed, page, cards, total if adds else None))
        if not found.total and only is None and (option is None or option.disabled):
            continue  # columns that nobody needs: no value, or an option that is out of use
        shown = cards * (page - 1) + len(found.rows)
        columns.append(
            Column(
                key=key,
                name="" if option is None else option.label(current_locale()),
                color=None if option is None else option.color,
                kind=stages[str(key)].kind if str(key) in stages else "open",
                page=found,
                sum=found.totals.get(total) if adds and total is not None else None,
                more=page + 1 if (found.capped or shown < (found.total or 0)) and page < LAST_PAGE else None,
            )
        )
    return Board(
        by=by,
        columns=tuple(columns),
        title=title,
        fields=tuple(seen),
        sum=form.every.get(total) if adds and total is not None else None,
        movable=policy.may("update") and policy.edits(by.key, "update") is not False and not by.readonly,
    )


def _query(
    listing: Listing, by: str, key: str | None, columns: tuple[str, ...], page: int, cards: int, total: str | None
) -> Query:
    mine = {"field": by, "op": "empty"} if key is None else {"field": by, "op": "eq", "value": key}
    parts = [part for part in (listing.view.get("filter"), listing.filter, mine) if part]
    return Query(
        columns=columns,
        filter={"and": parts},
        search=listing.search or None,
        sort=listing.sort,
        limit=cards,
        offset=cards * (page - 1),
        totals=(total,) if total else (),
    )


def heads(board: Board, text: Callable[[Any, Field], str]) -> list[dict[str, Any]]:
    """Counts and sums of columns for the script, after a card was moved."""
    return [
        {"key": one.id, "count": count_text(one), "sum": "" if board.sum is None else text(one.sum, board.sum)}
        for one in board.columns
    ]


def count_text(column: Column) -> str:
    """How many cards a column has, as people read it."""
    return f"{column.page.total or 0:,}" + ("+" if column.page.capped else "")
