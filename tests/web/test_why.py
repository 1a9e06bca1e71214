# ruff: noqa: F811
"""Why this value? The page offers it where a value was not simply entered, and tells only what the reader may see."""

from api_world import admin, caller, people, quote, site  # noqa: F401 - fixtures of one world


def test_a_computed_value_explains_itself_in_a_dialog(as_person, quote):
    boss = as_person("admin")
    record = f"/a/sale/quote/{quote['mine']}"
    page = boss.get(record).get_data(as_text=True)
    assert f'hx-get="{record}/why/total"' in page
    assert f'hx-get="{record}/why/customer"' not in page, "it was entered"
    told = boss.get(f"{record}/why/total").get_data(as_text=True)
    assert "为什么是这个值" in told
    assert "用到的值" in told
    assert '<a href="/a/sale/' in told or "<li>" in told


def test_the_explanation_hides_what_the_reader_may_not_see(as_person, quote):
    hidden = as_person("seller").get(f"/a/sale/quote/{quote['other']}/why/total")
    assert hidden.status_code == 404
    assert as_person("admin").get(f"/a/sale/quote/{quote['mine']}/why/nothing").status_code == 404
