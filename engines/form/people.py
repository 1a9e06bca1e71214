"""Members and departments as forms that every app can read: `_member` and `_department`.

Their tables are the host's (it keeps them in step with accounts); here stand the columns that people may see, by the
names that expressions, filters and relations use. They are documents like any other, so labels and types are too.
"""

from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP

from engines.form.fields.links import DEPARTMENT, MEMBER
from engines.kernel.documents import Document


def _field(key: str, kind: str, en: str, zh: str) -> dict[str, Any]:
    options = {"kind": "any"} if kind == "phone" else {}
    return {"key": key, "type": kind, "label": {"en": en, "zh-CN": zh}, "options": options}


MEMBER_FORM: Final[Document] = {
    "kind": "form",
    "key": MEMBER,
    "title": {"en": "Member", "zh-CN": "成员"},
    "icon": "users",
    "title_field": "name",
    "fields": [
        _field("name", "text", "Name", "姓名"),
        _field("email", "email", "E-mail", "邮箱"),
        _field("phone", "phone", "Phone", "电话"),
        _field("title", "text", "Job title", "职务"),
        _field("department", "department", "Main department", "主部门"),
        _field("manager", "member", "Superior", "直属上级"),
        _field("active", "boolean", "Active", "在职"),
        _field("joined_at", "datetime", "Joined", "加入时间"),
        _field("left_at", "datetime", "Left", "离开时间"),
    ],
}

DEPARTMENT_FORM: Final[Document] = {
    "kind": "form",
    "key": DEPARTMENT,
    "title": {"en": "Department", "zh-CN": "部门"},
    "icon": "sitemap",
    "title_field": "name",
    "fields": [
        _field("name", "text", "Name", "名称"),
        _field("parent", "department", "Belongs to", "上级部门"),
        _field("head", "member", "Head", "负责人"),
        _field("active", "boolean", "Active", "启用"),
        _field("calendar", "text", "Business calendar", "工作日历"),
    ],
}

PEOPLE: Final = (MEMBER_FORM, DEPARTMENT_FORM)


def people_tables(metadata: MetaData) -> dict[str, Table]:
    """The host's two tables with the columns that forms read; `c.department` is the column `main_department_id`."""
    words, instant = Text(collation="C"), TIMESTAMP(timezone=True, precision=3)
    members = Table(
        MEMBER,
        metadata,
        Column("id", BigInteger, primary_key=True),
        Column("name", words, nullable=False),
        Column("name__sort", words, nullable=False),
        Column("email", words),
        Column("phone", words),
        Column("title", words),
        Column("main_department_id", BigInteger, key="department"),
        Column("manager_id", BigInteger, key="manager"),
        Column("is_active", Boolean, nullable=False, key="active"),
        Column("joined_at", instant),
        Column("left_at", instant),
    )
    departments = Table(
        DEPARTMENT,
        metadata,
        Column("id", BigInteger, primary_key=True),
        Column("name", words, nullable=False),
        Column("name__sort", words, nullable=False),
        Column("parent_id", BigInteger, key="parent"),
        Column("head_id", BigInteger, key="head"),
        Column("is_active", Boolean, nullable=False, key="active"),
        Column("calendar", words),
    )
    return {MEMBER: members, DEPARTMENT: departments}
