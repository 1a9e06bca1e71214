"""Faults between any two statements, events that come twice, and people who act at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flows import approval, document
from sqlalchemy import event, select
from test_runtime import CHECK, HEAD, STATES, Happened

from engines.form.system import CHANGE, DELIVERY, EVENT
from engines.form.transaction import Transaction
from engines.kernel.problems import Conflict
from engines.workflow.tables import INSTANCE, LOG, TASK


class PowerCut(Exception):
    """What happens between two statements."""


def snapshot(site: Any) -> list[list[Any]]:
    """Every row that an act could touch."""
    tables = [INSTANCE, TASK, LOG, EVENT, DELIVERY, CHANGE, site.form.table]
    with site.begin() as tx:
        return [sorted(map(repr, tx.connection.execute(select(*table.c)).all())) for table in tables]


def with_power_cuts(site: Any, who: str, work: Callable[[Transaction], Any]) -> tuple[Any, int]:
    """Do the work, cut after one statement, after two, and so on; every cut must leave everything as it was."""
    before = snapshot(site)
    for allowed in range(200):
        done = 0

        def count(*_: Any, allowed: int = allowed) -> None:
            nonlocal done
            done += 1
            if done > allowed:
                raise PowerCut

        try:
            with site.begin(site.actor(who)) as tx:
                event.listen(tx.connection, "before_cursor_execute", count)
                result = work(tx)
                event.remove(tx.connection, "before_cursor_execute", count)
            return result, allowed
        except PowerCut:
            assert snapshot(site) == before
    raise AssertionError("the work never ends")


def flow(*nodes: dict[str, Any], **options: Any) -> dict[str, Any]:
    return document(*nodes, states=STATES, event="sample.approved", **options)


def test_a_power_cut_between_any_two_statements_leaves_nothing_half_done(site: Any) -> None:
    site.publish(flow(CHECK, approval("manager", "end", people=HEAD, fields={"secret": "edit"})))
    record = site.record(amount="850")
    runtime = site.runtime
    _, cuts = with_power_cuts(site, "seller", lambda tx: runtime.submit(tx, site.form, record))
    assert cuts > 5
    task = site.task("sales_head", record)
    with_power_cuts(site, "sales_head", lambda tx: runtime.act(tx, task, "return", "Mend it"))
    with_power_cuts(site, "seller", lambda tx: runtime.submit(tx, site.form, record))
    task = site.task("sales_head", record)
    result, cuts = with_power_cuts(
        site, "sales_head", lambda tx: runtime.act(tx, task, "approve", values={"secret": 1})
    )
    assert (result.status, site.values(record)["state"], site.values(record)["secret"]) == ("approved", "已批准", 1)
    assert cuts > 5


def test_every_action_sent_twice_happens_once(site: Any) -> None:
    site.publish(flow(CHECK, approval("manager", "end", people=HEAD)))
    record = site.record(amount="850")
    site.submit(record)
    for who, action in (("sales_head", "return"), ("seller", "resubmit"), ("sales_head", "approve")):
        task = site.task(who, record)
        with site.begin(site.actor(who)) as tx:
            assert site.runtime.act(tx, task, action).changed
        after = snapshot(site)
        with site.begin(site.actor(who)) as tx:
            assert not site.runtime.act(tx, task, action).changed
        assert snapshot(site) == after


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Do several things at the same moment; gives results and conflicts in their order."""
    barrier = Barrier(len(works))

    def one(work: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return work()
        except Conflict as conflict:
            return conflict.problems[0].code

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


@pytest.mark.parametrize("attempt", range(5))
def test_of_two_who_answer_at_once_with_rule_one_one_wins_and_the_other_is_told(site: Any, attempt: int) -> None:
    people = [{"kind": "role", "role": "manager"}, {"kind": "member", "member": site.company.boss}]
    site.publish(flow(approval("both", "end", people=people)))
    record = site.record(amount="850")
    site.submit(record)
    tasks = {who: site.task(who, record) for who in ("sales_head", "boss")}

    def answer(who: str, action: str) -> str:
        with site.begin(site.actor(who)) as tx:
            return str(site.runtime.act(tx, tasks[who], action).status)

    results = at_once(lambda: answer("sales_head", "approve"), lambda: answer("boss", "reject"))
    assert sorted(results) in (["approved", "flow.task_closed"], ["flow.task_closed", "rejected"])
    answers = [line.action for line in site.story(record).entries if line.member]
    assert len(answers) == 2


@pytest.mark.parametrize("attempt", range(5))
def test_of_two_submissions_at_once_one_wins(site: Any, attempt: int) -> None:
    site.publish(flow(CHECK, approval("manager", "end", people=HEAD)))
    record = site.record(amount="850")
    results = at_once(lambda: site.submit(record).status, lambda: site.submit(record).status)
    assert sorted(results) == ["flow.running", "running"]
    assert site.waiting(record) == ["sales_head:manager"]


def test_one_event_delivered_by_two_runners_at_once_starts_one_flow(site: Any) -> None:
    site.publish(flow(CHECK, approval("manager", "end", people=HEAD), start={"on": "create"}))
    record = site.record(amount="850")

    def deliver() -> None:
        with site.begin() as tx:
            site.runtime.handle_event(tx, Happened(4711, record, site.company.seller))

    at_once(deliver, deliver)
    assert site.waiting(record) == ["sales_head:manager"]
    assert len([line for line in site.story(record).entries if line.action == "submitted"]) == 1


def test_withdrawing_and_answering_at_once_leaves_one_outcome(site: Any) -> None:
    site.publish(flow(approval("manager", "end", people=HEAD)))
    record = site.record(amount="850")
    instance = site.submit(record).instance_id
    task = site.task("sales_head", record)

    def withdraw() -> str:
        with site.begin(site.actor("seller")) as tx:
            return str(site.runtime.withdraw(tx, instance).status)

    def approve() -> str:
        with site.begin(site.actor("sales_head")) as tx:
            return str(site.runtime.act(tx, task, "approve").status)

    results = at_once(withdraw, approve)
    assert sorted(results) in (["approved", "flow.over"], ["flow.task_closed", "withdrawn"])
    assert site.values(record)["state"] == ("已批准" if "approved" in results else "草稿")
