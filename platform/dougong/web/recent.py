"""What one did just now and may take back: rows for a day, with an "undo" in the message that follows the action.

An area that wants its actions here adds a line to `KINDS`: how the action is put into words, and how it is undone.
Rows keep what the words need, not the words: they are read in the reader's language.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Response, flash
from sqlalchemy import delete, insert, select, update

from dougong.web.render import done
from dougong.workspace.tables import ACTION
from engines.form.form import Form
from engines.form.transaction import Transaction
from engines.kernel.labels import LOCALES
from engines.kernel.problems import Conflict, NotFound, Problem

LASTS: Final = timedelta(days=1)
MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that somebody did. `data` is what its kind needs to tell of it and to take it back.

    `title` holds the words of a row that was written before each reader got words of their own.
    """

    id: int
    kind: str
    title: str
    data: Mapping[str, Any]
    at: datetime
    undone_at: datetime | None


Undo = Callable[[Action], str]
"""Takes an action back, in transactions of its own, and says so; raises `ProblemError` where that cannot be."""


Words = Callable[[Mapping[str, Any]], str]
"""What the `data` of an action says in the reader's language."""


Bar = Callable[[Transaction, Mapping[str, Any]], str]
"""Why an action of this `data` cannot be taken back now, in a few words; blank where it can."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of action: an icon, how it is undone and what it is called; `bar` says when it cannot be undone."""

    icon: str
    undo: Undo
    words: Words
    bar: Bar | None = None


KINDS: dict[str, Kind] = {}


def remember(tx: Transaction, kind: str, data: Mapping[str, Any]) -> int:
    """Note what the actor does, in the transaction that does it; the number by which it is undone."""
    tx.connection.execute(delete(ACTION).where(ACTION.c.member_id == tx.actor.id, ACTION.c.at < tx.now - LASTS))
    row = {"member_id": tx.actor.id, "kind": kind, "title": "", "data": dict(data), "at": tx.now}
    number: int = tx.connection.execute(insert(ACTION).values(row).returning(ACTION.c.id)).scalar_one()
    return number


def recent_actions(tx: Transaction) -> list[Action]:
    """What the actor did within a day, the newest first."""
    query = _mine(tx).order_by(ACTION.c.id.desc()).limit(MOST)
    return [Action(*row) for row in tx.connection.execute(query)]


def in_all_languages(form: Form) -> dict[str, str]:
    """What a form is called, kept for readers of every language: the form may be gone when they read."""
    return {locale: form.label(locale) for locale in LOCALES}


def words_of(action: Action) -> str:
    """What an action is called in the reader's language."""
    return action.title or KINDS[action.kind].words(action.data)


def bar_of(tx: Transaction, action: Action) -> str:
    """Why an action cannot be taken back any more, so that nobody is offered what is then refused; blank if it can."""
    bar = KINDS[action.kind].bar
    return bar(tx, action.data) if bar is not None and action.undone_at is None else ""


def find_action(tx: Transaction, number: int) -> Action:
    """An action of the actor that may still be undone. Raises `NotFound`, `Conflict` (`action.undone`)."""
    row = tx.connection.execute(_mine(tx).where(ACTION.c.id == number)).one_or_none()
    if row is None:
        raise NotFound(Problem("action.unknown", "", "There is no such action, or it is longer ago than a day"))
    if row.undone_at is not None:
        raise Conflict(Problem("action.undone", "", "This was undone already"))
    return Action(*row)


def mark_undone(tx: Transaction, number: int) -> None:
    """Note that it is taken back. Raises `Conflict` where somebody was quicker."""
    statement = update(ACTION).where(ACTION.c.id == number, ACTION.c.undone_at.is_(None)).values(undone_at=tx.now)
    if tx.connection.execute(statement).rowcount != 1:
        raise Conflict(Problem("action.undone", "", "This was undone already"))


def done_with_undo(text: str, to: str, action: int, kind: str = "success") -> Response:
    """Go to a page with a message that offers to take the action back for ten seconds."""
    flash(str(action), "undo")
    return done(text, to, kind)


def _mine(tx: Transaction) -> Any:
    columns = [ACTION.c[name] for name in Action.__slots__]
    return select(*columns).where(ACTION.c.member_id == tx.actor.id, ACTION.c.at >= tx.now - LASTS)
