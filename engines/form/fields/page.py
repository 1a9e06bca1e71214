# ruff: noqa: ARG002
"""What stands on a page among the fields and holds no value: notes, embedded pages, codes and buttons.

They have no column and are in no list, API or import; `Form.decor` keeps them beside the fields.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final
from urllib.parse import quote, urlsplit

from engines.form.fields.base import Context, Field, FieldType, Group, Storage
from engines.form.fields.options import one_of, properties, words
from engines.form.richtext import clean
from engines.kernel.documents import described, key_schema, label, label_schema
from engines.kernel.problems import Problem

_PLACE: Final = re.compile(r"\{([a-z_][a-z0-9_]*)\}")

URL: Final = described(
    {"type": "string", "minLength": 1, "maxLength": 2000, "x-widget": "template"},
    (
        "Address",
        "The address; a field in braces, such as {no}, stands for its value, {id} for the number of the record.",
    ),
    ("网址", "网址；花括号中的字段（如 {no}）代表它的值，{id} 代表记录编号。"),
)

_CALLS: Final = {"x-when": {"do": ["call"]}}
"""Asked for only where the button makes a call."""


class Decor(FieldType):
    """What all of them share."""

    group: ClassVar[Group] = "layout"
    storage: ClassVar[Storage] = "none"
    is_value = False
    writable = False
    sortable = False
    in_subform = False
    operator_names = ()

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> None:
        """There is nothing to enter."""
        return

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [(self.example, None)]

    example: ClassVar[dict[str, Any]] = {}

    @property
    def input_template(self) -> str:
        return self.display_template


class NoteField(Decor):
    """What one has to know before one fills in the next fields."""

    key = "note"
    icon = "note"
    title = words("Note", "说明文字")
    description = words(
        "Text among the fields, with bold words, lists and links.", "字段之间的说明，可加粗、列表和链接。"
    )
    required_options = ("text",)
    option_properties = properties(
        text=label_schema(
            ("Text", "What it says; simple HTML is allowed and cleaned."),
            ("内容", "说明的内容，可用简单的 HTML，会自动清理。"),
        )
        | {"x-lines": 4},
        tone=one_of(
            ("plain", "info", "success", "warning", "error"),
            "info",
            ("Tone", "How strongly it asks to be read."),
            ("语气", "提示的强烈程度。"),
        ),
    )
    example: ClassVar[dict[str, Any]] = {
        "text": {"zh-CN": "请先核对<b>客户名称</b>。", "en": "Check the <b>name</b> first."}
    }

    def html(self, field: Field, locale: str) -> str:
        """The cleaned text."""
        return clean(label(field.options.get("text"), locale))


class EmbedField(Decor):
    """A map, a dashboard of another system, a video."""

    key = "embed"
    icon = "world-www"
    title = words("Embedded page", "嵌入网页")
    description = words("A page of another system inside the record's page.", "在记录页面中显示其他系统的网页。")
    required_options = ("url",)
    option_properties = properties(
        url=URL,
        height=described(
            {"type": "integer", "minimum": 120, "maximum": 2000, "default": 360},
            ("Height", "In pixels."),
            ("高度", "像素。"),
        ),
    )
    example: ClassVar[dict[str, Any]] = {"url": "https://status.example/machine?no={no}"}

    def check_options(self, options: Mapping[str, Any]) -> Iterable[Problem]:
        yield from super().check_options(options)
        yield from _check_url(options.get("url"), "url", secure=True)


class BarcodeField(Decor):
    """A code for the label on a machine, which leads back to its record."""

    key = "barcode"
    icon = "qrcode"
    title = words("Barcode or QR code", "条码/二维码")
    description = words("A code made from a field or from the record's address.", "由字段的值或记录网址生成的条码。")
    option_properties = properties(
        of=one_of(
            ("record", "field"),
            "record",
            ("Content", "The address of the record's page, or the value of a field."),
            ("内容", "记录页面的网址，或某个字段的值。"),
        ),
        field=key_schema(
            40,
            ("Field", "The field whose value is encoded."),
            ("字段", "用哪个字段的值生成。"),
        )
        | {"x-when": {"of": ["field"]}},
        format=one_of(
            ("qr", "code128"),
            "qr",
            ("Kind", "A QR code, or a bar code (Code 128) for letters, digits and signs of English."),
            ("类型", "二维码，或条形码（Code 128，只能含英文字母、数字和符号）。"),
        ),
    )
    example: ClassVar[dict[str, Any]] = {"of": "field", "field": "no", "format": "code128"}

    def check_options(self, options: Mapping[str, Any]) -> Iterable[Problem]:
        yield from super().check_options(options)
        if options.get("of") == "field" and not options.get("field"):
            yield Problem("barcode.no_field", "field", "Say which field is encoded", {})
        if options.get("format") == "code128" and options.get("of", "record") == "record":
            message = "An address does not fit into a bar code; take a QR code or a field"
            yield Problem("barcode.address", "format", message, {})


def _parts(needed: str, key: dict[str, Any], **rest: dict[str, Any]) -> dict[str, Any]:
    """A keyed list of a call's inputs or outputs."""
    return {
        "type": "array",
        "maxItems": 50,
        "items": {
            "type": "object",
            "properties": {"key": key, **rest},
            "required": ["key", needed],
            "additionalProperties": False,
        },
    }


class ButtonField(Decor):
    """A press that opens a page of another system, sets fields of the record, or asks another system for values."""

    key = "button"
    icon = "hand-click"
    title = words("Button", "按钮")
    description = words(
        "Opens an address, sets fields of the record, or fills fields with what another system answers.",
        "打开网址、修改记录的字段，或用外部系统的返回值填写字段。",
    )
    required_options = ("do",)
    option_properties = properties(
        do=described(
            {"enum": ["open", "set", "call"]},
            (
                "What it does",
                "Opens an address in a new tab, sets fields and saves the record, or calls a connector and fills in "
                "fields while one edits.",
            ),
            ("动作", "在新标签页打开网址；修改字段并保存记录；或在编辑时调用连接器并填写字段。"),
        ),
        url={**URL, "x-when": {"do": ["open"]}},
        values=described(
            {
                "x-when": {"do": ["set"]},
                "type": "array",
                "maxItems": 50,
                "items": {
                    "type": "object",
                    "properties": {
                        "key": key_schema(40, ("Field", "The field that is set."), ("字段", "要修改的字段。")),
                        "value": described(
                            {"type": "string", "minLength": 1, "maxLength": 10_000},
                            ("Value", "An expression over the record."),
                            ("值", "以记录字段书写的表达式。"),
                        ),
                    },
                    "required": ["key", "value"],
                    "additionalProperties": False,
                },
            },
            ("Values", "The fields that are set, each by an expression."),
            ("取值", "要修改的字段，各用一个表达式给出新值。"),
        ),
        connector=key_schema(
            40,
            ("Connector", "The connector whose call is made."),
            ("连接器", "要调用的连接器。"),
        )
        | _CALLS,
        call=key_schema(40, ("Call", "Which of its calls."), ("调用", "连接器中的哪个调用。")) | _CALLS,
        inputs=described(
            _parts(
                "value",
                key_schema(40, ("Input", "The input of the call."), ("输入", "调用的输入。")),
                value=described(
                    {"type": "string", "minLength": 1, "maxLength": 10_000},
                    ("Value", "An expression over the record; what the person may not see stays blank."),
                    ("值", "以记录字段书写的表达式；本人无权查看的内容为空。"),
                ),
            ),
            ("Inputs", "What the call is given."),
            ("输入", "传给调用的值。"),
        )
        | _CALLS,
        outputs=described(
            _parts(
                "field",
                key_schema(40, ("Name", "A name for this line."), ("名称", "这一行的名称。")),
                field=key_schema(40, ("Field", "The field that is filled."), ("字段", "要填写的字段。")),
                pointer=described(
                    {"type": "string", "pattern": "^(/[^\\s]*)?$", "maxLength": 500},
                    ("Place in the answer", "A JSON pointer: /data/0/name; blank is the whole answer."),
                    ("返回值位置", "JSON 指针，例如 /data/0/name；为空表示整个返回值。"),
                ),
            ),
            ("Outputs", "The fields that the answer fills. Nothing is saved by itself."),
            ("输出", "用返回值填写的字段。不会自动保存。"),
        )
        | _CALLS,
        look=one_of(
            ("plain", "primary", "danger"),
            "plain",
            ("Look", "How much it stands out."),
            ("样式", "按钮的醒目程度。"),
        ),
        ask=label_schema(
            ("Question", "Asked before anything is done; nothing is asked where there is none."),
            ("确认提示", "执行前的确认问题；不填则不询问。"),
        ),
    )
    example: ClassVar[dict[str, Any]] = {"do": "open", "url": "https://maps.example/?q={name}"}

    def check_options(self, options: Mapping[str, Any]) -> Iterable[Problem]:
        yield from super().check_options(options)
        if options.get("do") == "open":
            if not options.get("url"):
                yield Problem("button.no_url", "url", "Say which address is opened", {})
            yield from _check_url(options.get("url"), "url", secure=False)
        if options.get("do") == "set" and not options.get("values"):
            yield Problem("button.no_values", "values", "Say which fields are set", {})
        if options.get("do") == "call":
            for name in ("connector", "call"):
                if not options.get(name):
                    yield Problem("button.no_call", name, "Say which call of which connector is made", {})


def names_in(url: str) -> Iterator[str]:
    """The keys of the fields that an address names."""
    return (match[1] for match in _PLACE.finditer(url))


def filled_url(url: str, texts: Mapping[str, str]) -> str:
    """The address with the values of a record, each made safe for its place; blank where one is not there."""
    return _PLACE.sub(lambda match: quote(texts.get(match[1], ""), safe=""), url)


def _check_url(url: Any, path: str, *, secure: bool) -> Iterator[Problem]:
    if not isinstance(url, str) or not url:
        return
    inner = url.startswith("/") and not url.startswith("//")
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    schemes = ("https",) if secure else ("https", "http")
    good = parts.scheme in schemes and bool(parts.netloc) and not _PLACE.search(parts.netloc)
    if not good and not (inner and not secure):
        message = f"Must be an address that begins with {' or '.join(f'{one}://' for one in schemes)}"
        yield Problem("page.url", path, message, {"schemes": ", ".join(f"{one}://" for one in schemes)})
