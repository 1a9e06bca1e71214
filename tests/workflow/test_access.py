"""What a task lets its person see and do, and what is left when it is closed."""

from typing import Any

import pytest
from flows import approval
from sqlalchemy import select
from test_runtime import HEAD, quote

from engines.form.query import get_record
from engines.form.records import update_record
from engines.kernel.problems import Forbidden, NotFound, ProblemError
from engines.workflow.access import grants_for, open_task_condition
from engines.workflow.tasks import BOXES, count_open, my_tasks


def submitted(site: Any, **options: Any) -> tuple[int, int]:
    """A record in approval at the head of sales, and the task."""
    site.publish(quote(approval("manager", "end", people=HEAD, **options)))
    record = site.record(amount="850", secret=7)
    site.submit(record)
    return record, site.task("sales_head", record)


def seen(site: Any, record: int, task: int | None = None, who: str = "sales_head") -> set[str]:
    with site.begin(site.actor(who)) as tx:
        grants = grants_for(tx, site.form, record, task)
        return set(get_record(tx, site.form, record, grants=grants).values)


def test_a_node_that_names_no_fields_shows_the_record(site: Any) -> None:
    record, task = submitted(site)
    assert {"name", "amount", "secret"} <= seen(site, record, task)


def test_a_node_that_names_fields_shows_these_only(site: Any) -> None:
    record, task = submitted(site, fields={"amount": "read", "state": "edit"})
    assert seen(site, record, task) == {"amount", "state"}


def test_fields_are_editable_where_the_page_is_opened_for_the_task(site: Any) -> None:
    record, task = submitted(site, fields={"amount": "read", "secret": "edit"})
    with site.begin(site.actor("sales_head")) as tx:
        opened = get_record(tx, site.form, record, grants=grants_for(tx, site.form, record, task))
        beside = get_record(tx, site.form, record, grants=grants_for(tx, site.form, record))
    assert (opened.editable, beside.editable) == ({"secret"}, set())
    assert set(opened.values) == set(beside.values) == {"amount", "secret"}
    with site.begin(site.actor("sales_head")) as tx:
        grants = grants_for(tx, site.form, record, task)
        update_record(tx, site.form, record, {"secret": 8}, grants=grants)
    assert site.values(record)["secret"] == 8
    with pytest.raises(ProblemError), site.begin(site.actor("sales_head")) as tx:
        update_record(tx, site.form, record, {"secret": 9}, grants=grants_for(tx, site.form, record))


def test_without_a_task_nothing_is_seen(site: Any) -> None:
    record, task = submitted(site)
    for who in ("second", "boss"):
        with pytest.raises((NotFound, Forbidden)):
            seen(site, record, task, who)


def test_a_closed_task_shows_nothing_more(site: Any) -> None:
    record, task = submitted(site)
    site.act("sales_head", record, "approve")
    with pytest.raises((NotFound, Forbidden)):
        seen(site, record, task)


def test_the_condition_of_open_tasks_picks_the_records_that_wait(site: Any) -> None:
    record, _ = submitted(site)
    other = site.record(amount="850")
    query = select(site.form.table.c.id).where(site.form.table.c.id.in_([record, other]))
    company = site.company
    with site.begin() as tx:
        for member, wanted in ((company.sales_head, [record]), (company.boss, []), (None, [])):
            found = tx.connection.execute(query.where(open_task_condition(site.form, member))).scalars()
            assert list(found) == wanted


def items(site: Any, who: str, box: Any, **more: Any) -> list[int]:
    with site.begin(site.actor(who)) as tx:
        return [item.record_id for item in my_tasks(tx, box, **more).items]


def test_each_list_holds_what_belongs_there(site: Any) -> None:
    record, _ = submitted(site)
    assert items(site, "sales_head", "todo")[0] == record
    assert items(site, "seller", "started")[0] == record
    site.act("sales_head", record, "return", "Mend it")
    assert items(site, "seller", "todo")[0] == record
    assert items(site, "sales_head", "done")[0] == record
    assert record not in items(site, "sales_head", "todo")
    with site.begin(site.actor("seller")) as tx:
        item = my_tasks(tx, "todo").items[0]
        assert (item.kind, item.title, item.submitter, item.node) == ("resubmit", "Something", "seller", "start")
        assert my_tasks(tx, "started").items[0].waiting == ("seller",)
        waiting = count_open(tx)
    site.submit(record)
    with site.begin(site.actor("seller")) as tx:
        assert count_open(tx) == waiting - 1


def test_lists_are_filtered_searched_and_paged(site: Any) -> None:
    records = [submitted(site)[0] for _ in range(5)]
    site.publish(quote(approval("manager", "end", people=HEAD)))
    assert items(site, "sales_head", "todo", flow="sample_approval", form="sample", app="wf")[:5] == records[::-1]
    assert items(site, "sales_head", "todo", flow="other") == []
    assert items(site, "sales_head", "todo", search="METHING")[:5] == records[::-1]
    assert items(site, "sales_head", "todo", search="100%") == []
    for box in ("todo", "started"):
        who = "sales_head" if box == "todo" else "seller"
        walked: list[int] = []
        cursor = None
        with site.begin(site.actor(who)) as tx:
            for _ in range(100):
                page = my_tasks(tx, box, limit=2, cursor=cursor)  # type: ignore[arg-type]
                walked += [item.record_id for item in page.items]
                cursor = page.next
                if cursor is None:
                    break
        assert walked == items(site, who, box, limit=100)


def test_an_unknown_list_or_cursor_is_refused(site: Any) -> None:
    with site.begin(site.actor("seller")) as tx:
        with pytest.raises(NotFound):
            my_tasks(tx, "inbox")  # type: ignore[arg-type]
        for cursor in ("x", "1-", "-1", "1-2-3"):
            with pytest.raises(NotFound):
                my_tasks(tx, BOXES[0], cursor=cursor)
