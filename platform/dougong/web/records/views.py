"""The views that a list offers: those of the form, and a board by itself where records go through stages."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engines.form.form import Form

LIST: Final = "_list"
BOARD: Final = "_board"
"""No view of a form begins with an underscore: these two are never one of its own."""
CARD_FIELDS: Final = 3


def views_of(form: Form, seen: Sequence[str]) -> tuple[Mapping[str, Any], ...]:
    """The views for somebody who may see the fields `seen`.

    A form with a stage and no board of its own has one: people who made a stage look for their cards at once.
    """
    own = tuple(form.views)
    by = next((key for key in seen if key in form.fields and form.fields[key].type.key == "stage"), None)
    if by is None or any(one.get("layout") == "kanban" for one in own):
        return own
    columns = [key for key in (own[0]["columns"] if own else seen) if key in seen]
    fields = [key for key in columns if key not in (by, form.title_field) and key in form.fields]
    table = {"key": LIST, "title": {"en": "List", "zh-CN": "列表"}}
    board = {
        "key": BOARD,
        "title": {"en": "Board", "zh-CN": "看板"},
        "layout": "kanban",
        "by": by,
        "card": {"fields": fields[:CARD_FIELDS]},
    }
    return (*(own or (table,)), board)
