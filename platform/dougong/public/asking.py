"""What a stranger may ask: records of a public query by exact values, and choices of a relation by a few letters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dougong.public.gate import Public
from dougong.public.signing import open_choice, seal_choice
from dougong.vault.box import Box
from engines.form.choosing.ask import both, fixed_filter
from engines.form.choosing.compile import choices_of
from engines.form.form import Form
from engines.form.query import Query, Record, list_records
from engines.form.query import ask as ask_form
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem, Rejected

FEWEST_LETTERS: Final = 2
MOST_CHOICES: Final = 10
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """A record that a relation offers: `token` stands for it, its columns describe it."""

    token: str
    title: str


def ask(tx: Transaction, page: Public, given: Mapping[str, str]) -> tuple[Record, ...]:
    """The records whose values are exactly these, in the order in which they came.

    Raises `Rejected` where one of the values is missing or cannot be read.
    """
    conditions: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for key in page.document["search"]:
        field = page.form.fields[key]
        raw = given.get(key, "").strip()[:_LONGEST]
        label = field.label(tx.actor.locale)
        if not raw:
            problems.append(Problem("public.search_needed", key, f"{label} is needed", {"label": label}))
            continue
        try:
            value = field.type.parse(raw, field)
        except Rejected as error:
            problems += [Problem(one.code, key, one.message, {"label": label, **one.params}) for one in error.problems]
            continue
        conditions.append({"field": key, "op": "eq", "value": field.type.to_json(value, field)})
    if problems:
        raise Rejected(problems)
    columns = tuple(key for key in page.document["columns"] if key in page.form.fields)
    limit = int(page.document.get("limit", 10))
    return list_records(tx, page.form, Query(columns, {"and": conditions}, limit=limit, count="none")).rows


def shown(tx: Transaction, page: Public, record: Record) -> list[tuple[str, str]]:
    """A record as the page shows it: names of the columns with texts, never an id."""
    texts = _texts(tx, page.form, record, page.document["columns"])
    return [(page.form.fields[key].label(tx.actor.locale), text) for key, text in texts]


def choices(tx: Transaction, box: Box, page: Public, key: str, letters: str) -> tuple[Choice, ...]:
    """What a relation of the page offers for some letters, sought in the columns that may be shown only."""
    target, columns = _pick(page, key)
    letters = letters.strip()[:50]
    if len(letters) < FEWEST_LETTERS:
        return ()
    sought = [one for one in columns if "contains" in _operators(target, one)]
    if not sought:
        return ()
    found = {"or": [{"field": one, "op": "contains", "value": letters} for one in sought]}
    filter = both(found, offered_here(tx, page, key))
    page_found = list_records(tx, target, Query(tuple(columns), filter, limit=MOST_CHOICES, count="none"))
    return tuple(
        Choice(seal_choice(box, page.shared.app, page.shared.key, key, one.id), titled(tx, target, one, columns))
        for one in page_found.rows
    )


def offered_here(tx: Transaction, page: Public, key: str) -> Mapping[str, Any] | None:
    """The conditions of a relation that read nothing of the record; the others are held when it is sent."""
    linkage = choices_of(page.form).get(key)
    return None if linkage is None else fixed_filter(ask_form(tx, linkage.form), linkage)


def chosen(box: Box, page: Public, key: str, token: str) -> int | None:
    """The record that was chosen. Raises `Rejected` for what this page never offered."""
    if not token:
        return None
    found = open_choice(box, page.shared.app, page.shared.key, key, token)
    if found is None:
        raise Rejected(Problem("public.choice", key, "Choose one of the entries that the search offers"))
    return found


def titled(tx: Transaction, target: Form, record: Record, columns: list[str]) -> str:
    """What a choice is called: its columns, one after another."""
    return " · ".join(text for _, text in _texts(tx, target, record, columns) if text)


def choice_title(tx: Transaction, page: Public, key: str, record_id: int) -> str:
    """The title of a choice that was made already."""
    target, columns = _pick(page, key)
    filter = {"field": "id", "op": "eq", "value": record_id}
    found = list_records(tx, target, Query(tuple(columns), filter, limit=1, count="none")).rows
    return titled(tx, target, found[0], columns) if found else ""


def _pick(page: Public, key: str) -> tuple[Form, list[str]]:
    pick = next((one for one in page.document.get("pick", ()) if one["key"] == key and key in page.fields), None)
    target = page.form.fields[key].target if pick is not None else None
    if pick is None or not isinstance(target, Form) or target.system:
        raise Rejected(Problem("public.choice", key, "Choose one of the entries that the search offers"))
    return target, [one for one in pick["columns"] if one in target.fields]


def _operators(form: Form, key: str) -> frozenset[str]:
    return frozenset(form.fields[key].type.operators(form.fields[key]))


def _texts(tx: Transaction, form: Form, record: Record, columns: list[str]) -> list[tuple[str, str]]:
    found = []
    for key in columns:
        if key in form.fields:
            value, field = record.values.get(key), form.fields[key]
            text = "" if value is None else field.type.display(value, field, tx.actor.locale, tx.actor.zone)
            found.append((key, text))
    return found
