"""Why this value: what is told, and what is not told to whom."""

import pytest

from engines.form.derive.why import why
from engines.form.form import Forms
from engines.form.records import create_record
from engines.kernel.problems import Forbidden, NotFound
from tests.conftest import Begin
from tests.form.company import ADMINISTRATOR, LIN_YUE, group
from tests.form.derive import shop


@pytest.fixture
def world(clean: Begin, forms: Forms) -> Begin:
    with clean(ADMINISTRATOR) as tx:
        north = create_record(tx, forms.get("region"), {"name": "north"}).id
        for name, owner in (("mine", 1), ("other", 2)):
            values = {"name": name, "level": "A", "factor": 2, "region": north, "_owner": owner}
            create_record(tx, forms.get("customer"), values)
        pen = create_record(tx, forms.get("product"), {"name": "pen", "price": 3}).id
        for who, amount, state in ((1, 5, "won"), (1, 7, "won"), (1, 9, "open"), (2, 11, "won")):
            values = {"customer": who, "amount": amount, "state": state, "note": f"n{amount}", "_owner": who}
            create_record(tx, forms.get("order"), values | {"lines": [{"product": pen, "qty": 2}]})
    return clean


def test_a_rollup_names_its_rows_its_filter_and_its_expression(world: Begin, forms: Forms) -> None:
    with world(ADMINISTRATOR) as tx:
        told = why(tx, forms.get("customer"), 1, "won")
        assert (told.kind, told.kept, told.rows, told.filter) == ("rollup", True, 2, 'state = "won"')
        assert [(one.form, one.id, one.title, one.text) for one in told.named] == [
            ("order", 1, "n5", "¥5.00"),
            ("order", 2, "n7", "¥7.00"),
        ]
        assert told.text("en").splitlines()[0] == "Won: ¥12.00" and "n7" in told.text("zh-CN")
        pieces = why(tx, forms.get("order"), 1, "pieces")
        assert pieces.rows == 1
        assert [(one.label, one.title) for one in pieces.named] == [("Qty", "Row 1")]
        assert why(tx, forms.get("customer"), 1, "above").rows == 0


def test_a_formula_and_a_lookup_name_the_values_that_they_read(world: Begin, forms: Forms) -> None:
    with world(ADMINISTRATOR) as tx:
        told = why(tx, forms.get("customer"), 1, "score")
        assert [(one.path, one.text) for one in told.used] == [("factor", "2.000"), ("won", "¥12.00")]
        told = why(tx, forms.get("order"), 1, "region_name")
        assert told.kind == "lookup" and not told.kept and told.shown == "north"
        assert [(one.label, one.form, one.id, one.title) for one in told.used] == [
            ("Customer › Region › Name", "region", 1, "north")
        ]
        told = why(tx, forms.get("order"), 1, "total")
        assert [(one.path, one.text) for one in told.used] == [("lines", "1")]
        told = why(tx, forms.get("order"), 1, "lines.worth", 1)
        assert [(one.path, one.text, one.title) for one in told.used] == [
            ("product.price", "¥3.00", "pen"),
            ("qty", "2.000", ""),
        ]
        assert why(tx, forms.get("order"), 1, "amount").kind == "entered"
        with pytest.raises(NotFound):
            why(tx, forms.get("order"), 1, "lines.worth", 3)
        with pytest.raises(NotFound):
            why(tx, forms.get("order"), 99, "total")


def test_nothing_is_told_that_the_reader_may_not_see(world: Begin) -> None:
    rights = [
        group("o", "order", [{"scope": "own"}], fields={"*": "edit", "rate": "none"}),
        group("c", "customer", [{"scope": "own"}], fields={"*": "read", "factor": "none"}),
        group("r", "region", [{"scope": "all"}]),
    ]
    forms = shop.compiled(*rights, revision=3)
    with world(LIN_YUE) as tx:
        told = why(tx, forms.get("customer"), 1, "score")
        assert [(one.path, one.text, one.hidden) for one in told.used] == [
            ("factor", "", True),
            ("won", "¥12.00", False),
        ]
        region = why(tx, forms.get("region"), 1, "revenue")
        assert region.rows == 1 and [one.title for one in region.named] == ["mine"]
        with pytest.raises(Forbidden):
            why(tx, forms.get("order"), 1, "rate")
        with pytest.raises(NotFound):
            why(tx, forms.get("order"), 4, "total")
        assert "may not see" in told.text("en")
