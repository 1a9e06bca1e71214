"""The people of a workspace as far as flows ask for them. The host makes and fills these tables."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Text, column, table
from sqlalchemy.dialects.postgresql import ARRAY

MEMBER: Any = table(
    "_member",
    column("id", BigInteger),
    column("name", Text),
    column("email", Text),
    column("is_active", Boolean),
    column("is_admin", Boolean),
    column("main_department_id", BigInteger),
)
DEPARTMENT: Any = table(
    "_department",
    column("id", BigInteger),
    column("head_id", BigInteger),
    column("path", ARRAY(BigInteger)),
)
ROLE_MEMBER: Any = table("_role_member", column("role", Text), column("member_id", BigInteger))
