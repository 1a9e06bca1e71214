"""The runtime over real records: submit, answer, return, withdraw, hand over."""

from typing import Any

import pytest
from flows import approval, document
from sqlalchemy import delete, insert, select

from dougong.workspace.tables import SETTING
from engines.form.records import create_record
from engines.kernel.problems import Conflict, Forbidden, NotFound, Rejected
from engines.workflow.facts import Facts
from engines.workflow.state import Event, State
from engines.workflow.step import replay
from engines.workflow.tables import INSTANCE, LOG
from engines.workflow.tasks import count_open, my_tasks
from engines.workflow.versions import flow_of_instance

HEAD = [{"kind": "department_head", "of": "_owner"}]
STATES = {
    "field": "state",
    "running": "审批中",
    "approved": "已批准",
    "rejected": "草稿",
    "returned": "草稿",
    "withdrawn": "草稿",
}
CHECK = {
    "key": "check",
    "type": "condition",
    "title": {"en": "Is it small?", "zh-CN": "金额是否较小"},
    "branches": [{"key": "free", "label": "Small", "when": 'amount <= SETTING("free_amount")', "next": "end"}],
    "otherwise": "manager",
}


def quote(*nodes: dict[str, Any], **options: Any) -> dict[str, Any]:
    chosen = nodes or (CHECK, approval("manager", "end", people=HEAD, title="Manager"))
    return document(*chosen, states=STATES, event="sample.approved", **options)


@pytest.fixture(autouse=True)
def published(site: Any) -> None:
    site.publish(quote())


def test_a_record_within_the_limit_is_approved_without_a_person(site: Any) -> None:
    record = site.record(amount="100.00")
    result = site.submit(record)
    assert (result.status, result.waiting) == ("approved", ())
    assert site.values(record)["state"] == "已批准"
    assert site.values(record)["_flow_state"] == "approved"
    assert site.events(record) == [
        "record.created",
        "record.updated",
        "flow.submitted",
        "flow.approved",
        "sample.approved",
    ]


def test_the_whole_way_of_a_record_with_a_return(site: Any) -> None:
    record = site.record(amount="850")
    assert site.submit(record).status == "running"
    assert site.values(record)["state"] == "审批中"
    assert site.waiting(record) == ["sales_head:manager"]
    site.act("sales_head", record, "return", "Too much discount")
    assert site.values(record)["state"] == "草稿"
    assert site.waiting(record) == ["seller:start"]
    assert site.act("seller", record, "resubmit", "Mended").round == 2
    assert site.act("sales_head", record, "approve", "Good").status == "approved"
    assert (site.values(record)["state"], site.values(record)["_flow_state"]) == ("已批准", "approved")
    lines = [(line.member, line.action, line.comment, line.round) for line in site.story(record).entries]
    assert lines == [
        ("seller", "submitted", "", 1),
        ("", "branch", "", 1),
        ("sales_head", "returned", "Too much discount", 1),
        ("seller", "resubmitted", "Mended", 2),
        ("", "branch", "", 2),
        ("sales_head", "approved", "Good", 2),
    ]
    told = [(notice.kind, notice.members) for notice in site.told]
    company = site.company
    assert told == [
        ("task", (company.sales_head,)),
        ("returned", (company.seller,)),
        ("task", (company.sales_head,)),
        ("approved", (company.seller,)),
    ]


def test_a_condition_reads_the_setting_of_the_workspace(site: Any) -> None:
    assert site.submit(site.record(amount="100.01")).status == "running"
    with site.begin() as tx:
        tx.connection.execute(insert(SETTING).values(app="wf", key="free_amount", value=100.01))
    assert site.submit(site.record(amount="100.01")).status == "approved"
    with site.begin() as tx:
        tx.connection.execute(delete(SETTING))


def test_a_record_is_in_one_approval_at_most(site: Any) -> None:
    record = site.record(amount="850")
    site.submit(record)
    with pytest.raises(Conflict) as caught:
        site.submit(record)
    assert caught.value.problems[0].code == "flow.running"


def test_after_a_rejection_a_record_starts_anew_and_counts_its_rounds(site: Any) -> None:
    record = site.record(amount="850")
    site.submit(record)
    assert site.act("sales_head", record, "reject", "No").status == "rejected"
    assert site.submit(record).round == 2
    story = site.story(record)
    assert len({line.instance_id for line in story.entries}) == 2
    assert [task.member for task in story.waiting] == ["sales_head"]


def test_a_submitter_takes_a_record_back(site: Any) -> None:
    record = site.record(amount="850")
    instance = site.submit(record).instance_id
    with site.begin(site.actor("seller")) as tx:
        assert site.runtime.withdraw(tx, instance, "Wrong customer").status == "withdrawn"
        assert not site.runtime.withdraw(tx, instance).changed
    assert site.waiting(record) == []
    assert site.values(record)["state"] == "草稿"
    assert site.told[-1].kind == "withdrawn"


def test_nobody_else_takes_a_record_back(site: Any) -> None:
    instance = site.submit(site.record(amount="850")).instance_id
    with site.begin(site.actor("second")) as tx, pytest.raises(NotFound):
        site.runtime.withdraw(tx, instance)
    with site.begin(site.actor("admin")) as tx:
        assert site.runtime.withdraw(tx, instance).status == "withdrawn"


def test_a_task_of_somebody_else_is_not_known(site: Any) -> None:
    record = site.record(amount="850")
    site.submit(record)
    task = site.task("sales_head", record)
    for who in ("seller", "boss", "admin"):
        with site.begin(site.actor(who)) as tx, pytest.raises(NotFound):
            site.runtime.act(tx, task, "approve")


def test_a_record_that_one_may_not_see_is_not_submitted(site: Any) -> None:
    record = site.record(amount="850")
    for _ in range(2):  # running or not: nothing is told about it
        with pytest.raises(NotFound):
            site.submit(record, "second")
        site.submit(record) if site.story(record).standing is None else None


def test_an_unknown_record_is_not_submitted(site: Any) -> None:
    with pytest.raises(NotFound):
        site.submit(999_999)


def test_a_form_without_a_flow_says_so(site: Any) -> None:
    site.publish(quote(start={"on": "create"}))
    with pytest.raises(NotFound) as caught:
        site.submit(site.record(amount="1"))
    assert caught.value.problems[0].code == "flow.none"


def test_the_same_answer_twice_changes_nothing(site: Any) -> None:
    record = site.record(amount="850")
    site.submit(record)
    task = site.task("sales_head", record)
    with site.begin(site.actor("sales_head")) as tx:
        first = site.runtime.act(tx, task, "approve", "Good")
        lines = len(site.story(record).entries)
    with site.begin(site.actor("sales_head")) as tx:
        again = site.runtime.act(tx, task, "approve", "Good")
    assert (first.changed, again.changed, again.status) == (True, False, "approved")
    assert len(site.story(record).entries) == lines + 1


def test_another_answer_to_a_closed_task_is_told_who_closed_it(site: Any) -> None:
    record = site.record(amount="850")
    site.submit(record)
    task = site.task("sales_head", record)
    with site.begin(site.actor("sales_head")) as tx:
        site.runtime.act(tx, task, "approve")
        with pytest.raises(Conflict) as caught:
            site.runtime.act(tx, task, "reject")
    problem = caught.value.problems[0]
    assert (problem.code, problem.params["by"], problem.params["outcome"]) == (
        "flow.task_closed",
        "sales_head",
        "approved",
    )


def test_with_rule_one_the_slower_person_is_told_that_somebody_was_faster(site: Any) -> None:
    people = [{"kind": "role", "role": "manager"}, {"kind": "member", "member": site.company.boss}]
    site.publish(quote(approval("both", "end", people=people)))
    record = site.record(amount="850")
    site.submit(record)
    slow = site.task("boss", record)
    site.act("sales_head", record, "approve")
    with site.begin(site.actor("boss")) as tx, pytest.raises(Conflict) as caught:
        site.runtime.act(tx, slow, "approve")
    assert caught.value.problems[0].params["by"] == "sales_head"
    assert site.settled[-1][1] == (site.company.sales_head, site.company.boss)


@pytest.mark.parametrize("action", ["aprove", "", "resubmit", "withdraw"])
def test_an_unknown_action_is_refused(site: Any, action: str) -> None:
    record = site.record(amount="850")
    site.submit(record)
    with pytest.raises(Rejected) as caught:
        site.act("sales_head", record, action)
    assert caught.value.problems[0].code == "flow.no_action"


def test_an_action_that_the_node_does_not_offer_is_refused(site: Any) -> None:
    site.publish(quote(approval("manager", "end", people=HEAD, may=["approve"])))
    record = site.record(amount="850")
    site.submit(record)
    with pytest.raises(Forbidden):
        site.act("sales_head", record, "reject")


def test_a_node_may_ask_for_a_comment(site: Any) -> None:
    site.publish(quote(approval("manager", "end", people=HEAD, comment=["return"])))
    record = site.record(amount="850")
    site.submit(record)
    with pytest.raises(Rejected) as caught:
        site.act("sales_head", record, "return", "   ")
    assert (caught.value.problems[0].code, caught.value.problems[0].path) == ("flow.comment_needed", "comment")
    assert site.act("sales_head", record, "return", "Because").status == "returned"


def test_a_comment_has_a_limit(site: Any) -> None:
    record = site.record(amount="850")
    site.submit(record)
    with pytest.raises(Rejected):
        site.act("sales_head", record, "approve", "x" * 2001)


def test_fields_are_filled_in_with_the_rights_of_the_node(site: Any) -> None:
    site.publish(quote(approval("manager", "end", people=HEAD, fields={"secret": "required", "amount": "read"})))
    record = site.record(amount="850")
    site.submit(record)
    with pytest.raises(Rejected) as missing:
        site.act("sales_head", record, "approve")
    assert (missing.value.problems[0].code, missing.value.problems[0].path) == ("record.required", "secret")
    with pytest.raises(Forbidden):
        site.act("sales_head", record, "approve", values={"amount": "1"})
    assert site.values(record)["state"] == "审批中"
    assert site.act("sales_head", record, "approve", values={"secret": 7}).status == "approved"
    assert site.values(record)["secret"] == 7


def test_an_administrator_hands_a_task_over(site: Any) -> None:
    record = site.record(amount="850")
    site.submit(record)
    task = site.task("sales_head", record)
    with site.begin(site.actor("seller")) as tx, pytest.raises(Forbidden):
        site.runtime.reassign(tx, task, site.company.boss)
    with site.begin(site.actor("admin")) as tx:
        with pytest.raises(Rejected):
            site.runtime.reassign(tx, task, site.company.left)
        site.runtime.reassign(tx, task, site.company.boss, "On leave")
    assert site.waiting(record) == ["boss:manager"]
    with site.begin(site.actor("admin")) as tx:  # and back again
        site.runtime.reassign(tx, site.task("boss", record), site.company.sales_head)
    assert site.waiting(record) == ["sales_head:manager"]
    assert site.act("sales_head", record, "approve").status == "approved"
    line = next(line for line in site.story(record).entries if line.action == "reassigned")
    assert line.people == {site.company.sales_head: "sales_head", site.company.boss: "boss"}


def test_a_running_record_keeps_its_version_of_the_flow(site: Any) -> None:
    record = site.record(amount="850")
    site.submit(record)
    boss = [{"kind": "member", "member": site.company.boss}]
    site.publish(quote(approval("manager", "boss", people=HEAD), approval("boss", "end", people=boss)))
    later = site.record(amount="850")
    site.submit(later)
    assert site.act("sales_head", record, "approve").status == "approved"
    assert site.act("sales_head", later, "approve").status == "running"
    assert site.waiting(later) == ["boss:boss"]


def test_what_is_stored_replays_to_the_same_state(site: Any) -> None:
    record = site.record(amount="850")
    instance = site.submit(record).instance_id
    site.act("sales_head", record, "return")
    site.act("seller", record, "resubmit")
    site.act("sales_head", record, "approve")
    with site.begin() as tx:
        flow = flow_of_instance(tx, instance)
        stored = tx.connection.execute(select(INSTANCE.c.state).where(INSTANCE.c.id == instance)).scalar_one()
        query = select(LOG.c.event, LOG.c.facts).where(LOG.c.instance_id == instance, LOG.c.event.is_not(None))
        lines = tx.connection.execute(query.order_by(LOG.c.id)).all()
    events = [(Event.from_dict(line.event), Facts.from_dict(line.facts)) for line in lines]
    assert replay(flow, events) == State.from_dict(stored)


def test_when_the_state_cannot_be_written_nothing_happens(site: Any) -> None:
    site.publish(quote(CHECK, approval("manager", "end", people=HEAD)))
    flow = quote()
    flow["states"] = {**STATES, "approved": "nonsense"}
    site.publish(flow)
    record = site.record(amount="850")
    site.submit(record)
    with pytest.raises(Rejected):
        site.act("sales_head", record, "approve")
    assert site.waiting(record) == ["sales_head:manager"]
    assert len(site.story(record).entries) == 2


class Happened:
    """A delivery, as the runner hands it over."""

    def __init__(self, number: int, record: int, actor: int | None) -> None:
        self.id, self.type, self.app, self.form = number, "record.created", "wf", "sample"
        self.record_id, self.actor = record, actor


def test_a_flow_begins_with_the_record_and_an_event_that_comes_twice_starts_it_once(site: Any) -> None:
    site.publish(quote(start={"on": "create"}))
    record = site.record(amount="850")
    event = Happened(4711, record, site.company.seller)
    for _ in range(2):
        with site.begin() as tx:
            site.runtime.handle_event(tx, event)
    assert site.waiting(record) == ["sales_head:manager"]
    site.act("sales_head", record, "reject")
    with site.begin() as tx:
        site.runtime.handle_event(tx, event)
    assert site.story(record).standing.status == "rejected"
    assert site.story(record).entries[0].member == "seller"


def test_an_event_of_a_record_that_is_gone_starts_nothing(site: Any) -> None:
    site.publish(quote(start={"on": "create"}))
    with site.begin() as tx:
        site.runtime.handle_event(tx, Happened(4712, 999_999, None))
        assert tx.connection.execute(select(INSTANCE.c.id).where(INSTANCE.c.record_id == 999_999)).all() == []


def test_a_copy_is_shown_and_read(site: Any) -> None:
    copy = {"key": "copy", "type": "cc", "people": [{"kind": "member", "member": site.company.boss}], "next": "end"}
    site.publish(quote(copy))
    record = site.record(amount="850")
    with site.begin(site.actor("boss")) as tx:
        before = count_open(tx)
    assert site.submit(record).status == "approved"
    with site.begin(site.actor("boss")) as tx:
        item = my_tasks(tx, "cc").items[0]
        assert (item.record_id, item.read_at, item.submitter) == (record, None, "seller")
        assert count_open(tx) == before
        site.runtime.read(tx, item.task_id)
        assert my_tasks(tx, "cc").items[0].read_at is not None
        with pytest.raises(Rejected):
            site.runtime.act(tx, item.task_id, "approve")


def test_submitting_in_the_transaction_of_the_create(site: Any) -> None:
    with site.begin(site.actor("seller")) as tx:
        saved = create_record(tx, site.form, {"name": "Fresh", "amount": "850"})
        assert site.runtime.submit(tx, site.form, saved.id).status == "running"
    assert site.waiting(saved.id) == ["sales_head:manager"]
