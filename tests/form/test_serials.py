"""Serial numbers: none twice and none left out, however many write at once and whatever becomes of a write."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from engines.form.form import Forms
from engines.form.records import create_record
from engines.form.transaction import SYSTEM
from engines.form.write.serials import pattern_of
from engines.kernel.problems import Rejected
from tests.form.build import create_tables, field, form, forms

SEGMENTS = [
    {"key": "p", "kind": "text", "text": "Q"},
    {"key": "f", "kind": "field", "field": "area"},
    {"key": "d", "kind": "date", "format": "yyyy"},
    {"key": "n", "kind": "counter", "digits": 2, "reset": "year", "start": 8},
]
ORDER = form(
    "order", field("area", "text"), field("name", "text", unique=True), field("no", "serial", {"segments": SEGMENTS})
)


@pytest.fixture(scope="module")
def made(workspaces, workspace) -> Forms:
    compiled = forms(ORDER, app="num")
    with workspaces.begin(workspace, SYSTEM, publish=True) as tx:
        create_tables(tx.connection, compiled)
    return compiled


def test_fifty_at_once_get_numbers_of_their_own_without_a_gap(made, workspaces, workspace):
    """Every third is refused by the database after its number was given: the number goes to the next one."""
    orders = made.get("order")

    def one(number: int) -> str:
        try:
            with workspaces.begin(workspace, SYSTEM) as tx:
                name = "taken" if number % 3 == 0 else f"order {number}"
                return create_record(tx, orders, {"area": "NS"[number % 2], "name": name}).values["no"]
        except Rejected as error:
            return error.problems[0].code

    with ThreadPoolExecutor(50) as pool:
        told = list(pool.map(one, range(150)))
    assert told.count("record.not_unique") == 49
    given = [text for text in told if text != "record.not_unique"]
    assert len(given) == len(set(given)) == 101
    for area in "NS":
        counters = sorted(int(text[6:]) for text in given if text[1] == area)
        assert counters == list(range(8, 8 + len(counters)))
        assert {len(text) for text in given if int(text[6:]) > 9} == {8}


@pytest.mark.parametrize(
    ("reset", "moments"),
    [
        ("day", [(2026, 6, 5, 23, 59), (2026, 6, 6, 0, 0)]),
        ("week", [(2026, 6, 7, 23, 59), (2026, 6, 8, 0, 0)]),
        ("month", [(2026, 6, 30, 23, 59), (2026, 7, 1, 0, 0)]),
        ("year", [(2026, 12, 31, 23, 59), (2027, 1, 1, 0, 0)]),
    ],
)
def test_counters_begin_anew_at_midnight_of_the_workspace(reset: str, moments) -> None:
    segments = [{"key": "n", "kind": "counter", "digits": 2, "reset": reset}]
    one = forms(form("order", field("no", "serial", {"segments": segments}))).get("order").fields["no"]
    zone = ZoneInfo("Asia/Shanghai")
    before, after = (pattern_of(one, "app", datetime(*moment, tzinfo=zone), "Asia/Shanghai", {}) for moment in moments)
    same = pattern_of(one, "app", datetime(*moments[1], tzinfo=zone).replace(minute=1), "Asia/Shanghai", {})
    assert before.scope != after.scope
    assert same.scope == after.scope


def test_a_number_longer_than_its_digits_grows(made) -> None:
    pattern = pattern_of(made.get("order").fields["no"], "num", datetime.now(ZoneInfo("UTC")), "UTC", {"area": "N"})
    assert pattern.text(12345).endswith("12345")
    assert pattern.counter(pattern.text(12345)) == 12345
