"""The packs that come with the product: clean, installable alone and together, with sample data and passing tests."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from dougong.apps import store
from dougong.packs.install import install, installed, remove
from dougong.packs.library import Library
from dougong.packs.lint import lint
from dougong.packs.sample import count_sample, load_sample, remove_sample
from dougong.packs.testing import run_test, scratch
from dougong.packs.versions import Version, satisfies
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.records import create_record
from engines.form.transaction import SYSTEM
from engines.kernel.problems import Conflict, NotFound, Rejected

LIBRARY = Library()
KEYS = LIBRARY.keys()
SUITE = "suite.sales_start"
TESTS = [(key, name) for key in KEYS for name in LIBRARY.load(key).tests]

Scratch = tuple[Workspaces, WorkspaceInfo, dict[str, int]]


@pytest.fixture(scope="module")
def suite(database: Engine) -> Iterator[Scratch]:
    """A workspace with the whole suite and the cast."""
    with scratch(database, LIBRARY, [SUITE]) as made:
        yield made


@pytest.mark.parametrize("key", KEYS)
def test_a_pack_is_clean(key: str) -> None:
    assert lint(LIBRARY, key) == []


@pytest.mark.parametrize(("key", "name"), TESTS)
def test_the_packs_own_tests_pass(suite: Scratch, key: str, name: str) -> None:
    workspaces, info, cast = suite
    assert run_test(workspaces, info, cast, LIBRARY.load(key).tests[name]) is None


def test_a_wrong_number_is_told_as_the_first_difference(suite: Scratch) -> None:
    workspaces, info, cast = suite
    test = json.loads(json.dumps(LIBRARY.load("sales.quote").tests["discount"]))
    test["then"]["record"]["net"] = "851.00"
    difference = run_test(workspaces, info, cast, test)
    assert difference is not None
    assert "record.net is 850" in difference


def test_a_pack_test_leaves_nothing_behind(suite: Scratch) -> None:
    workspaces, info, cast = suite
    run_test(workspaces, info, cast, LIBRARY.load("sales.quote").tests["discount"])
    with workspaces.begin(info, SYSTEM) as tx:
        assert tx.connection.execute(text("SELECT count(*) FROM test__quote")).scalar_one() == 0


def test_sample_data_comes_and_goes_and_own_records_stay(suite: Scratch) -> None:
    workspaces, info, _ = suite
    packs = LIBRARY.closure([SUITE])
    with workspaces.begin(info, SYSTEM, origin="pack") as tx:
        forms = store.forms(tx, "test")
        made = load_sample(tx, forms, packs)
        assert made > 200
        assert load_sample(tx, forms, packs) == 0
        customer = tx.connection.execute(text("SELECT id FROM test__customer WHERE _sample LIMIT 1")).scalar_one()
    with workspaces.begin(info, SYSTEM, origin="page") as tx:
        own = create_record(tx, store.forms(tx, "test").get("contact"), {"name": "自己的联系人", "customer": customer})
    with workspaces.begin(info, SYSTEM, origin="pack") as tx:
        forms = store.forms(tx, "test")
        removed = remove_sample(tx, forms)
        assert removed.kept == 1  # the customer that our own contact belongs to
        assert removed.removed == made - 1
        assert all(count_sample(tx, form) == 0 for form in forms.own())
        left = tx.connection.execute(text("SELECT id FROM test__contact WHERE _deleted_at IS NULL")).scalars().all()
        assert left == [own.id]


def test_sample_quotes_compute_themselves_from_products(suite: Scratch) -> None:
    workspaces, info, _ = suite
    with workspaces.begin(info, SYSTEM, origin="pack") as tx:
        load_sample(tx, store.forms(tx, "test"), LIBRARY.closure([SUITE]))
        totals = tx.connection.execute(text("SELECT total FROM test__quote WHERE _deleted_at IS NULL")).scalars().all()
        tx.connection.rollback()
    assert len(totals) > 10
    assert all(total > 0 for total in totals)


def test_samples_do_without_the_samples_of_other_blocks(database: Engine) -> None:
    with (
        scratch(database, LIBRARY, ["sales.product", "crm.opportunity"]) as (workspaces, info, _),
        workspaces.begin(info, SYSTEM, origin="pack") as tx,
    ):
        made = load_sample(tx, store.forms(tx, "test"), LIBRARY.closure(["crm.opportunity"]))
        assert made > 50
        named = tx.connection.execute(text("SELECT count(product) FROM test__opportunity__lines")).scalar_one()
        assert named == 0


def test_a_pack_that_others_need_is_not_removed(suite: Scratch) -> None:
    workspaces, info, _ = suite
    with pytest.raises(Conflict) as error:
        remove(workspaces, info, SYSTEM, ["crm.customer"], app="test")
    assert {problem.params["by"] for problem in error.value.problems} >= {"crm.lead", "crm.opportunity"}


def test_a_pack_is_removed_with_its_contributions(database: Engine) -> None:
    with scratch(database, LIBRARY, ["crm.lead"]) as (workspaces, info, _):
        with workspaces.begin(info, SYSTEM) as tx:
            assert "lead" in store.forms(tx, "test").get("follow_up").fields
        remove(workspaces, info, SYSTEM, ["crm.lead"], app="test")
        with workspaces.begin(info, SYSTEM) as tx:
            assert "lead" not in store.forms(tx, "test").get("follow_up").fields
            assert set(installed(tx, "test")) == {"base.common", "crm.customer"}
        install(workspaces, info, SYSTEM, LIBRARY, ["crm.lead"], app="test")
        with workspaces.begin(info, SYSTEM) as tx:
            assert "lead" in store.forms(tx, "test").get("follow_up").fields


def test_an_unknown_pack_suggests_the_nearest() -> None:
    with pytest.raises(NotFound, match=r'did you mean "sales\.quote"'):
        LIBRARY.closure(["sales.qoute"])


def _write(folder: Path, name: str, document: object) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")


def test_a_pack_with_an_unknown_field_type_is_refused_with_its_place(tmp_path: Path) -> None:
    _write(tmp_path, "x/y/pack.json", {"key": "x.y", "version": "1.0.0", "title": "X", "summary": "X"})
    field = {"key": "amount", "type": "numbr", "label": "Amount"}
    _write(tmp_path, "x/y/forms/thing.json", {"kind": "form", "key": "thing", "title": "Thing", "fields": [field]})
    problems = lint(Library([tmp_path]), "x.y")
    assert any(problem.params.get("value") == "numbr" and "thing" in problem.path for problem in problems)
    assert any('did you mean "number"' in problem.message for problem in problems)


def test_a_broken_folder_names_every_file(tmp_path: Path) -> None:
    _write(tmp_path, "x/y/pack.json", {"key": "x.z", "version": "1.0.0", "title": "X", "summary": "X"})
    _write(tmp_path, "x/y/forms/thing.json", {"kind": "role", "key": "thing", "title": "T"})
    _write(tmp_path, "x/y/form/thing.json", {"kind": "form", "key": "thing"})
    with pytest.raises(Rejected) as error:
        Library([tmp_path]).load("x.y")
    assert {problem.code for problem in error.value.problems} == {
        "pack.folder", "pack.wrong_folder", "pack.unknown_folder"
    }  # fmt: skip


def test_versions_compare_by_number_and_ranges_hold() -> None:
    assert Version("1.10") > Version("1.9.9")
    assert satisfies("1.4.0", ">=1.2 <2")
    assert not satisfies("2.0", ">=1.2 <2")
    with pytest.raises(Rejected):
        satisfies("1", "about 2")


def test_packs_that_need_each_other_in_a_circle_are_refused(tmp_path: Path) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        head = {"key": f"x.{one}", "version": "1.0.0", "title": "X", "summary": "X", "depends": {f"x.{other}": ""}}
        _write(tmp_path, f"x/{one}/pack.json", head)
    with pytest.raises(Rejected, match="circle"):
        Library([tmp_path]).closure(["x.a"])
