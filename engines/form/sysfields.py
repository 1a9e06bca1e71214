"""The fields that every record has without being asked: id, who and when, owner, department, flow state."""

from collections.abc import Mapping
from typing import Final

from engines.form import names
from engines.form.fields.base import Field, FieldType, Words
from engines.form.fields.datetime import DatetimeField
from engines.form.fields.links import DepartmentField, MemberField
from engines.form.fields.number import NumberField
from engines.form.fields.text import TextField

_TYPES: Final[Mapping[str, tuple[FieldType, str, str]]] = {
    names.ID: (NumberField(), "Record number", "记录编号"),
    names.OWNER: (MemberField(), "Owner", "负责人"),
    names.DEPARTMENT: (DepartmentField(), "Department", "所属部门"),
    names.CREATED_AT: (DatetimeField(), "Created at", "创建时间"),
    names.CREATED_BY: (MemberField(), "Created by", "创建人"),
    names.UPDATED_AT: (DatetimeField(), "Changed at", "修改时间"),
    names.UPDATED_BY: (MemberField(), "Changed by", "修改人"),
    names.FLOW_STATE: (TextField(), "Flow state", "流程状态"),
}


def system_fields(form_key: str, *, id_only: bool = False) -> dict[str, Field]:
    """The system fields of a form, read-only, by the names of their columns; the people forms have only the id."""
    return {
        key: Field(
            key=key,
            type=kind,
            label=Words({"en": en, "zh-CN": zh}),
            form_key=form_key,
            options=kind.fill({"grouping": False} if key == names.ID else {}),
            readonly=True,
        )
        for key, (kind, en, zh) in _TYPES.items()
        if key == names.ID or not id_only
    }
