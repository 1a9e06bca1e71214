"""Typed settings of apps: their defaults, changing them without publishing, and values that do not fit."""

import pytest

from dougong.packs.install import install
from dougong.packs.library import Library
from dougong.web.parameters import Parameter, parameter_sets, parse, save_parameters
from engines.form.transaction import SYSTEM
from engines.kernel.problems import Rejected


@pytest.fixture(scope="module")
def settled(workspaces, workspace):
    install(workspaces, workspace, SYSTEM, Library(), ["base.common"], app="crm", title="CRM")


def values(tx) -> dict:
    return {one.key: one.value for group in parameter_sets(tx) for one in group.parameters}


def test_a_parameter_has_its_default_until_it_is_changed_and_again_afterwards(begin, settled):
    with begin() as tx:
        [group] = parameter_sets(tx)
        days = next(one for one in group.parameters if one.type == "number")
        assert days.value == days.default
        assert not days.is_changed
        raw = {one.name: "" if one.value is None else str(one.value) for one in group.parameters}
        revision = tx.revision
        assert save_parameters(tx, "crm", group.key, {**raw, days.name: "41"}) == 1
    with begin() as tx:
        assert values(tx)[days.key] == 41
        assert tx.settings[days.key] == 41, "expressions read it from the next transaction on"
        assert tx.revision == revision, "nothing was published"
        save_parameters(tx, "crm", group.key, {**raw, days.name: ""})
    with begin() as tx:
        assert values(tx)[days.key] == days.default
        assert days.key not in tx.settings


def test_wrong_values_are_named_all_together_and_nothing_is_saved(begin, settled):
    with begin() as tx:
        [group] = parameter_sets(tx)
        first, second = [one for one in group.parameters if one.type == "number"][:2]
        with pytest.raises(Rejected) as error:
            save_parameters(tx, "crm", group.key, {first.name: "many", second.name: "1e99"})
        assert [problem.path for problem in error.value.problems] == [first.name, second.name]
        assert values(tx)[first.key] == first.default


@pytest.mark.parametrize(
    ("kind", "raw", "expected"),
    [
        ("number", " 1,234.50 ", 1234.5),
        ("number", "0.1", 0.1),
        ("number", "-7", -7),
        ("boolean", "1", True),
        ("boolean", "0", False),
        ("boolean", "", False),
        ("date", "2026-06-05", "2026-06-05"),
        ("choice", "a", "a"),
        ("text", " 元 ", "元"),
        ("text", "", None),
    ],
)
def test_what_was_typed_becomes_a_value_of_its_type(kind, raw, expected):
    assert parse(sample(kind), raw) == expected


@pytest.mark.parametrize(
    ("kind", "raw", "code"),
    [
        ("number", "NaN", "parameter.not_a_number"),
        ("number", "1e16", "parameter.not_a_number"),
        ("date", "5.6.2026", "parameter.not_a_date"),
        ("choice", "b", "parameter.not_a_choice"),
        ("text", "x" * 501, "parameter.too_long"),
    ],
)
def test_what_does_not_fit_is_refused(kind, raw, code):
    with pytest.raises(Rejected) as error:
        parse(sample(kind), raw)
    assert (error.value.problems[0].code, error.value.problems[0].path) == (code, "crm.x")


def sample(kind: str) -> Parameter:
    return Parameter("crm", "x", kind, "X", "", "", ({"key": "a"},), None, None, False)
