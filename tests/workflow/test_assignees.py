"""Rules that name people, resolved over a small company."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, insert, update

from dougong.workspace import tables as host
from engines.form.form import Form
from engines.form.transaction import SYSTEM, Transaction
from engines.kernel.problems import NotFound
from engines.workflow.assignees import administrators, resolve


class People:
    """A record of the company, and whom rules name for it."""

    def __init__(self, conn: Connection, form: Form, company: Any) -> None:
        self.form, self.company = form, company
        self.tx = Transaction(conn, SYSTEM, datetime(2026, 6, 15, tzinfo=UTC), "flow", 0, "test")
        self.record = 0
        self.put(_owner=company.seller)

    def put(self, **values: Any) -> None:
        statement = insert(self.form.table).values(name="Something", **values).returning(self.form.table.c.id)
        self.record = self.tx.connection.execute(statement).scalar_one()

    def named(self, *rules: dict[str, Any], submitter: int | None = None) -> list[str]:
        names = {value: key for key, value in vars(self.company).items() if key not in ("head_office", "sales", "east")}
        return [names[one] for one in resolve(self.tx, self.form, self.record, rules, submitter)]


@pytest.fixture
def people(conn: Connection, sample: Form, company: Any) -> People:
    return People(conn, sample, company)


HEAD = {"kind": "department_head", "of": "_owner"}


def test_members_are_named_by_id_and_by_address(people: People) -> None:
    assert people.named({"kind": "member", "member": people.company.boss}) == ["boss"]
    assert people.named({"kind": "member", "member": "Boss@example.test"}) == ["boss"]
    assert people.named({"kind": "member", "member": 999_999}) == []


def test_a_role_names_its_active_members(people: People) -> None:
    assert people.named({"kind": "role", "role": "manager"}) == ["sales_head"]


def test_the_head_above_is_asked_where_a_department_has_none(people: People) -> None:
    assert people.named(HEAD) == ["sales_head"]


def test_a_head_is_approved_by_the_head_above(people: People) -> None:
    people.put(_owner=people.company.sales_head)
    assert people.named(HEAD) == ["boss"]
    people.put(_owner=people.company.boss)
    assert people.named(HEAD) == []


def test_a_head_who_has_left_is_passed_over(people: People) -> None:
    gone = update(host.MEMBER).where(host.MEMBER.c.id == people.company.sales_head).values(is_active=False)
    people.tx.connection.execute(gone)
    assert people.named(HEAD) == ["boss"]


def test_an_owner_without_department_has_that_of_the_record(people: People) -> None:
    people.put(_owner=people.company.admin, _dept=people.company.east)
    assert people.named(HEAD) == ["sales_head"]
    people.put(_owner=people.company.admin)
    assert people.named(HEAD) == []


def test_the_head_of_the_submitter_is_asked(people: People) -> None:
    of_submitter = {"kind": "department_head", "of": "_submitter"}
    assert people.named(of_submitter, submitter=people.company.sales_head) == ["boss"]
    assert people.named(of_submitter) == []


def test_the_head_of_a_department_field_is_asked(people: People) -> None:
    people.put(branch=people.company.east)
    assert people.named({"kind": "department_head", "of": "branch"}) == ["sales_head"]


def test_fields_name_one_member_or_several(people: People, sample: Form) -> None:
    company = people.company
    people.put(agent=company.second, _owner=company.seller)
    links = sample.fields["team"].links
    assert links is not None
    for position, one in enumerate((company.boss, company.left)):
        row = {"record_id": people.record, "target_id": one, "position": position}
        people.tx.connection.execute(insert(links).values(row))
    assert people.named({"kind": "field", "field": "agent"}) == ["second"]
    assert people.named({"kind": "field", "field": "team"}) == ["boss"]
    assert people.named({"kind": "field", "field": "_owner"}) == ["seller"]
    assert people.named({"kind": "field", "field": "_submitter"}, submitter=company.admin) == ["admin"]
    assert people.named({"kind": "department_head", "of": "agent"}) == ["sales_head"]


def test_everybody_is_named_once(people: People) -> None:
    rules = [{"kind": "role", "role": "manager"}, HEAD, {"kind": "member", "member": people.company.boss}]
    assert people.named(*rules) == ["boss", "sales_head"]


def test_a_field_that_is_gone_is_named(people: People) -> None:
    with pytest.raises(NotFound) as caught:
        people.named({"kind": "field", "field": "agnt"})
    assert 'did you mean "agent"?' in caught.value.problems[0].message


def test_administrators_stand_in(people: People) -> None:
    assert administrators(people.tx) == (people.company.admin,)
