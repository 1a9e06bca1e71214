"""Options of what is read with a camera: a text, the choice of a record by its code, rows of a sub-form."""

from typing import Any, Final

from engines.form.fields.options import flag
from engines.kernel.documents import described

_FIELD: Final[dict[str, Any]] = {"type": "string", "pattern": "^[a-z](_?[a-z0-9])*$", "maxLength": 40}

SCANNED: Final = flag(
    False,
    ("Scan", "A button beside the field reads a QR code or bar code with the camera into it."),
    ("扫码", "字段旁显示扫码按钮，用摄像头扫描二维码或条形码填入。"),
)
SCANNED_BY: Final = described(
    dict(_FIELD),
    (
        "Scan",
        "The field of the other form that holds the code: a button chooses the record whose code the camera reads.",
    ),
    ("扫码字段", "关联表单中保存编码的字段：扫码后按编码选中对应的记录。"),
)
SCANNED_ROWS: Final = described(
    {
        "type": "object",
        "properties": {
            "field": described(
                dict(_FIELD),
                ("Into", "The field of a row that the code fills: a relation, or a text."),
                ("填入字段", "扫码填入行中的哪个字段：关联或文本字段。"),
            ),
            "by": described(
                dict(_FIELD),
                ("Code", "The field of the related form that holds the code; the relation's own where it has one."),
                ("编码字段", "关联表单中保存编码的字段；不填时用关联字段自己的扫码设置。"),
            ),
            "quantity": described(
                dict(_FIELD),
                ("Quantity", "The number field that goes up by one where the code stands in a row already."),
                ("数量字段", "行中已有该编码时，加一的数字字段。"),
            ),
        },
        "required": ["field"],
        "additionalProperties": False,
    },
    ("Scan rows", "A button reads code after code: each adds a row, or raises the quantity of the row that has it."),
    ("扫码录入", "连续扫码：每扫一个新编码增加一行，已有的编码数量加一。"),
)
