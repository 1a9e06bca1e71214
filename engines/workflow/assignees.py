"""Who is asked: the rules of a node turned into the people of this moment, with SQL over the workspace's directory."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Select, any_, cast, func, literal, null, select, union_all

from engines.form import names
from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.transaction import Transaction
from engines.workflow.directory import DEPARTMENT, MEMBER, ROLE_MEMBER
from engines.workflow.people import OWNER, SUBMITTER

Rule = Mapping[str, Any]


def resolve(
    tx: Transaction, form: Form, record_id: int, rules: Sequence[Rule], submitter: int | None
) -> tuple[int, ...]:
    """The active members whom the rules name for a record, each once, by id. Empty when nobody is found.

    The head of somebody's department is never that person: where they head it themselves, or nobody does, the
    department above is asked. Raises `NotFound` for a field that the form does not have any more.
    """
    found = union_all(*(_members(form, record_id, rule, submitter) for rule in rules)).subquery()
    named = select(found.c.member)
    query = select(MEMBER.c.id).where(MEMBER.c.id.in_(named), MEMBER.c.is_active).order_by(MEMBER.c.id)
    return tuple(tx.connection.execute(query).scalars())


def administrators(tx: Transaction) -> tuple[int, ...]:
    """The active administrators of the workspace, by id."""
    query = select(MEMBER.c.id).where(MEMBER.c.is_admin, MEMBER.c.is_active).order_by(MEMBER.c.id)
    return tuple(tx.connection.execute(query).scalars())


def _members(form: Form, record_id: int, rule: Rule, submitter: int | None) -> Select[Any]:
    """A query with one column `member`."""
    kind = rule["kind"]
    if kind == "member":
        wanted = rule["member"]
        one = MEMBER.c.email == wanted.strip().lower() if isinstance(wanted, str) else MEMBER.c.id == wanted
        return select(MEMBER.c.id.label("member")).where(one)
    if kind == "role":
        return select(ROLE_MEMBER.c.member_id.label("member")).where(ROLE_MEMBER.c.role == rule["role"])
    if kind == "field":
        return _held(form, record_id, rule["field"], submitter)
    return _heads(form, record_id, rule["of"], submitter)


def _held(form: Form, record_id: int, name: str, submitter: int | None) -> Select[Any]:
    """What a member field (or a department field) of the record holds."""
    if name == SUBMITTER:
        return select(cast(literal(submitter), BigInteger).label("member"))
    field = None if name == OWNER else form.get(name)
    if field is not None and field.links is not None:
        links = field.links
        return select(links.c[names.LINK_TARGET].label("member")).where(links.c[names.LINK_SOURCE] == record_id)
    return select(form.table.c[name].label("member")).where(form.table.c[names.ID] == record_id)


def _heads(form: Form, record_id: int, of: str, submitter: int | None) -> Select[Any]:
    """The nearest head above each person or department: the deepest department on the path that has another head."""
    held = _held(form, record_id, of, submitter).subquery()
    if of not in (OWNER, SUBMITTER) and _is_department(form.get(of)):
        begin = select(cast(null(), BigInteger).label("person"), held.c.member.label("department")).subquery()
    else:
        own = MEMBER.c.main_department_id
        if of == OWNER:  # an owner without a department: the one that the record belongs to
            record = form.table
            dept = select(record.c[names.DEPARTMENT]).where(record.c[names.ID] == record_id).scalar_subquery()
            own = func.coalesce(own, dept)
        begin = (
            select(MEMBER.c.id.label("person"), own.label("department")).where(MEMBER.c.id == held.c.member).subquery()
        )
    below, above, head = DEPARTMENT.alias("below"), DEPARTMENT.alias("above"), MEMBER.alias("head")
    nearest = (
        select(above.c.head_id)
        .select_from(below)
        .join(above, above.c.id == any_(below.c.path))
        .join(head, head.c.id == above.c.head_id)
        .where(
            below.c.id == begin.c.department,
            head.c.is_active,
            above.c.head_id.is_distinct_from(begin.c.person),
        )
        .order_by(func.cardinality(above.c.path).desc())
        .limit(1)
        .lateral("nearest")
    )
    return select(nearest.c.head_id.label("member")).select_from(begin).join(nearest, literal(True))


def _is_department(field: Field) -> bool:
    return field.type.target_form(field) == "_department"
