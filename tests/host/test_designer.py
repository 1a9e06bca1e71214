"""The workbench of an app: one draft for all who design, keys from labels, new forms, merges, schemas for panels."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dougong.apps import drafts, store
from dougong.apps.plan import make_plan
from dougong.designer import compiling, forms, workbench
from dougong.designer.keys import key_of
from dougong.designer.panels import WITH_PLACEHOLDER, panels
from dougong.designer.telling import field_path, kindly, place_name
from dougong.web import assets
from dougong.web.assets import ASSETS
from engines.form.fields import FIELD_TYPES
from engines.form.transaction import Actor
from engines.kernel.problems import Forbidden, Rejected

FIELD = {"key": "name", "type": "text", "label": "名称"}


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("报修人", "baoxiuren"),
        ("Repair cost", "repair_cost"),
        ("维修A1单", "weixiu_a1dan"),
        ("2026年预算", "field_2026nianyusuan"),
        ("id", "id_2"),
        ("!!!", "field"),
        ("数量", "shuliang_2"),
    ],
)
def test_a_key_is_the_pinyin_of_its_label_and_new(label, key):
    assert key_of(label, {"shuliang"}) == key


def test_a_key_is_cut_at_a_syllable():
    assert len(key_of("设备维修申请单的一个非常非常长的名称用来测试", longest=24)) <= 24


def test_a_new_form_has_rights_and_a_menu_entry_and_goes_again_without_a_trace(begin):
    with begin(keep=False) as tx:
        store.make_app(tx, "bench", "Bench")
        key = forms.new_form(tx, "bench", "设备报修", "own")
        assert key == "shebeibaoxiu"
        every = workbench.documents(tx, "bench")
        assert {kind for kind, _ in every} == {"form", "group", "menu"}
        assert [one.state for one in forms.list_forms(tx, "bench")] == ["new"]
        document = {**every["form", key], "title": "报修", "fields": [FIELD]}
        seen = workbench.open_form(tx, "bench", key).seen
        saved = workbench.save_form(tx, "bench", key, document, seen)
        assert saved.problems == ()
        assert workbench.documents(tx, "bench")["menu", "main"]["items"][0]["title"] == "报修"
        draft = workbench.find(tx, "bench")
        assert draft is not None
        assert make_plan(tx, draft).problems == ()
        assert compiling.draft_form(tx, "bench", key).fields["name"].label("zh-CN") == "名称"
        forms.remove_form(tx, "bench", key)
        assert dict(workbench.documents(tx, "bench")) == {}


def test_two_saves_are_merged_and_what_both_changed_is_given_back(begin):
    with begin(keep=False) as tx:
        store.make_app(tx, "bench", "Bench")
        key = forms.new_form(tx, "bench", "Two", "admins")
        empty = workbench.open_form(tx, "bench", key)
        first = {**empty.document, "fields": [FIELD]}
        base = workbench.save_form(tx, "bench", key, first, empty.seen)
        theirs = {**first, "icon": "tool", "fields": [FIELD | {"help": "theirs"}]}
        workbench.save_form(tx, "bench", key, theirs, base.seen)
        mine = {**first, "title": "Mine"}
        with pytest.raises(Rejected) as stale:
            workbench.save_form(tx, "bench", key, mine, base.seen)
        assert stale.value.problems[0].code == "designer.stale"
        merged = workbench.save_form(tx, "bench", key, mine, base.seen, first)
        assert (merged.merged, merged.document["title"], merged.document["icon"]) == (True, "Mine", "tool")
        clash = workbench.save_form(tx, "bench", key, {**first, "icon": "leaf"}, base.seen, first)
        assert [one.path for one in clash.conflicts] == [("icon",)]
        assert workbench.open_form(tx, "bench", key).document["icon"] == "tool"


def test_only_administrators_reach_the_workbench(begin):
    with begin(keep=False) as tx:
        store.make_app(tx, "bench", "Bench")
    with begin(Actor(id=1, name="Somebody"), keep=False) as tx, pytest.raises(Forbidden):
        workbench.find(tx, "bench")


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_panels_know_every_type_and_say_everything_in_one_language(locale):
    found = panels(locale)
    assert [one["key"] for one in found["types"]] == list(FIELD_TYPES.keys())
    groups = {one["key"] for one in found["groups"]}
    assert {one["group"] for one in found["types"]} <= groups
    assert found["field"]["default"]["x-widget"] == "expression"
    assert found["field"]["label"]["x-widget"] == "label"
    assert "x-zh" not in str(found)
    assert not [said for said in unsaid(found) if said != "format"]


def test_a_list_of_values_is_a_choice_whatever_it_is_called():
    types = {one["key"]: one["options"] for one in panels("en")["types"]}
    assert "x-widget" not in types["rating"]["icon"]
    assert "x-widget" not in types["barcode"]["of"]
    assert types["stage_info"]["of"]["x-widget"] == "field"


def test_a_placeholder_is_offered_where_inputs_show_one():
    folder = Path(assets.__file__).parent / "jinja"

    def source(name: str) -> str:
        text = (folder / name).read_text(encoding="utf-8")
        return text + "".join(source(one) for one in re.findall(r'{% include "(fields/[^"]+)"', text))

    shown = {
        kind.key
        for kind in FIELD_TYPES
        if kind.writable and kind.is_value and re.search(r"it\.hint\(|field\.placeholder", source(kind.input_template))
    }
    assert shown == set(WITH_PLACEHOLDER)


def unsaid(schema: Any, name: str = "") -> Iterator[str]:
    """The settings with a list of values that the panels would show by their bare names."""
    if isinstance(schema, dict):
        if "enum" in schema and name != "type" and set(schema["enum"]) - set(schema.get("x-words", {})):
            yield name
        for key, one in schema.items():
            yield from unsaid(one, key if key not in ("items", "properties") else name)
    elif isinstance(schema, list):
        for one in schema:
            yield from unsaid(one, name)


def test_the_designer_keeps_its_budget():
    assert ASSETS.weight("designer.ts") <= 130 * 1024


def test_problems_are_told_by_labels(begin):
    with begin(keep=False) as tx:
        store.make_app(tx, "bench", "Bench")
        key = forms.new_form(tx, "bench", "Repair", "admins")
        opened = workbench.open_form(tx, "bench", key)
        empty = workbench.save_form(tx, "bench", key, opened.document, opened.seen)
        assert [one.code for one in kindly(empty.problems)] == ["designer.no_fields"]
        broken = {
            **opened.document,
            "fields": [
                FIELD,
                {"key": "sum", "type": "formula", "label": "Sum", "options": {}},
                {"key": "lines", "type": "subform", "label": "Lines"},
            ],
        }
        saved = workbench.save_form(tx, "bench", key, broken, opened.seen)
        told = {one.path.removeprefix(f"form.{key}."): one.code for one in kindly(saved.problems)}
        assert told["fields.lines.fields"] == "designer.no_fields"
        assert "designer.fill_in" in told.values()
        every = workbench.documents(tx, "bench")
        assert place_name(every, f"form.{key}.fields.sum.default", "en") == "Repair › Sum › Default"
        assert place_name(every, f"form.{key}.fields.sum.options.expression", "zh-CN") == "Repair › Sum › 表达式"
        assert place_name(every, field_path(key, "sum"), "en") == "Repair › Sum"
        text = "nothing + 1"
        problems, _ = compiling.check_expression(every, "bench", key, text, "number", "default", key)
        assert problems[0].params["column"] == 1
        drafts.discard(tx, workbench.open_bench(tx, "bench"))
