"""What administrators do with people, and that nobody else does it."""

import re

import pytest

from dougong.identity.demo import PASSWORD
from dougong.identity.invitations import parse_guests
from engines.kernel.problems import Rejected

LINK = re.compile(r"https?://[^\"<\s]+/(join|reset)/[\w-]+")
PAGES = [
    "/admin/members",
    "/admin/roles",
    "/admin/invite",
    "/admin/parameters",
    "/admin/keys",
    "/admin/departments/new",
]


def links(answer) -> list[str]:
    text = answer.get_data(as_text=True)
    return [match[0].partition("localhost")[2] for match in LINK.finditer(text)]


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_are_for_administrators_only(admin, seller, path):
    assert admin.get(path).status_code == 200
    answer = seller.get(path)
    assert answer.status_code == 403
    assert "只有工作区的管理员" in answer.get_data(as_text=True)


def test_the_administration_begins_with_its_first_tab_and_design_keeps_its_tabs(admin, seller):
    assert admin.get("/admin").headers["Location"] == "/admin/members"
    assert seller.get("/admin").status_code == 403
    for path in ("/design", "/templates"):
        text = admin.get(path, follow_redirects=True).get_data(as_text=True)
        assert '<nav class="dg-tabs"' in text
        assert '<a class="dg-nav-link" href="/admin" aria-current="page">' in text
    assert '<nav class="dg-tabs"' not in seller.get("/").get_data(as_text=True)


def test_a_seller_cannot_change_anything_by_hand_made_requests(seller):
    for path in (
        "/admin/members/1",
        "/admin/members/1/admin",
        "/admin/departments/new",
        "/admin/invite",
        "/admin/keys",
    ):
        assert seller.post(path, {"name": "x", "on": "1"}).status_code == 403


def test_a_pasted_list_makes_members_who_join_by_their_link(admin, visitor):
    answer = admin.post(
        "/admin/invite", {"people": "唐小满，tang@new.example，华东区，业务员\nLi Na\tlina@new.example\t销售部/华南区"}
    )
    first, _second = links(answer)
    assert "唐小满" in admin.get("/admin/members?q=小满").get_data(as_text=True)
    page = visitor.get(first)
    assert "唐小满" in page.get_data(as_text=True)
    assert visitor.post(first, {"name": "唐小满", "password": "short"}, page=first).status_code == 422
    joined = visitor.post(first, {"name": "唐小满", "password": "a good one 9"}, page=first)
    assert (joined.status_code, joined.location) == (303, "/")
    assert "唐小满" in visitor.get("/").get_data(as_text=True)
    visitor.post("/sign-out")
    assert visitor.get(first).status_code == 404
    assert visitor.sign_in("tang@new.example", "a good one 9").status_code == 303


def test_a_list_with_faults_adds_nobody_and_names_every_line(admin):
    answer = admin.post(
        "/admin/invite", {"people": "好人，good@new.example\n无邮箱\n乙，yi@new.example，华东\n甲，good@new.example"}
    )
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "第 2 行：没有邮箱地址" in text
    assert "第 3 行：没有部门“华东”，是不是“华东区”？" in text
    assert "第 4 行：good@new.example 已在第 1 行出现" in text
    assert "good@new.example" in text
    assert "好人" not in admin.get("/admin/members?q=好人").get_data(as_text=True).partition("<table")[2]


@pytest.mark.parametrize(
    ("line", "name", "email"),
    [
        ("林晓雨 <Lin@X.example>", "林晓雨", "lin@x.example"),
        ("lin@x.example", "lin", "lin@x.example"),
        ("lin@x.example，林晓雨", "林晓雨", "lin@x.example"),
        ('"Lin Xiaoyu",lin@x.example', "Lin Xiaoyu", "lin@x.example"),
    ],
)
def test_lines_are_read_as_people_paste_them(line, name, email):
    [guest] = parse_guests(line, [], [])
    assert (guest.name, guest.email) == (name, email)


def test_an_empty_list_is_refused():
    with pytest.raises(Rejected):
        parse_guests(" \n ", [], [])


def test_an_open_link_lets_in_several_people_but_takes_nobody_over(admin, app, make_browser):
    [link] = links(admin.post("/admin/invite/link", {"role": "seller"}))
    for name in ("amy", "bob"):
        guest = make_browser(app)
        answer = guest.post(
            link, {"name": name, "email": f"{name}@open.example", "password": "fine password 1"}, page=link
        )
        assert answer.status_code == 303
    thief = make_browser(app)
    data = {"name": "x", "email": "admin@demo.example", "password": "stolen password"}
    answer = thief.post(link, data, page=link)
    assert answer.status_code == 422
    assert "已有账号" in answer.get_data(as_text=True)
    assert thief.get("/").status_code == 302


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(admin, app, make_browser, as_person):
    number = re.search(
        r"/admin/members/(\d+)\"[^>]*>(?:(?!</a>).)*孙慧敏", admin.get("/admin/members").get_data(as_text=True), re.S
    )[1]
    before = as_person("sun")
    [link] = links(admin.post(f"/admin/members/{number}/password-link"))
    guest = make_browser(app)
    assert guest.post(link, {"password": "password"}, page=link).status_code == 422
    assert guest.post(link, {"password": "brand new 77"}, page=link).status_code == 303
    assert before.get("/account").status_code == 302, "other browsers are signed out"
    assert guest.get(link).status_code == 404
    assert guest.sign_in("sun@demo.example").status_code == 422
    assert guest.sign_in("sun@demo.example", "brand new 77").status_code == 303
    [link] = links(admin.post(f"/admin/members/{number}/password-link"))  # as other tests know it
    assert guest.post(link, {"password": PASSWORD}, page=link).status_code == 303


def test_somebody_who_is_shut_out_is_out_at_once(admin, as_person):
    text = admin.get("/admin/members?q=wu@").get_data(as_text=True)
    number = re.search(r"/admin/members/(\d+)", text)[1]
    wu = as_person("wu")
    assert wu.get("/").status_code == 200
    assert admin.post(f"/admin/members/{number}/active", {"on": "0"}).status_code == 303
    assert wu.get("/").status_code == 403
    assert admin.post(f"/admin/members/{number}/active", {"on": "1"}).status_code == 303
    assert wu.get("/").status_code == 200


def test_the_last_administrator_stays(admin):
    number = re.search(r"/admin/members/(\d+)", admin.get("/admin/members?q=admin@").get_data(as_text=True))[1]
    answer = admin.post(f"/admin/members/{number}/admin", {"on": "0"})
    assert answer.status_code == 422
    assert "需要一名管理员" in answer.get_data(as_text=True)
    assert admin.post(f"/admin/members/{number}/active", {"on": "0"}).status_code == 422


def test_a_member_page_saves_departments_and_roles(admin):
    page = admin.get("/admin/members?q=chen@").get_data(as_text=True)
    url = re.search(r"/admin/members/\d+", page)[0]
    form = admin.get(url).get_data(as_text=True)
    ids = re.findall(r'name="departments" value="(\d+)"', form)
    data = {
        "name": "陈思远",
        "title": "高级客户经理",
        "departments": ids[:2],
        "main": ids[1],
        "roles": ["seller", "manager"],
    }
    assert admin.post(url, data).status_code == 303
    form = admin.get(url).get_data(as_text=True)
    assert "高级客户经理" in form
    assert re.search(rf'name="main" value="{ids[1]}"[^>]* checked', form)
    assert admin.post(url, {**data, "name": " "}).status_code == 422
    assert admin.post(url, {**data, "roles": ["nobody"]}).status_code == 422


def test_a_department_dialog_shows_its_faults_inside(admin):
    answer = admin.post("/admin/departments/new", {"name": "  "}, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "#dg-modal-body"
    assert "请填写部门名称" in answer.get_data(as_text=True)
    answer = admin.post("/admin/departments/new", {"name": "客服部"}, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert "/admin/members?department=" in answer.headers["HX-Redirect"]
    assert "客服部" in admin.get("/admin/members").get_data(as_text=True)


def test_a_change_of_password_needs_the_old_one_and_ends_other_sessions(as_person):
    here, there = as_person("zhao"), as_person("zhao")
    assert here.post("/account/password", {"old_password": "no", "password": "another one 5"}).status_code == 422
    answer = here.post("/account/password", {"old_password": "dougong-demo", "password": "another one 5"})
    assert answer.status_code == 303
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 302
