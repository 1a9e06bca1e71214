# ruff: noqa: F811
"""Business calendars: a year is seen, days change at once for what counts along them, coming years are learnt."""

import io
import re
from datetime import date

import pytest
from api_world import admin, caller, people, quote, site  # noqa: F401 - fixtures of one world

from dougong import calendars
from dougong.apps import drafts, store
from dougong.apps.publish import publish
from dougong.identity.departments import list_departments
from engines.form.calendars import CHINA, calendars_of
from engines.form.facts import facts_of
from engines.form.transaction import SYSTEM
from engines.formula import Place, Type, compile_expression

PAGE = "/admin/calendars/sale/cn"
FILE = "first,last,name,kind\n2031-01-01,2031-01-03,元旦,off\n2031-01-04,,,work\n"


@pytest.fixture
def count(workspaces, company):
    """Working days between two days, as an expression of the app computes them now."""

    def counted(first: str, last: str) -> int:
        with workspaces.begin(company, SYSTEM) as tx:
            forms = store.forms(tx, "sale")
            text = f"NETWORKDAYS(DATE({first.replace('-', ',')}), DATE({last.replace('-', ',')}))"
            expression = compile_expression(text, forms.get("quote").scope, expects=Type.NUMBER, place=Place.LIVE)
            return int(expression.evaluate({}, facts_of(tx, forms)))

    return counted


def change(browser, **form):
    return browser.post(PAGE, form, page="/admin/calendars")


def test_a_year_is_seen_with_its_holidays_and_make_up_days(as_person, quote):
    boss = as_person("admin")
    text = boss.get(f"{PAGE}?year=2026").get_data(as_text=True)
    assert "国庆" in text
    assert text.count('class="dg-cal-month"') == 12
    assert 'data-kind="makeup"' in text
    heads = re.findall(r'<th scope="col">(.)</th>', text)
    assert heads[:7] == list("一二三四五六日"), "weeks begin on Monday"
    assert "/admin/calendars" in boss.get("/admin/members").get_data(as_text=True)
    assert as_person("seller").get(PAGE).status_code == 403
    assert boss.get("/admin/calendars/sale/none").status_code == 404


def test_a_changed_day_counts_at_once_and_goes_back(as_person, quote, count):
    boss = as_person("admin")
    before = count("2026-03-02", "2026-03-06")
    assert (
        change(boss, **{"from": "2026-03-04", "to": "2026-03-05", "kind": "off", "title": "公司年会"}).status_code
        == 303
    )
    assert count("2026-03-02", "2026-03-06") == before - 2
    assert "公司年会" in boss.get(f"{PAGE}?year=2026").get_data(as_text=True)
    change(boss, **{"from": "2026-03-05", "to": "2026-03-05", "kind": "usual"})
    assert count("2026-03-02", "2026-03-06") == before - 1
    change(boss, **{"from": "2026-03-01", "to": "2026-03-31", "kind": "usual"})
    assert count("2026-03-02", "2026-03-06") == before


def test_days_that_cannot_be_are_told_beside_the_form(as_person, quote):
    boss = as_person("admin")
    for form in ({"from": "2026-03-05", "to": "2026-03-01"}, {"from": "x"}, {"from": "2026-01-01", "to": "2027-12-31"}):
        told = change(boss, kind="off", **form)
        assert told.status_code == 422
        assert "dg-cal-month" in told.get_data(as_text=True)


def test_a_coming_year_is_learnt_from_a_file_without_a_release(as_person, quote, count, workspaces, company):
    boss = as_person("admin")
    plain = count("2031-01-01", "2031-01-05")
    sent = {"csrf_token": boss.token("/admin/calendars"), "file": (io.BytesIO(FILE.encode()), "2031.csv")}
    assert boss.client.post("/admin/calendars/years", data=sent).status_code == 303
    with workspaces.begin(company, SYSTEM) as tx:
        found = calendars_of({}, {}, tx.settings)[CHINA]
        assert found.covers(2031)
        assert not found.covers(2032)
        assert found.names[date(2031, 1, 2)] == "元旦"
    # 1 to 3 January are Wednesday to Friday, the 4th is a Saturday that is worked instead.
    assert (plain, count("2031-01-01", "2031-01-05")) == (3, 1)


@pytest.mark.parametrize("content", ["", "nonsense", "2031-13-01,,,off", "2031-01-01,2031-01-02,x,maybe"])
def test_a_file_that_cannot_be_read_changes_nothing(as_person, quote, content, workspaces, company):
    boss = as_person("admin")
    sent = {"csrf_token": boss.token("/admin/calendars"), "file": (io.BytesIO(content.encode()), "x.csv")}
    assert boss.client.post("/admin/calendars/years", data=sent).status_code == 422


def test_what_moves_is_told_by_form(workspaces, company, quote, as_person):
    moment = {
        "kind": "moment",
        "key": "stale_quote",
        "title": {"zh-CN": "三个工作日未动", "en": "Untouched for three working days"},
        "form": "quote",
        "when": "WORKDAY(TODAY(), 3) < TODAY()",
    }
    with workspaces.begin(company, SYSTEM) as tx:
        draft = drafts.open_draft(tx, "sale", "")
        assert not drafts.put_document(tx, draft, moment)
    publish(workspaces, company, SYSTEM, draft.id)
    with workspaces.begin(company, SYSTEM) as tx:
        (found,) = [one for one in calendars.uses(tx, "sale") if one.form == "quote"]
        records = tx.connection.exec_driver_sql("SELECT count(*) FROM sale__quote WHERE _deleted_at IS NULL").scalar()
        draft = drafts.open_draft(tx, "sale", "")
        drafts.remove_document(tx, draft, "moment", "stale_quote")
    publish(workspaces, company, SYSTEM, draft.id)
    assert (found.places[-1], found.records) == ("三个工作日未动", records)
    with workspaces.begin(company, SYSTEM) as tx:
        assert "quote" not in [one.form for one in calendars.uses(tx, "sale")]


def test_time_limits_of_flows_move_too(workspaces, company, quote):
    people = [{"kind": "role", "role": "manager"}]
    asked = {"key": "asked", "type": "approval", "people": people, "limit": {"hours": 8}, "next": "end"}
    nodes = [{"key": "start", "type": "start", "next": "asked"}, asked, {"key": "end", "type": "end"}]
    title = {"zh-CN": "限时审批", "en": "Approval in time"}
    flow = {"kind": "flow", "key": "limited", "form": "customer", "title": title, "nodes": nodes}
    with workspaces.begin(company, SYSTEM) as tx:
        draft = drafts.open_draft(tx, "sale", "")
        assert not drafts.put_document(tx, draft, flow)
    publish(workspaces, company, SYSTEM, draft.id)
    try:
        with workspaces.begin(company, SYSTEM) as tx:
            (found,) = [one for one in calendars.uses(tx, "sale") if one.form == "customer"]
            assert found.places == ("限时审批",)
    finally:
        with workspaces.begin(company, SYSTEM) as tx:
            draft = drafts.open_draft(tx, "sale", "")
            drafts.remove_document(tx, draft, "flow", "limited")
        publish(workspaces, company, SYSTEM, draft.id)


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("WORKDAY(day, 3) > TODAY()", True),
        ("IF(a, ISWORKDAY(day), b)", True),
        ("SUM(lines.amount)", False),
        ("a (not an expression", False),
    ],
)
def test_an_expression_counts_along_a_calendar_where_it_calls_its_functions(text, counts):
    assert calendars._names(text) is counts


def test_a_calendar_is_added_gets_its_hours_and_is_chosen_by_a_department(as_person, quote, workspaces, company):
    boss = as_person("admin")
    made = boss.post(
        "/admin/calendars/new", {"title": "苏州工厂", "app": "sale", "country": "1"}, page="/admin/calendars"
    )
    assert made.status_code == 303
    place = made.headers["Location"].split("?")[0]
    key = place.rsplit("/", 1)[1]
    hours = {f"day{number}": "8:00–12:00、13:00-17:30" for number in range(1, 7)}
    assert boss.post(f"{place}/week", hours, page=place).status_code == 303
    page = boss.get(place).get_data(as_text=True)
    assert page.count('value="08:00-12:00, 13:00-17:30"') == 6
    wrong = boss.post(f"{place}/week", {"day1": "12:00-9:00", "day2": "9-12"}, page=place)
    told = wrong.get_data(as_text=True)
    assert wrong.status_code == 422 and told.count("is-invalid") == 2 and 'value="12:00-9:00"' in told
    assert boss.post("/admin/calendars/new", {"title": " ", "app": "sale"}, page="/admin/calendars").status_code == 422
    assert as_person("seller").get("/admin/calendars").status_code == 403
    with workspaces.begin(company, SYSTEM) as tx:
        found = list_departments(tx)
        above = {one.parent_id for one in found}
        team = next(one for one in found if one.id in above)
    dialog = f"/admin/departments/{team.id}"
    assert "苏州工厂" in boss.get(dialog).get_data(as_text=True)
    form = {"name": team.name, "parent": team.parent_id or "", "head": team.head_id or ""}
    assert boss.post(dialog, {**form, "calendar": "none"}, page="/admin/calendars").status_code == 422
    try:
        assert boss.post(dialog, {**form, "calendar": key}, page="/admin/calendars").status_code in (204, 303)
        assert team.name in boss.get(place).get_data(as_text=True)
        with workspaces.begin(company, SYSTEM) as tx:
            facts = facts_of(tx, store.forms(tx, "sale"))
            assert set(facts.teams.values()) == {key} and team.id in facts.teams
            assert len(facts.teams) > 1, "departments below work by it too"
    finally:
        boss.post(dialog, {**form, "calendar": ""}, page="/admin/calendars")


def test_a_new_calendar_moves_nothing_until_it_is_chosen_as_the_usual_one(as_person, quote, workspaces, company, count):
    boss = as_person("admin")
    before = count("2026-05-01", "2026-05-31")
    made = boss.post("/admin/calendars/new", {"title": "AAA", "app": "sale"}, page="/admin/calendars")
    place = made.headers["Location"].split("?")[0]
    hours = {f"day{number}": "9:00-18:00" for number in range(1, 8)}
    assert boss.post(f"{place}/week", hours, page=place).status_code == 303
    assert count("2026-05-01", "2026-05-31") == before, "it comes first by its key, and yet"
    try:
        assert boss.post(f"{place}/usual", {}, page="/admin/calendars").status_code == 303
        assert count("2026-05-01", "2026-05-31") == 31
        text = boss.get("/admin/calendars").get_data(as_text=True)
        assert re.search(r"AAA</a>(?:(?!</li>|设为).)*默认", text, re.S), "the page says which one counts"
        with workspaces.begin(company, SYSTEM) as tx:
            assert calendars.list_calendars(tx, "sale")[0]["key"] == place.rsplit("/", 1)[1]
    finally:
        boss.post("/admin/calendars/sale/cn/usual", {}, page="/admin/calendars")
    assert count("2026-05-01", "2026-05-31") == before
    assert boss.post("/admin/calendars/sale/none/usual", {}, page="/admin/calendars").status_code == 404
    assert as_person("seller").post("/admin/calendars/sale/cn/usual", {}, page="/").status_code == 403
