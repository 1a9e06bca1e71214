"""Fields with parts, tags, trees, and what stands on a page without a value."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select

from engines.form.bulk import bulk_write
from engines.form.checks import check_form
from engines.form.decor import button_values, record_url
from engines.form.fields.address import Address
from engines.form.fields.base import Context
from engines.form.fields.location import distance, point
from engines.form.fields.recurrence import DAYS, Rule, occurrences, read_rule
from engines.form.layout import arrange, arrange_tabs
from engines.form.query import Query, get_record, list_records
from engines.form.records import create_record, update_record
from engines.form.regions import regions
from engines.form.tags import Piece, carrying, merge_piece, merge_tags, rename_tag, tags_of
from engines.form.trees import branches, way_to
from engines.kernel.problems import Forbidden, Rejected
from tests.conftest import Begin
from tests.form import company
from tests.form.build import create_tables, field, form, forms, one_field, sample

DAY = date
CHINA = Context(locale="zh-CN")


def codes(kind: str, options: dict[str, Any], raw: Any) -> list[str]:
    """What is wrong with an entered value."""
    one = one_field(kind, options)
    try:
        value = one.type.parse(raw, one, CHINA)
    except Rejected as error:
        return [problem.code for problem in error.problems]
    return [] if value is None else [problem.code for problem in one.type.check(value, one, CHINA)]


# -- choices ----------------------------------------------------------------------------------------------------------


def test_an_answer_that_is_not_listed_is_kept_as_it_was_written_where_that_is_allowed() -> None:
    options = {"choices": [{"key": "tel", "label": {"zh-CN": "电话"}}], "other": True}
    one = one_field("choice", options)
    assert one.type.parse("电话", one) == "tel"
    assert one.type.parse("  展会  现场 ", one) == "展会 现场"
    assert codes("choice", options, "__other__") == ["choice.other_missing"]
    assert codes("choice", {**options, "other": False}, "展会") == ["choice.unknown"]
    assert codes("choices", {**options, "min": 2}, ["tel"]) == ["choices.too_few"]


# -- addresses and places ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("广东省深圳市南山区科苑路15号", "广东省 深圳市 南山区 科苑路15号"),
        ("广东深圳南山区科苑路15号", "广东省 深圳市 南山区 科苑路15号"),
        ("深圳市南山区", "广东省 深圳市 南山区"),
        ("北京市市辖区朝阳区建国路1号", "北京市 朝阳区 建国路1号"),
        ("北京朝阳区", "北京市 朝阳区"),
        ("湖北省仙桃市人民路", "湖北省 仙桃市 人民路"),
        ("延边州延吉市", "吉林省 延边朝鲜族自治州 延吉市"),
        ("南京路100号", "南京路100号"),
        ("Room 5, London", "Room 5, London"),
    ],
)
def test_regions_are_read_out_of_a_written_address(written: str, stored: str) -> None:
    one = one_field("address")
    assert one.type.parse(written, one) == stored
    assert one.type.parse(one.type.display(stored, one), one) == stored


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(regions().by_code)), st.sampled_from(["", "中山路1号", "5 Main St"]))
def test_every_region_survives_being_written_and_read(code: str, detail: str) -> None:
    one = one_field("address")
    value = Address.of(regions().chain(code), detail).stored()
    assert one.type.parse({"code": code, "detail": detail}, one) == value
    assert one.type.from_json(one.type.to_json(value, one), one) == value
    assert Address.split(value).detail == detail


def test_an_address_is_as_exact_as_the_field_asks() -> None:
    assert codes("address", {"level": "city"}, "广东省深圳市南山区") == ["address.too_exact"]
    assert codes("address", {"needs": "district"}, "广东省深圳市") == ["address.incomplete"]
    assert codes("address", {"needs": "district"}, "广东省东莞市") == []  # a city without districts
    assert codes("address", {}, {"province": "广东省", "city": "杭州市"}) == ["address.unknown_region"]


def test_records_are_found_by_region_and_by_distance(conn: Connection) -> None:
    made = forms(form("sample", field("addr", "address"), field("spot", "location"))).get("sample")
    create_tables(conn, made.forms)
    rows = [
        {"id": 1, "addr": "广东省 深圳市 南山区 科苑路", "spot": "113.941230,22.534120 深圳湾"},
        {"id": 2, "addr": "广东省 深圳市", "spot": "114.057865,22.543096"},
        {"id": 3, "addr": "广东省 广州市", "spot": None},
        {"id": 4, "addr": None, "spot": "113.941230,22.534120"},
    ]
    conn.execute(insert(made.table), rows)

    def found(key: str, op: str, raw: Any) -> list[int]:
        one = made.fields[key]
        condition = one.type.filter_sql(one, made.table.c[key], op, one.type.parse_operand(op, raw, one, CHINA), CHINA)
        return list(conn.execute(select(made.table.c.id).where(condition).order_by(made.table.c.id)).scalars())

    assert found("addr", "under", "深圳市") == [1, 2]
    assert found("addr", "under", ["广州市", {"province": "广东省", "city": "深圳市", "district": "南山区"}]) == [1, 3]
    assert found("addr", "nunder", "深圳市") == [3, 4]
    assert found("spot", "within", [113.94, 22.53, 1000]) == [1, 4]
    assert found("spot", "within", "113.94,22.53,20000") == [1, 2, 4]
    one, other = point(rows[0]["spot"]), point(rows[1]["spot"])
    assert one and other and 11_900 < distance(one, other) < 12_100


# -- what comes back --------------------------------------------------------------------------------------------------


RULES = st.builds(
    Rule,
    st.sampled_from(["WEEKLY"]),
    st.integers(1, 99),
    st.sets(st.sampled_from(DAYS)).map(lambda days: tuple(day for day in DAYS if day in days)),
    count=st.one_of(st.none(), st.integers(1, 99)),
) | st.builds(
    Rule,
    st.sampled_from(["MONTHLY"]),
    st.integers(1, 99),
    monthdays=st.sets(st.integers(1, 31)).map(lambda days: tuple(sorted(days))),
    until=st.one_of(st.none(), st.dates(DAY(2000, 1, 1), DAY(2099, 1, 1))),
)


@settings(max_examples=60, deadline=None)
@given(RULES)
def test_a_rule_is_the_same_as_text_and_as_a_sentence(rule: Rule) -> None:
    one = one_field("recurrence")
    assert read_rule(rule.stored()) == rule
    assert one.type.parse(rule.sentence("zh-CN"), one) == rule.stored()
    assert rule.sentence("en")


def test_a_rule_gives_its_next_days() -> None:
    rule = "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=4"
    days = [DAY(2026, 6, 1), DAY(2026, 6, 3), DAY(2026, 6, 15), DAY(2026, 6, 17)]
    assert occurrences(rule, DAY(2026, 6, 1)) == days
    assert occurrences(rule, DAY(2026, 6, 1), after=DAY(2026, 6, 3), limit=1) == days[2:3]
    assert occurrences("FREQ=MONTHLY;BYMONTHDAY=-1", DAY(2026, 2, 1), limit=1) == [DAY(2026, 2, 28)]
    assert codes("recurrence", {}, "FREQ=HOURLY") == ["recurrence.not_a_rule"]


# -- pictures ---------------------------------------------------------------------------------------------------------


def test_only_pictures_are_pictures_and_one_hand_signs() -> None:
    document = {"id": "1", "name": "a.pdf", "mime": "application/pdf"}
    assert codes("image", {}, [document]) == ["attachment.not_an_image"]
    assert codes("image", {"max_files": 1}, [{"id": "1"}, {"id": "2"}]) == ["attachment.too_many"]
    assert codes("signature", {}, '[{"id": "1"}, {"id": "2"}]') == ["attachment.too_many"]
    assert codes("image", {}, "{not json") == ["attachment.not_a_list"]


# -- pages: tabs, notes, buttons --------------------------------------------------------------------------------------


def page() -> Any:
    """A form with tabs, a note and buttons."""
    note = {"text": {"en": "<b>Mind</b> <script>alert(1)</script>the gap"}}
    push = {"do": "set", "values": [{"key": "qty", "value": "qty + 1"}]}
    return form(
        "page",
        field("name", "text"),
        field("hint", "note", note),
        field("qty", "number"),
        field("push", "button", push),
        field("site", "button", {"do": "open", "url": "https://x.example/?q={name}&n={id}"}),
        tabs=[{"key": "one", "title": "One"}, {"key": "two", "title": "Two"}, {"key": "none", "title": "Empty"}],
        sections=[
            {"key": "a", "fields": ["name", "hint"], "tab": "one"},
            {"key": "b", "fields": ["qty", "push"], "tab": "two", "columns": 4, "collapsed": True},
        ],
    )


def test_sections_stand_on_tabs_and_the_first_one_with_a_problem_opens() -> None:
    made = forms(page()).get("page")
    assert list(made.fields) == ["name", "qty"]
    assert list(check_form(made)) == []
    arranged = arrange_tabs(made, arrange(made))
    assert [[cell.field.key for cell in one.cells] for one in arranged.above] == [["site"]]
    assert [(tab.key, [cell.field.key for one in tab.sections for cell in one.cells]) for tab in arranged.tabs] == [
        ("one", ["name", "hint"]),
        ("two", ["qty", "push"]),
    ]
    assert arranged.tabs[1].sections[0].cells[0].width == 3
    assert arranged.first() == "one"
    assert arranged.first(["qty"]) == "two"


def test_notes_are_cleaned_and_addresses_take_values_safely() -> None:
    made = forms(page()).get("page")
    note = made.decor["hint"]
    assert note.type.html(note, "en") == "<p><b>Mind</b> the gap</p>"  # type: ignore[attr-defined]
    url = made.decor["site"].options["url"]
    assert record_url(made, url, 7, {"name": "a&b=甲"}, "en", "UTC") == ("https://x.example/?q=a%26b%3D%E7%94%B2&n=7")


def test_names_in_buttons_and_addresses_must_exist() -> None:
    push = {"do": "set", "values": [{"key": "nmae", "value": "1"}, {"key": "name", "value": "1 +"}]}
    code = {"of": "field", "field": "gone"}
    made = forms(form("page", field("name", "text"), field("push", "button", push), field("code", "barcode", code)))
    found = [(problem.code, problem.path) for problem in check_form(made.get("page"))]
    assert ("field.unknown", "fields.push.options.values.nmae") in found
    assert ("field.unknown", "fields.code.options.field") in found
    assert any(path.startswith("fields.push.options.values.name") for _, path in found)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://plain.example", "//evil.example", "https://{name}.x"])
def test_only_safe_addresses_are_embedded(url: str) -> None:
    kind = sample("embed", {"url": "https://ok.example"}).decor["it"].type
    assert [problem.code for problem in kind.check_options({"url": url})] == ["page.url"]


# -- tags, trees and buttons on records -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(workspaces: Any, workspace: Any) -> Any:
    """A form with tags and a tree, in a workspace of the module."""
    declared = [{"key": "vip", "label": {"zh-CN": "重点", "en": "VIP"}, "color": "red", "group": "等级"}]
    made = forms(
        form("node", field("name", "text"), field("above", "relation", {"form": "node"}), title_field="name"),
        form(
            "thing",
            field("name", "text"),
            field("labels", "tags", {"choices": declared}),
            field("place", "cascade", {"form": "node", "parent": "above"}),
            field("end", "cascade", {"form": "node", "parent": "above", "leaf_only": True}),
            field("qty", "number"),
            field("push", "button", {"do": "set", "values": [{"key": "qty", "value": "qty + 1"}]}),
            rules=[
                {
                    "key": "held",
                    "check": 'NOT(AND(CHANGED(labels), name = "锁定", NOT(ISBLANK(PRIOR(name)))))',
                    "message": "已锁定",
                }
            ],
        ),
    )
    return company.installed(workspaces, workspace, made)


def test_tags_are_counted_renamed_and_merged_on_every_record(begin: Begin, world: Any) -> None:
    thing = world.get("thing")
    with begin() as tx:
        for tags in (["重点", "老客"], ["老客户", "老客"], "展会、老客户"):
            create_record(tx, thing, {"name": "x", "labels": tags})
        known = {tag.key: (tag.count, tag.group) for tag in tags_of(tx, thing, "labels")}
        assert known == {"vip": (1, "等级"), "老客": (2, ""), "老客户": (2, ""), "展会": (1, "")}
        assert [tag.key for tag in tags_of(tx, thing, "labels", "老")] == ["老客", "老客户"]
        assert merge_tags(tx, thing, "labels", ["老客"], "老客户") == 2
        assert rename_tag(tx, thing, "labels", "展会", "展会 2026") == 1
        page = list_records(tx, thing, Query(filter={"field": "labels", "op": "in", "value": ["老客户"]}))
        found = sorted(record.values["labels"] for record in page.rows)
        assert found == [("vip", "老客户"), ("展会 2026", "老客户"), ("老客户",)]
        assert list_records(tx, thing, Query(search="展会 2026")).total == 1  # search follows


def test_a_merge_in_pieces_leaves_what_rules_hold_and_may_be_begun_anew(begin: Begin, world: Any) -> None:
    thing = world.get("thing")
    with begin() as tx:
        made = [create_record(tx, thing, {"name": name, "labels": ["旧", "新"]}).id for name in ("a", "锁定", "c")]
        first = merge_piece(tx, thing, "labels", ["旧"], "新", size=2)
        assert (first.changed, first.kept, first.last) == (1, 1, made[1])
        assert first.why is not None and "已锁定" in first.why.message
        assert merge_piece(tx, thing, "labels", ["旧"], "新", after=made[1], size=2) == Piece(1, 0, None, None)
        assert carrying(tx, thing, "labels", ["旧"], "新") == 1
        assert [get_record(tx, thing, one).values["labels"] for one in made] == [("新",), ("旧", "新"), ("新",)]
        assert merge_piece(tx, thing, "labels", ["旧"], "新").changed == 0


def test_only_administrators_rename_tags(begin: Begin, world: Any) -> None:
    with begin(actor=company.actor(company.LIN)) as tx, pytest.raises(Forbidden):
        rename_tag(tx, world.get("thing"), "labels", "a", "b")


def test_a_tree_is_walked_and_filtered_by_branch(begin: Begin, world: Any) -> None:
    node, thing = world.get("node"), world.get("thing")
    with begin() as tx:
        top = create_record(tx, node, {"name": "机械"}).id
        below = create_record(tx, node, {"name": "轴承", "above": top}).id
        leaf = create_record(tx, node, {"name": "滚珠", "above": below}).id
        other = create_record(tx, node, {"name": "电气"}).id
        for place in (top, leaf, other, None):
            create_record(tx, thing, {"name": "y", "place": place})
        assert [(one.title, one.leaf) for one in branches(tx, thing, "place", top)] == [("轴承", False)]
        assert {one.title for one in branches(tx, thing, "place", None)} == {"机械", "电气"}
        assert way_to(tx, thing, "place", leaf) == [(top, "机械"), (below, "轴承"), (leaf, "滚珠")]
        query = {
            "and": [{"field": "name", "op": "eq", "value": "y"}, {"field": "place", "op": "under", "value": [top]}]
        }
        assert {one.values["place"].id for one in list_records(tx, thing, Query(filter=query)).rows} == {top, leaf}


def test_where_only_the_last_level_counts_every_writer_is_held_to_it(begin: Begin, world: Any) -> None:
    node, thing = world.get("node"), world.get("thing")
    with begin() as tx:
        top = create_record(tx, node, {"name": "区域"}).id
        leaf = create_record(tx, node, {"name": "华东", "above": top}).id
        kept = create_record(tx, thing, {"name": "k", "end": leaf}).id
        for write in (
            lambda: create_record(tx, thing, {"name": "k", "end": top}),
            lambda: bulk_write(tx, thing, [{"name": "k", "end": leaf}, {"name": "k", "end": top}]),
        ):
            with pytest.raises(Rejected) as refused:
                write()
            assert [problem.code for problem in refused.value.problems] == ["cascade.not_a_leaf"]
        create_record(tx, node, {"name": "上海", "above": leaf})  # what is stored stays
        assert update_record(tx, thing, kept, {"name": "l", "end": leaf}).version == 2


def test_a_button_sets_values_by_expressions(begin: Begin, world: Any) -> None:
    thing = world.get("thing")
    with begin() as tx:
        record = get_record(tx, thing, create_record(tx, thing, {"name": "z", "qty": "4"}).id)
        assert button_values(tx, thing, "push", record.values) == {"qty": 5}
