"""The first page: what it shows to whom, and the checklist of the first minutes."""

import re

import pytest
from sqlalchemy import event

from dougong.web.home import BLOCKS, Block


def steps(answer) -> tuple[int, int] | None:
    told = re.search(r"已完成 (\d) / (\d)", answer.get_data(as_text=True))
    return (int(told[1]), int(told[2])) if told else None


def test_an_administrator_has_five_steps_that_tick_themselves(as_person):
    admin = as_person("admin")
    done, of = steps(admin.get("/"))
    assert of == 5
    assert done >= 1, "the people of the company are there already"
    text = admin.get("/").get_data(as_text=True)
    assert "邀请成员" in text
    assert re.search(r'class="dg-step-done"><a href="/admin/invite">', text)


def test_somebody_else_has_no_steps_of_administrators(as_person):
    text = as_person("he").get("/").get_data(as_text=True)
    assert "上手步骤" in text
    assert "/admin/" not in text


def test_looking_at_the_to_do_list_ticks_its_step(as_person):
    browser = as_person("zhou")
    before = steps(browser.get("/"))
    browser.get("/todo")
    after = steps(browser.get("/"))
    assert after == (before[0] + 1, before[1])
    again = as_person("zhou")
    assert steps(again.get("/")) == after, "it stays ticked in another browser"


def test_the_checklist_can_be_closed_for_good(as_person):
    browser = as_person("director")
    assert steps(browser.get("/")) is not None
    headers = {"X-CSRFToken": browser.token(), "HX-Request": "true"}
    assert browser.client.post("/first-steps/close", headers=headers).status_code == 200
    assert steps(browser.get("/")) is None
    assert steps(as_person("director").get("/")) is None


def test_an_area_adds_a_block_for_those_whom_it_concerns(as_person):
    block = Block("test", lambda tx: "only for sellers" if "seller" in tx.actor.roles else None, order=1)
    BLOCKS.append(block)
    try:
        assert "only for sellers" in as_person("seller").get("/").get_data(as_text=True)
        assert "only for sellers" not in as_person("zhou").get("/").get_data(as_text=True)
    finally:
        BLOCKS.remove(block)


@pytest.mark.parametrize("title", ["线索", "<b>x</b>"])
def test_a_starred_page_stands_in_the_side_bar_until_the_star_is_taken_away(as_person, title):
    browser = as_person("seller")
    url = f"/a/x/{len(title)}"
    assert 'aria-pressed="true"' in browser.post("/favourites", {"url": url, "title": title}).get_data(as_text=True)
    assert f'href="{url}"' in browser.get("/").get_data(as_text=True)
    assert "<b>x</b>" not in browser.get("/").get_data(as_text=True)
    assert 'aria-pressed="false"' in browser.post("/favourites", {"url": url, "title": title}).get_data(as_text=True)
    assert f'href="{url}"' not in browser.get("/").get_data(as_text=True)


def test_the_palette_finds_pages_by_a_part_of_their_name(admin, seller):
    assert "邀请成员" in admin.get("/palette?q=邀请").get_data(as_text=True)
    assert "邀请成员" not in seller.get("/palette?q=邀请").get_data(as_text=True)
    assert "没有找到" in seller.get("/palette?q=zzzz<b>").get_data(as_text=True)
    assert "<b>" not in seller.get("/palette?q=zzzz<b>").get_data(as_text=True)


def test_the_frame_of_a_page_asks_few_questions(app, company, as_person, database):
    """Session, beginning, counts of to-do and bell, preferences, and the blocks of the page itself."""
    browser = as_person("director")
    browser.get("/")
    asked: list[str] = []

    def note(_connection, _cursor, statement, _parameters, _context, _many):
        asked.append(statement)

    event.listen(database, "before_cursor_execute", note)
    browser.get("/account")
    event.remove(database, "before_cursor_execute", note)
    assert len(asked) <= 8, "\n".join(asked)
