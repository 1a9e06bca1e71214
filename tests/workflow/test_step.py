"""The pure step: rules, actions and policies as plain tables."""

import pytest
from flows import ADMIN, ANNA, BEN, CARL, SELLER, Run, approval, facts, flow

from engines.kernel.problems import Conflict, Forbidden, Rejected
from engines.workflow.effects import CloseTask, Emit, Finish, Note, Notify, OpenTask, SetFields
from engines.workflow.facts import Facts, Needed
from engines.workflow.state import Event, State
from engines.workflow.step import step

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
    "branches": [
        {"key": "free", "when": "amount < 1", "next": "end"},
        {"key": "big", "when": "amount > 9", "next": "boss"},
    ],
    "otherwise": "manager",
}


def one(**options: object) -> Run:
    return Run(
        flow(approval("manager", "end", **options), states=STATES, event="x.approved"), facts({"manager": (ANNA, BEN)})
    )


def two(first: dict | None = None, second: dict | None = None, **options: object) -> Run:
    nodes = (approval("manager", "boss", **(first or {})), approval("boss", "end", **(second or {})))
    return Run(flow(*nodes, **options), facts({"manager": (ANNA,), "boss": (BEN,)}))


def test_submitting_asks_the_people_and_sets_the_state() -> None:
    run = one().do("submitted")
    assert run.waiting == [("manager", (ANNA, BEN))]
    assert run.effects(SetFields) == [SetFields({"state": "审批中"})]
    assert [(task.member, task.kind) for task in run.effects(OpenTask)] == [(ANNA, "approve"), (BEN, "approve")]
    assert run.effects(Notify) == [Notify("task", (ANNA, BEN), 1, "manager")]


def test_with_rule_one_the_first_answer_approves_and_the_others_are_let_off() -> None:
    run = one().do("submitted").do("approved", BEN)
    assert run.state.status == "approved"
    assert run.effects(CloseTask) == [CloseTask(1, BEN, "approved"), CloseTask(1, ANNA, "cancelled")]
    assert run.effects(SetFields) == [SetFields({"state": "已批准"})]
    assert [emit.name for emit in run.effects(Emit)] == ["flow.approved", "x.approved"]
    assert run.effects(Notify) == [Notify("approved", (SELLER,))]
    assert run.effects(Finish) == [Finish("approved")]


def test_with_rule_one_the_first_rejection_rejects() -> None:
    run = one().do("submitted").do("rejected", BEN)
    assert run.state.status == "rejected"
    assert [emit.name for emit in run.effects(Emit)] == ["flow.rejected"]


def test_with_rule_all_everybody_must_approve() -> None:
    run = one(rule="all").do("submitted").do("approved", BEN)
    assert run.waiting == [("manager", (ANNA,))]
    assert run.do("approved", ANNA).state.status == "approved"


def test_with_rule_all_one_rejection_rejects() -> None:
    run = one(rule="all").do("submitted").do("approved", BEN).do("rejected", ANNA)
    assert run.state.status == "rejected"


def test_an_answer_leads_to_the_next_node() -> None:
    run = two().do("submitted").do("approved", ANNA)
    assert run.waiting == [("boss", (BEN,))]


@pytest.mark.parametrize(
    ("holds", "status", "waiting"),
    [
        ({"free": True, "big": True}, "approved", []),
        ({"free": False, "big": True}, "running", ["boss"]),
        ({"free": False, "big": False}, "running", ["manager"]),
    ],
)
def test_the_first_branch_that_holds_is_taken(holds: dict[str, bool], status: str, waiting: list[str]) -> None:
    nodes = (CHECK, approval("manager", "end"), approval("boss", "end"))
    run = Run(flow(*nodes), facts({"manager": (ANNA,), "boss": (BEN,)}, {"check": holds})).do("submitted")
    assert run.state.status == status
    assert [node for node, _ in run.waiting] == waiting
    assert run.effects(Note)[0].say == "branch"


def test_a_copy_is_shown_and_the_flow_goes_on() -> None:
    copy = {"key": "copy", "type": "cc", "people": [], "next": "end"}
    run = Run(flow(copy), facts({"copy": (ANNA, ANNA, BEN)})).do("submitted")
    assert run.state.status == "approved"
    assert [(task.member, task.kind) for task in run.effects(OpenTask)] == [(ANNA, "cc"), (BEN, "cc")]


def test_when_nobody_is_found_administrators_are_asked() -> None:
    run = Run(flow(approval("manager", "end")), facts({"manager": ()})).do("submitted")
    assert run.waiting == [("manager", (ADMIN,))]
    assert run.effects(Note)[0].say == "nobody_admin"


def test_when_nobody_is_found_a_flow_may_go_on() -> None:
    run = Run(flow(approval("manager", "end", on_empty="pass")), facts({"manager": ()})).do("submitted")
    assert run.state.status == "approved"
    assert run.effects(Note)[0].say == "nobody_passed"


def test_when_there_is_not_even_an_administrator_the_submission_is_refused() -> None:
    with pytest.raises(Conflict) as caught:
        Run(flow(approval("manager", "end")), facts({"manager": ()}, admins=())).do("submitted")
    assert caught.value.problems[0].code == "flow.nobody"


def test_facts_that_are_missing_are_asked_for() -> None:
    with pytest.raises(Needed) as caught:
        Run(flow(approval("manager", "end")), Facts(facts().now)).do("submitted")
    assert (caught.value.what, caught.value.node) == ("people", "manager")


def test_one_person_returns_whatever_the_rule() -> None:
    run = one(rule="all").do("submitted").do("returned", ANNA, target="start")
    assert run.state.status == "returned"
    assert CloseTask(1, BEN, "cancelled") in run.effects(CloseTask)
    assert run.effects(SetFields) == [SetFields({"state": "草稿"})]
    assert [(task.member, task.kind) for task in run.effects(OpenTask)] == [(SELLER, "resubmit")]
    assert run.effects(Notify) == [Notify("returned", (SELLER,), 2, "start")]


def test_a_mended_record_walks_the_whole_way_again() -> None:
    run = two().do("submitted").do("approved", ANNA).do("returned", BEN, target="start").do("resubmitted")
    assert run.waiting == [("manager", (ANNA,))]
    assert run.state.round == 2
    assert run.effects(CloseTask) == [CloseTask(3, SELLER, "resubmitted")]


def test_a_mended_record_may_jump_back_to_the_one_who_returned_it() -> None:
    run = two(second={"after_return": "jump"}).do("submitted").do("approved", ANNA)
    run.do("returned", BEN, target="start").do("resubmitted")
    assert run.waiting == [("boss", (BEN,))]


def test_a_record_may_be_returned_to_an_approval_that_was_passed() -> None:
    run = two().do("submitted").do("approved", ANNA).do("returned", BEN, target="manager")
    assert (run.state.status, run.waiting) == ("running", [("manager", (ANNA,))])
    assert run.do("approved", ANNA).waiting == [("boss", (BEN,))]


def test_after_a_return_to_an_approval_the_flow_may_jump_over_what_lies_between() -> None:
    nodes = (approval("a", "b"), approval("b", "c"), approval("c", "end", after_return="jump"))
    run = Run(flow(*nodes), facts({"a": (ANNA,), "b": (BEN,), "c": (CARL,)})).do("submitted")
    run.do("approved", ANNA).do("approved", BEN).do("returned", CARL, target="a").do("approved", ANNA)
    assert run.waiting == [("c", (CARL,))]


@pytest.mark.parametrize("target", ["boss", "end", "nowhere", None])
def test_a_record_is_returned_to_passed_nodes_only(target: str | None) -> None:
    run = two().do("submitted")
    with pytest.raises(Rejected) as caught:
        run.do("returned", ANNA, target=target)
    assert caught.value.problems[0].params["known"] == ["start"]


def test_a_node_may_return_to_the_start_only() -> None:
    run = two(second={"return_to": "start"}).do("submitted").do("approved", ANNA)
    with pytest.raises(Rejected):
        run.do("returned", BEN, target="manager")


def test_the_submitter_takes_a_record_back() -> None:
    run = one().do("submitted").do("withdrawn")
    assert run.state.status == "withdrawn"
    assert run.effects(CloseTask) == [CloseTask(1, ANNA, "cancelled"), CloseTask(1, BEN, "cancelled")]
    assert run.effects(Notify) == [Notify("withdrawn", (ANNA, BEN))]


def test_a_returned_record_is_taken_back() -> None:
    run = two(withdraw="never").do("submitted").do("returned", ANNA, target="start").do("withdrawn")
    assert run.state.status == "withdrawn"
    assert run.effects(CloseTask) == [CloseTask(2, SELLER, "withdrawn")]


def test_a_flow_may_forbid_to_take_records_back() -> None:
    with pytest.raises(Forbidden):
        two(withdraw="never").do("submitted").do("withdrawn")


def test_a_flow_may_forbid_to_take_back_what_somebody_answered() -> None:
    assert two(withdraw="unanswered").do("submitted").do("withdrawn").state.status == "withdrawn"
    with pytest.raises(Conflict) as caught:
        two(withdraw="unanswered").do("submitted").do("approved", ANNA).do("withdrawn")
    assert caught.value.problems[0].code == "flow.answered"


def test_an_approver_is_asked_even_when_he_submitted_it_himself() -> None:
    run = two().do("submitted", ANNA)
    assert run.waiting == [("manager", (ANNA,))]


def test_a_flow_may_skip_the_submitter_among_the_approvers() -> None:
    run = two(own_approval="skip").do("submitted", ANNA)
    assert run.waiting == [("boss", (BEN,))]
    assert Note("skipped", "manager", ANNA, {"why": "own"}) in run.effects(Note)


def test_with_rule_all_only_the_submitters_own_answer_is_skipped() -> None:
    sample = flow(approval("manager", "end", rule="all"), own_approval="skip")
    run = Run(sample, facts({"manager": (ANNA, BEN)})).do("submitted", ANNA)
    assert run.waiting == [("manager", (BEN,))]
    assert run.do("approved", BEN).state.status == "approved"


def test_a_flow_may_skip_who_approved_before_in_this_round() -> None:
    nodes = (approval("a", "b"), approval("b", "end"))
    run = Run(flow(*nodes, repeated_approval="skip"), facts({"a": (ANNA,), "b": (ANNA,)}))
    assert run.do("submitted").do("approved", ANNA).state.status == "approved"


def test_a_return_forgets_who_approved_before() -> None:
    nodes = (approval("a", "b"), approval("b", "c"), approval("c", "end"))
    run = Run(flow(*nodes, repeated_approval="skip"), facts({"a": (ANNA,), "b": (ANNA,), "c": (BEN,)}))
    run.do("submitted").do("approved", ANNA).do("returned", BEN, target="a")
    assert run.waiting == [("a", (ANNA,))]


def test_a_circle_of_skipped_approvals_stops_and_asks() -> None:
    check = {
        "key": "check",
        "type": "condition",
        "branches": [{"key": "more", "when": "TRUE", "next": "manager"}],
        "otherwise": "end",
    }
    sample = flow(approval("manager", "check"), check, own_approval="skip")
    run = Run(sample, facts({"manager": (ANNA,)}, {"check": {"more": True}})).do("submitted", ANNA)
    assert run.waiting == [("manager", (ANNA,))]


def test_a_circle_where_nobody_is_found_stops_and_asks_administrators() -> None:
    check = {
        "key": "check",
        "type": "condition",
        "branches": [{"key": "more", "when": "TRUE", "next": "manager"}],
        "otherwise": "end",
    }
    sample = flow(approval("manager", "check", on_empty="pass"), check)
    run = Run(sample, facts({"manager": ()}, {"check": {"more": True}})).do("submitted", ANNA)
    assert run.waiting == [("manager", (ADMIN,))]


def test_somebody_else_takes_over_a_task() -> None:
    run = one(rule="all").do("submitted").do("reassigned", ADMIN, instead_of=ANNA, person=CARL)
    assert run.waiting == [("manager", (CARL, BEN))]
    assert run.effects(CloseTask) == [CloseTask(1, ANNA, "reassigned")]
    assert run.effects(OpenTask) == [OpenTask(1, "manager", CARL, "approve", ANNA)]


def test_taking_over_for_somebody_may_decide_the_node() -> None:
    run = one(rule="all").do("submitted").do("approved", BEN).do("reassigned", ADMIN, instead_of=ANNA, person=BEN)
    assert run.state.status == "approved"


def test_nobody_takes_over_his_own_task() -> None:
    with pytest.raises(Rejected):
        one().do("submitted").do("reassigned", ADMIN, instead_of=ANNA, person=ANNA)


def test_a_person_who_was_not_asked_may_not_answer() -> None:
    with pytest.raises(Forbidden):
        one().do("submitted").do("approved", CARL)


def test_an_answered_task_is_closed() -> None:
    run = one(rule="all").do("submitted").do("approved", ANNA)
    with pytest.raises(Conflict) as caught:
        run.do("rejected", ANNA)
    assert caught.value.problems[0].code == "flow.task_closed"


def test_an_action_that_the_node_does_not_offer_is_refused() -> None:
    with pytest.raises(Forbidden) as caught:
        one(may=["approve"]).do("submitted").do("rejected", ANNA)
    assert caught.value.problems[0].code == "flow.action_denied"


@pytest.mark.parametrize("kind", ["approved", "rejected", "returned", "resubmitted", "withdrawn", "reassigned"])
def test_nothing_can_be_done_before_a_record_is_submitted_or_after_it_is_over(kind: str) -> None:
    with pytest.raises(Conflict):
        one().do(kind, ANNA)
    over = one().do("submitted").do("approved", ANNA)
    with pytest.raises(Conflict):
        over.do(kind, BEN)


def test_a_running_record_is_not_submitted_again() -> None:
    with pytest.raises(Conflict):
        one().do("submitted").do("submitted")


def test_an_event_that_comes_twice_changes_nothing() -> None:
    sample = flow(approval("manager", "end"))
    known = facts({"manager": (ANNA,)})
    first = step(sample, State(), Event("submitted", "a", SELLER), known)
    again = step(sample, first.state, Event("submitted", "a", SELLER), known)
    assert again.state == first.state
    assert again.effects == ()
