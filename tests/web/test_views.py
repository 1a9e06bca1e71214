"""A form whose records go through stages has a board, also where nobody made a view."""

from typing import Any

from dougong.web.records.views import views_of
from engines.form.compile import compile_forms
from engines.form.form import Form


def delivery(**more: Any) -> Form:
    """A form with a title, a stage and two other fields."""
    fields = [
        {"key": "name", "type": "text"},
        {"key": "state", "type": "stage", "options": {"stages": [{"key": "open"}, {"key": "done", "kind": "won"}]}},
        {"key": "due", "type": "date"},
        {"key": "fee", "type": "money"},
    ]
    document = {"kind": "form", "key": "delivery", "title_field": "name", "fields": fields, **more}
    return compile_forms("app", [document]).get("delivery")


SEEN = ("name", "state", "due", "fee")


def test_a_stage_gives_a_board_beside_the_list_and_the_cards_show_what_the_list_shows() -> None:
    listed, board = views_of(delivery(), SEEN)
    assert listed["key"] == "_list"
    assert (board["layout"], board["by"], board["card"]) == ("kanban", "state", {"fields": ["due", "fee"]})
    mine = {"key": "mine", "title": {"en": "Mine"}, "columns": ["name", "fee"]}
    first, board = views_of(delivery(views=[mine]), SEEN)
    assert (first["key"], board["card"]) == ("mine", {"fields": ["fee"]})


def test_a_board_of_the_form_s_own_stands_alone_and_nobody_has_one_by_a_stage_that_is_hidden_from_them() -> None:
    own = {"key": "way", "title": {"en": "Way"}, "columns": ["name"], "layout": "kanban", "by": "state"}
    assert [one["key"] for one in views_of(delivery(views=[own]), SEEN)] == ["way"]
    assert views_of(delivery(), ("name", "due")) == ()
