"""Layers: packs in any order, contributions, optional parts, the customer's changes through upgrades."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.kernel.keyed import canonical, put, remove
from engines.kernel.layers import Layer, Own, merge_layers, overlay, upgrade
from engines.kernel.problems import NotFound, Rejected

laws = settings(deadline=None, max_examples=60)

CUSTOMER = ("form", "customer")


def form(key: str, *fields: str | dict[str, Any], **rest: Any) -> dict[str, Any]:
    elements = [{"key": one, "label": one} if isinstance(one, str) else one for one in fields]
    return {"kind": "form", "key": key, **({"fields": elements} if fields else {}), **rest}


def extension(key: str, *fields: str | dict[str, Any], **rest: Any) -> dict[str, Any]:
    return form(key, *fields, extends=True, **rest)


BASE = Layer.of("crm.customer", [form("customer", "name", "phone", title="Customer")])
POOL = Layer.of(
    "crm.pool", [extension("customer", {"key": "pool", "$after": "name"}, "limit")], depends=["crm.customer"]
)
LEAD = Layer.of("crm.lead", [form("lead", "name"), extension("customer", "lead")], depends=["crm.customer"])


def keys(effective: Any, key: str = "customer") -> list[str]:
    return [element["key"] for element in effective.get("form", key)["fields"]]


def test_contributions_stand_where_they_ask_and_know_where_they_came_from() -> None:
    effective = merge_layers([BASE, POOL, LEAD])
    assert keys(effective) == ["name", "pool", "phone", "lead", "limit"]
    assert effective.problems == ()
    assert effective.origin("form", "customer", "fields.pool.label") == "crm.pool"
    assert effective.origin("form", "customer", "fields.phone") == "crm.customer"
    assert effective.origin("form", "lead") == "crm.lead"


def test_a_contribution_merges_objects_adds_strings_and_sets_properties() -> None:
    base = Layer.of("a", [form("f", {"key": "to", "targets": ["x"], "size": {"w": 1, "h": 2}}, title="F", order=["p"])])
    patch = extension("f", {"key": "to", "targets": ["y", "x"], "size": {"h": 3}}, title="G", order={"$set": ["q"]})
    effective = merge_layers([base, Layer.of("b", [patch], depends=["a"])])
    assert effective.get("form", "f") == form(
        "f", {"key": "to", "targets": ["x", "y"], "size": {"w": 1, "h": 3}}, title="G", order=["q"]
    )
    assert effective.origin("form", "f", "title") == "b"
    assert effective.origin("form", "f", "fields.to.size.w") == "a"


def test_the_short_form_of_an_element_may_get_properties() -> None:
    base = Layer.of("a", [form("f", columns=["name", "size"])])
    patch = extension("f", columns=[{"key": "size", "width": 3}])
    assert merge_layers([base, Layer.of("b", [patch])]).get("form", "f")["columns"] == [
        "name",
        {"key": "size", "width": 3},
    ]


def test_an_element_can_ask_to_stand_before_another() -> None:
    patch = extension("customer", {"key": "first", "$before": "name"}, {"key": "last", "$after": "no_such"})
    assert keys(merge_layers([BASE, Layer.of("b", [patch])])) == ["first", "name", "phone", "last"]


def test_optional_parts_exist_only_with_their_pack() -> None:
    card = {"key": "cards", "when": {"installed": ["crm.pool"]}}
    rule = {"key": "own_when", "when": "amount > 3"}
    base = Layer.of("base", [form("f", "a", card, rule), form("g", "a", when={"installed": ["crm.pool", "crm.lead"]})])
    alone, together = merge_layers([base]), merge_layers([base], installed=["base", "crm.pool", "crm.lead"])
    assert keys(alone, "f") == ["a", "own_when"]
    assert alone.find("form", "g") is None
    assert together.get("form", "f")["fields"][1:] == [{"key": "cards"}, rule]
    assert "when" not in together.get("form", "g")


def test_what_extends_nothing_is_a_problem_with_a_suggestion() -> None:
    (problem,) = merge_layers([BASE, Layer.of("b", [extension("custmer", "x")])]).problems
    assert problem.code == "layer.nothing_to_extend"
    assert problem.message == '"b" extends the form "custmer", which no layer brings, did you mean "customer"?'


def test_two_layers_with_one_document_are_a_problem() -> None:
    (problem,) = merge_layers([BASE, Layer.of("other", [form("customer", "x")])]).problems
    assert (problem.code, problem.params["layers"]) == ("layer.duplicate", ["crm.customer", "other"])


def test_unrelated_packs_that_set_one_property_clash() -> None:
    patches = [Layer.of(key, [extension("customer", title=key)], depends=["crm.customer"]) for key in ("p", "q")]
    (problem,) = merge_layers([BASE, *patches]).problems
    assert (problem.code, problem.params["layers"]) == ("layer.clash", ["p", "q"])
    related = Layer.of("q", [extension("customer", title="q")], depends=["p"])
    assert merge_layers([BASE, patches[0], related]).problems == ()


def test_packs_that_depend_on_each_other_in_a_circle_are_refused() -> None:
    with pytest.raises(Rejected) as refused:
        merge_layers([Layer.of("a", [], depends=["b"]), Layer.of("b", [], depends=["a"])])
    assert refused.value.problems[0].params == {"layers": ["a", "b"]}
    with pytest.raises(Rejected):
        merge_layers([BASE, BASE])


def test_an_unknown_document_is_not_found_with_a_suggestion() -> None:
    with pytest.raises(NotFound, match='did you mean "customer"'):
        merge_layers([BASE]).get("form", "custoner")


@laws
@given(st.data())
def test_the_order_of_unrelated_packs_does_not_matter(data: Any) -> None:
    packs = [BASE]
    for name in ("p", "q", "r", "s"):
        needs = data.draw(st.lists(st.sampled_from([layer.key for layer in packs]), max_size=2, unique=True))
        after = data.draw(st.sampled_from(["name", "phone", "f_p", "f_q"]))
        likes = data.draw(st.lists(st.sampled_from(["p", "q", "r", "s"]), max_size=1))
        element = {"key": f"f_{name}", "$after": after, **({"when": {"installed": likes}} if likes else {})}
        documents = [form(f"form_{name}", "x"), extension("customer", element, note={name: name})]
        packs.append(Layer.of(name, documents, depends=needs))
    shuffled = list(packs)
    random.Random(data.draw(st.integers())).shuffle(shuffled)
    first, second = merge_layers(packs), merge_layers(shuffled)
    assert first.canonical() == second.canonical()
    assert first.origins == second.origins
    assert first.problems == second.problems


def own_of(layers: list[Layer], **changes: Any) -> Own:
    """The own layer of a customer who put each value at its path (`fields__name__label`) of the customer form."""
    below = merge_layers(layers)
    document = below.get("form", "customer")
    for name, value in changes.items():
        document = put(document, tuple(name.split("__")), value)
    return overlay(below, {**below.documents, CUSTOMER: document})


def test_the_own_layer_lies_on_top_and_is_kept_as_changes() -> None:
    own = own_of([BASE, POOL], title="Client", fields__mine={"key": "mine"})
    effective = merge_layers([BASE, POOL], own)
    assert effective.get("form", "customer")["title"] == "Client"
    assert effective.origin("form", "customer", "title") == "own"
    assert effective.origin("form", "customer", "fields.mine") == "own"
    assert effective.origin("form", "customer", "fields.pool") == "crm.pool"
    assert Own.from_dict(own.as_dict()) == own


def test_changes_of_a_document_that_nobody_brings_are_refused_by_name() -> None:
    with pytest.raises(Rejected, match="no layer brings it any more"):
        merge_layers([LEAD], own_of([BASE], title="Client"))


def test_an_upgrade_keeps_what_the_customer_changed() -> None:
    own = own_of([BASE], fields__name__label="Company", fields__mine={"key": "mine"})
    newer = Layer.of("crm.customer", [form("customer", "name", "phone", "email", title="Account")], version="2")
    effective, new_own, conflicts = upgrade([BASE], [newer, POOL], own)
    assert conflicts == {}
    document = effective.get("form", "customer")
    assert (document["title"], document["fields"][0]["label"]) == ("Account", "Company")
    assert set(keys(effective)) == {"name", "pool", "phone", "email", "limit", "mine"}
    assert merge_layers([newer, POOL], new_own).canonical() == effective.canonical()


def test_an_upgrade_lists_what_both_changed() -> None:
    newer = Layer.of("crm.customer", [form("customer", "name", "phone", title="Account")], version="2")
    effective, _, conflicts = upgrade([BASE], [newer], own_of([BASE], title="Client"))
    (conflict,) = conflicts[CUSTOMER]
    assert (conflict.path, conflict.base, conflict.theirs, conflict.mine) == (
        ("title",),
        "Customer",
        "Account",
        "Client",
    )
    assert effective.get("form", "customer")["title"] == "Client"


def test_removing_a_pack_takes_its_contributions_and_keeps_own_changes() -> None:
    own = own_of([BASE, POOL], title="Client")
    effective, new_own, conflicts = upgrade([BASE, POOL], [BASE], own)
    assert conflicts == {}
    assert keys(effective) == ["name", "phone"]
    assert effective.get("form", "customer")["title"] == "Client"
    back, _, _ = upgrade([BASE], [BASE, POOL], new_own)
    assert back.canonical() == merge_layers([BASE, POOL], own).canonical()


def test_removing_a_pack_whose_field_the_customer_changed_is_a_conflict() -> None:
    own = own_of([BASE, POOL], fields__limit__label="Cap")
    effective, _, conflicts = upgrade([BASE, POOL], [BASE], own)
    assert [(conflict.path, conflict.reason) for conflict in conflicts[CUSTOMER]] == [(("fields", "limit"), "removed")]
    assert "limit" in keys(effective)
    dropped, _, _ = upgrade([BASE, POOL], [BASE], own, prefer="theirs")
    assert "limit" not in keys(dropped)


def test_a_document_that_the_customer_took_out_stays_out() -> None:
    below = merge_layers([BASE, LEAD])
    own = overlay(below, {CUSTOMER: below.documents[CUSTOMER]})
    assert merge_layers([BASE, LEAD], own).find("form", "lead") is None
    effective, _, conflicts = upgrade([BASE, LEAD], [BASE, LEAD, POOL], own)
    assert effective.find("form", "lead") is None
    assert conflicts == {}


@laws
@given(st.lists(st.sampled_from(["label", "add", "drop", "title", "new", "out"]), max_size=4), st.data())
def test_an_upgrade_to_the_same_layers_changes_no_byte(steps: list[str], data: Any) -> None:
    layers = [BASE, POOL, LEAD]
    own = overlay(merge_layers(layers), _customized(merge_layers(layers).documents, steps, data))
    before = merge_layers(layers, own)
    effective, again, conflicts = upgrade(layers, layers, own)
    assert conflicts == {}
    assert effective.canonical() == before.canonical()
    assert canonical(again.as_dict()) == canonical(own.as_dict())


@laws
@given(st.lists(st.sampled_from(["label", "add", "title", "new"]), max_size=4), st.data())
def test_installing_and_removing_a_pack_gives_back_the_same_bytes(steps: list[str], data: Any) -> None:
    own = overlay(merge_layers([BASE, LEAD]), _customized(merge_layers([BASE, LEAD]).documents, steps, data))
    _, with_pool, _ = upgrade([BASE, LEAD], [BASE, LEAD, POOL], own)
    back, after, conflicts = upgrade([BASE, LEAD, POOL], [BASE, LEAD], with_pool)
    assert conflicts == {}
    assert back.canonical() == merge_layers([BASE, LEAD], own).canonical()
    assert canonical(after.as_dict()) == canonical(own.as_dict())


def _customized(documents: Any, steps: list[str], data: Any) -> dict[Any, Any]:
    result = dict(documents)
    for number, step in enumerate(steps):
        document = result[CUSTOMER]
        field = data.draw(st.sampled_from([element["key"] for element in document["fields"]]))
        if step == "label":
            document = put(document, ("fields", field, "label"), f"label {number}")
        elif step == "add":
            document = put(document, ("fields", f"own_{number}"), {"key": f"own_{number}"})
        elif step == "drop":
            document = remove(document, ("fields", field)) if len(document["fields"]) > 1 else document
        elif step == "title":
            document = put(document, ("title",), f"title {number}")
        elif step == "new":
            result["form", f"own_{number}"] = form(f"own_{number}", "a")
        else:
            result.pop(("form", "lead"), None)
        result[CUSTOMER] = document
    return result
