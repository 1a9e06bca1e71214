# ruff: noqa: ARG002
"""A value of a related record, shown in this one: always the value of now, read with the reader's rights.

Nothing is stored. Underneath it is a live formula that only follows a path; whatever there is to say about a value
(its looks, filters, options) the field at the end of the path says.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column

from engines.form.fields.base import Field, FieldType, Storage
from engines.form.fields.delegated import Delegated
from engines.form.fields.options import properties, words
from engines.form.fields.text import TextField
from engines.kernel.documents import described

UNKNOWN = TextField()
"""Stands in for the end of a path that leads nowhere; the path itself is the problem that is told."""


class LookupField(Delegated):
    """The grade of an order's customer, the telephone of its owner."""

    key = "lookup"
    icon = "arrow-up-right"
    group = "link"
    title = words("Lookup", "他表字段")
    description = words("Shows a field of a related record, always as it is now.", "显示关联记录的字段，始终为当前值。")
    storage = "none"
    writable = False
    required_options = ("path",)
    expression_option = "path"
    option_properties = properties(
        path=described(
            {"type": "string", "pattern": "^[a-z_][a-z0-9_]*([.][a-z_][a-z0-9_]*)+$", "maxLength": 200},
            (
                "Path",
                "A relation of this form and a field of its records: customer.grade. Further relations may follow.",
            ),
            ("路径", "本表单的关联字段及其记录的字段：customer.grade，可继续经过多级关联。"),
        ),
    )

    def end(self, field: Field) -> Field:
        """The field at the end of the path."""
        end: Field | None = field.end
        return field if end is None else end

    def kind(self, field: Field) -> FieldType:
        """The type of the field at the end of the path."""
        return UNKNOWN if field.end is None else field.end.type

    def expression_of(self, options: Mapping[str, Any]) -> str | None:
        return str(options["path"])

    def keeps(self, field: Field) -> bool | None:
        return False

    def storage_of(self, field: Field) -> Storage:
        return "none"

    def target_form(self, field: Field) -> str | None:
        return self.kind(field).target_form(self.end(field))

    def columns(self, field: Field) -> list[Column[Any]]:
        return []

    def to_columns(self, value: Any, field: Field) -> dict[str, Any]:
        return {}

    def sort_columns(self, field: Field) -> list[str]:
        return []

    def search_text(self, value: Any, field: Field) -> str:
        return ""

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [({"path": "_created_by.name"}, "林悦")]
