"""Diff, apply and the three-way merge: laws over random documents, and the cases that people meet."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engines.kernel.keyed import MISSING, canonical, same
from engines.kernel.merge import Change, Conflict, apply, diff, merge3, settle
from engines.kernel.problems import Rejected

laws = settings(deadline=None, max_examples=150)

NAMES = ["title", "size", "fields", "rules", "roles"]
KEYS = ["a", "b", "c", "d", "e"]

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([0.0, 1.0, 2.5]), st.sampled_from(KEYS)
)


def keyed(elements: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A list of objects with distinct keys, some in their short form."""
    pairs = st.lists(st.tuples(st.sampled_from(KEYS), elements), max_size=5, unique_by=lambda pair: pair[0])
    return pairs.map(lambda found: [key if body == {} else {**body, "key": key} for key, body in found])


objects = st.dictionaries(st.sampled_from(NAMES), scalars, max_size=3)
strings = st.lists(st.sampled_from(KEYS), max_size=5, unique=True)
plain_lists = st.lists(st.one_of(st.integers(0, 2), objects), max_size=3)
values = st.one_of(
    scalars,
    strings,
    plain_lists,
    objects,
    keyed(st.dictionaries(st.sampled_from(NAMES), st.one_of(scalars, strings, objects, keyed(objects)), max_size=3)),
)
documents = st.dictionaries(st.sampled_from(NAMES), values, max_size=5)


@laws
@given(documents, documents)
def test_applying_the_difference_gives_the_new_document(old: Any, new: Any) -> None:
    assert canonical(apply(diff(old, new), old)) == canonical(new)


@laws
@given(documents, documents)
def test_a_stored_difference_means_the_same(old: Any, new: Any) -> None:
    changes = diff(old, new)
    assert [Change.from_dict(change.as_dict()) for change in changes] == changes


@laws
@given(documents)
def test_a_document_does_not_differ_from_itself(document: Any) -> None:
    assert diff(document, document) == []


@laws
@given(documents, documents)
def test_where_one_side_did_nothing_the_other_side_wins(base: Any, changed: Any) -> None:
    for merged in (merge3(base, base, changed), merge3(base, changed, base), merge3(base, changed, changed)):
        assert same(merged.document, changed)
        assert merged.conflicts == ()


@laws
@given(documents, documents, documents)
def test_a_merge_mirrored_meets_the_same_conflicts(base: Any, left: Any, right: Any) -> None:
    def places(merged: Any) -> list[Any]:
        return sorted((conflict.path, conflict.reason) for conflict in merged.conflicts)

    assert places(merge3(base, left, right)) == places(merge3(base, right, left))


@laws
@given(documents, documents, documents)
def test_nothing_is_lost_without_a_conflict(base: Any, theirs: Any, mine: Any) -> None:
    """Every property that only one side set holds that side's value when no conflict was found."""
    merged = merge3(base, theirs, mine)
    assume(not merged.conflicts)
    for name in {*theirs, *mine}:
        if same(base.get(name, MISSING), theirs.get(name, MISSING)):
            assert same(merged.document.get(name, MISSING), mine.get(name, MISSING))
        if same(base.get(name, MISSING), mine.get(name, MISSING)):
            assert same(merged.document.get(name, MISSING), theirs.get(name, MISSING))


bodies = st.dictionaries(st.sampled_from(["label", "width"]), st.integers(0, 3), max_size=2)


@laws
@given(st.data())
def test_unrelated_changes_of_both_sides_are_kept(data: Any) -> None:
    """Theirs changes the elements a, b, c and adds x; mine changes d, e and adds y: all of it is in the result."""
    base = {"fields": [{"key": key, **data.draw(bodies)} for key in KEYS]}
    theirs = {"fields": [{"key": k, **data.draw(bodies)} if k in "abc" else e for k, e in _by_key(base).items()]}
    mine = {"fields": [{"key": k, **data.draw(bodies)} if k in "de" else e for k, e in _by_key(base).items()]}
    theirs["fields"].insert(data.draw(st.integers(0, 5)), {"key": "x"})
    mine["fields"].insert(data.draw(st.integers(0, 5)), {"key": "y"})
    merged = merge3(base, theirs, mine)
    assert merged.conflicts == ()
    found = _by_key(merged.document)
    assert set(found) == {*KEYS, "x", "y"}
    assert all(same(found[key], _by_key(theirs if key in "abcx" else mine)[key]) for key in found)
    assert [key for key in found if key in KEYS] == KEYS


def _by_key(document: Any) -> dict[str, Any]:
    return {element["key"]: element for element in document["fields"]}


def _fields(*keys: str) -> dict[str, Any]:
    return {"fields": [{"key": key} for key in keys]}


def test_a_difference_names_elements_by_key() -> None:
    old = {"fields": [{"key": "name", "max": 10}, {"key": "phone"}], "title": "Customer"}
    new = {"fields": [{"key": "phone"}, {"key": "name", "max": 20}, {"key": "email"}]}
    assert [change.as_dict() for change in diff(old, new)] == [
        {"op": "unset", "path": ["title"]},
        {"op": "move", "path": ["fields", "phone"], "after": None},
        {"op": "set", "path": ["fields", "name", "max"], "value": 20},
        {"op": "insert", "path": ["fields", "email"], "value": {"key": "email"}, "after": "name"},
    ]


def test_moving_one_element_is_one_change() -> None:
    changes = diff(_fields("a", "b", "c", "d", "e"), _fields("b", "c", "d", "a", "e"))
    assert changes == [Change("move", ("fields", "a"), after="d")]


def test_both_insertions_stay_where_they_were_put() -> None:
    merged = merge3(_fields("a", "b"), _fields("a", "x", "b"), _fields("a", "b", "y"))
    assert merged.document == _fields("a", "x", "b", "y")


def test_insertions_at_one_place_stand_side_by_side() -> None:
    merged = merge3(_fields("a", "b"), _fields("a", "x", "y", "b"), _fields("a", "z", "b"))
    assert merged.document == _fields("a", "x", "y", "z", "b")


def test_moves_of_different_elements_are_both_kept() -> None:
    merged = merge3(_fields("a", "b", "c", "d"), _fields("b", "c", "d", "a"), _fields("a", "c", "b", "d"))
    assert merged.document == _fields("c", "b", "d", "a")
    assert merged.conflicts == ()


def test_an_element_moved_to_two_places_is_a_conflict_of_order() -> None:
    merged = merge3(_fields("a", "b", "c", "d"), _fields("b", "c", "d", "a"), _fields("b", "c", "a", "d"))
    assert merged.document == _fields("b", "c", "a", "d")
    (conflict,) = merged.conflicts
    assert (conflict.path, conflict.reason) == (("fields",), "order")
    assert settle(merged.document, conflict, conflict.theirs) == _fields("b", "c", "d", "a")


def test_two_values_for_one_property_are_a_conflict_and_mine_is_kept() -> None:
    base, theirs, mine = ({"fields": [{"key": "a", "max": size}]} for size in (1, 2, 3))
    merged = merge3(base, theirs, mine)
    assert merged.conflicts == (Conflict(("fields", "a", "max"), 1, 2, 3),)
    assert merged.document == mine
    assert merge3(base, theirs, mine, prefer="theirs").document == theirs
    assert settle(mine, merged.conflicts[0], 2) == theirs


def test_removing_what_the_other_side_changed_is_a_conflict() -> None:
    base, changed = {"fields": [{"key": "a", "max": 1}]}, {"fields": [{"key": "a", "max": 2}]}
    merged = merge3(base, _fields(), changed)
    assert merged.document == changed
    assert merged.conflicts == (
        Conflict(("fields", "a"), {"key": "a", "max": 1}, MISSING, changed["fields"][0], "removed"),
    )
    assert merge3(base, changed, _fields()).document == _fields()
    assert settle(changed, merged.conflicts[0], MISSING) == _fields()


def test_a_whole_document_removed_on_one_side_and_changed_on_the_other_is_a_conflict() -> None:
    merged = merge3({"title": "A"}, None, {"title": "B"})
    assert merged.document == {"title": "B"}
    assert [(conflict.path, conflict.reason) for conflict in merged.conflicts] == [((), "removed")]
    assert merge3({"title": "A"}, None, {"title": "A"}).document is None


def test_lists_of_strings_merge_like_sets_with_an_order() -> None:
    merged = merge3({"roles": ["a", "b"]}, {"roles": ["a", "b", "c"]}, {"roles": ["b", "d"]})
    assert merged.document == {"roles": ["b", "c", "d"]}


def test_a_string_and_an_object_with_that_key_are_one_element() -> None:
    merged = merge3({"m": ["a", "b"]}, {"m": ["a", "b", {"key": "c"}]}, {"m": [{"key": "a", "max": 1}, "b"]})
    assert merged.document == {"m": [{"key": "a", "max": 1}, "b", {"key": "c"}]}


def test_a_list_without_keys_is_one_value() -> None:
    base, theirs, mine = ({"at": list_} for list_ in ([1, 2], [1, 3], [4]))
    assert [conflict.path for conflict in merge3(base, theirs, mine).conflicts] == [("at",)]


def test_true_and_one_are_different_values() -> None:
    assert diff({"a": 1}, {"a": True}) == [Change("set", ("a",), True)]
    assert diff({"a": 1}, {"a": 1.0}) == [Change("set", ("a",), 1.0)]


def test_a_stored_conflict_means_the_same() -> None:
    conflict = Conflict(("fields", "a"), {"key": "a"}, MISSING, None, "removed")
    assert Conflict.from_dict(conflict.as_dict()) == conflict


@pytest.mark.parametrize(
    "change",
    [
        Change("set", ("fields", "b", "max"), 1),
        Change("unset", ("title",)),
        Change("remove", ("fields", "b")),
        Change("move", ("fields", "b"), after=None),
        Change("insert", ("rules", "x"), {"key": "x"}),
    ],
)
def test_a_change_of_a_place_that_does_not_exist_is_refused(change: Change) -> None:
    with pytest.raises(Rejected) as refused:
        apply([change], _fields("a"))
    assert refused.value.problems[0].code == "merge.no_such_place"
