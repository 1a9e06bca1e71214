"""The cast of pack tests: a small company with one or more people in every role, found by names like `seller_a`.

The company (two sales departments below the whole): `director_a` heads the company, `manager_a` the first department
with `seller_a` and `seller_b`, `manager_b` the second with `seller_c` and `seller_d`; one person for every other role.
"""

from collections.abc import Iterable

from dougong.identity.departments import change_department, create_department
from dougong.identity.members import change_member, ensure_member
from dougong.identity.roles import ensure_role
from engines.form.transaction import Transaction

SALES = {"sales_a": ("manager_a", ("seller_a", "seller_b")), "sales_b": ("manager_b", ("seller_c", "seller_d"))}


def make_cast(tx: Transaction, roles: Iterable[str]) -> dict[str, int]:
    """Make the company in an empty workspace; gives the members by name, the administrator as `admin`."""
    cast: dict[str, int] = {"admin": ensure_member(tx, "admin", None, is_admin=True)}
    top = create_department(tx, "company", key="company")
    for role in roles:
        ensure_role(tx, role, role)
    for department, (manager, sellers) in SALES.items():
        own = create_department(tx, department, parent_id=top, key=department)
        for name in (manager, *sellers):
            cast[name] = _person(tx, name, [own])
        change_department(tx, own, name=department, parent_id=top, head_id=cast[manager])
    for role in roles:
        name = f"{role}_a"
        if role != "admin" and name not in cast:
            cast[name] = _person(tx, name, [top])
    if "director_a" in cast:
        change_department(tx, top, name="company", parent_id=None, head_id=cast["director_a"])
    return cast


def _person(tx: Transaction, name: str, departments: list[int]) -> int:
    member = ensure_member(tx, name, None)
    role = name.rpartition("_")[0]
    change_member(tx, member, name=name, phone=None, title=None, departments=departments, roles=[role])
    return member
