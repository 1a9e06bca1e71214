"""The kinds of document that public pages are: a form for strangers, and a search by exact values for strangers.

The link is no part of the document (`dougong.public.links`): what may be filled in is published like everything else,
who may come in is switched on and off in a moment.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from engines.form.checks import compiled
from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.schema_parts import ELEMENT_KEY, FORM_KEY, TITLE, field_names
from engines.kernel.documents import (
    Document,
    DocumentKind,
    Label,
    Reference,
    described,
    key_schema,
    label_schema,
)
from engines.kernel.layers import Effective
from engines.kernel.problems import Problem

FORM: Final = "public_form"
QUERY: Final = "public_query"
_WORDS: Final = frozenset({"text", "textarea", "phone", "email", "url", "id_card", "plate", "address"})
_PLAIN: Final = _WORDS | {
    *("number", "money", "percent", "date", "datetime", "time", "date_range", "period", "boolean", "choice", "choices"),
    *("rating", "slider", "location"),
}
_COMPUTED: Final = frozenset({"formula", "capitals", "text_template"})
FILES: Final = frozenset({"attachment", "image"})
FILLABLE: Final = _PLAIN | _COMPUTED | FILES | {"relation", "subform"}
"""Types that a stranger may meet. Members, departments, trees and tags would tell who and what is in the company."""
PREFILLABLE: Final = _PLAIN - {"location", "address", "period", "date_range"}
SEARCHABLE: Final = frozenset(
    {"text", "phone", "email", "id_card", "plate", "number", "date", "choice", "serial"},
)
SHOWN: Final = _PLAIN | _COMPUTED | {"serial", "rollup"}
MOST_RESULTS: Final = 50
_INSTANT: Final = {
    "type": "string",
    "pattern": r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?(Z|[+-]\d{2}:\d{2})$",
}
_HOST: Final = {"type": "string", "pattern": r"^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+(:\d{1,5})?$", "maxLength": 200}

_NAME: Final = {"type": "string", "minLength": 1, "maxLength": ELEMENT_KEY}
_ABOUT: Final = {
    "title": TITLE,
    "description": label_schema(
        ("Introduction", "Stands above the page's fields."), ("说明", "显示在页面字段上方的文字。")
    ),
    "form": key_schema(FORM_KEY, ("Form", "The form whose records these are."), ("表单", "数据所属的表单。")),
    "captcha": described(
        {"type": "boolean", "default": False},
        ("Captcha", "A picture with digits, or a sum in words, is asked."),
        ("验证码", "提交前需输入图片中的数字，或回答一道文字算术题。"),
    ),
    "rate": described(
        {"type": "integer", "minimum": 1, "maximum": 10_000},
        ("Tries per hour", "How often one address may send within an hour; 60 if nothing is said."),
        ("每小时次数", "同一网络地址每小时最多提交几次，默认 60 次。"),
    ),
    "embed": described(
        {"type": "array", "items": _HOST, "uniqueItems": True, "maxItems": 20},
        ("May be embedded by", "Hosts whose pages may show this page in a frame."),
        ("允许嵌入的网站", "哪些域名的网页可以用框架嵌入本页面。"),
    ),
}

_PREFILL: Final = {
    "type": "object",
    "properties": {
        "open": field_names(
            ("Open", "Fields that `?name=` of the address fills in."), ("开放参数", "可由网址参数直接预填的字段。")
        ),
        "signed": field_names(
            ("Signed", "Fields that only a signed address gives; nobody can change them."),
            ("签名参数", "只能由带签名的网址给出的字段，填写者无法更改。"),
        ),
    },
    "additionalProperties": False,
}
_THANKS: Final = {
    "type": "object",
    "properties": {
        "text": label_schema(("Words", "Shown after sending."), ("提示语", "提交成功后显示。")),
        "redirect": described(
            {"type": "string", "pattern": r"^https://[^\s/?#@\\]+([/?#][^\s]*)?$", "maxLength": 500},
            ("Go on to", "An https address that is opened after sending."),
            ("跳转到", "提交后打开的 https 网址。"),
        ),
    },
    "additionalProperties": False,
}
_CAPTURE: Final = {
    "type": "object",
    "properties": {
        "device": described(
            _NAME, ("Device", "Text field that gets the name of the browser."), ("设备", "记录浏览器信息的文本字段。")
        ),
        "ip": described(
            _NAME, ("Address", "Text field that gets the network address."), ("IP 地址", "记录网络地址的文本字段。")
        ),
    },
    "additionalProperties": False,
}
_PICK: Final = {
    "type": "array",
    "maxItems": 20,
    "items": {
        "type": "object",
        "properties": {
            "key": key_schema(ELEMENT_KEY, ("Field", "A relation field."), ("字段", "关联字段。")),
            "columns": field_names(
                ("Columns", "What strangers may search and read of the records to choose from."),
                ("列", "外部人员可搜索和看到的列。"),
                10,
            ),
        },
        "required": ["key", "columns"],
        "additionalProperties": False,
    },
}


class _PublicKind(DocumentKind):
    """What both kinds check."""

    def check(self, document: Document, effective: Effective) -> Iterable[Problem]:
        """The fields named are there and of a type that may stand on a public page."""
        form = compiled(effective).forms.by_key.get(document["form"])
        if form is None:
            return
        yield from self.judged(document, form)

    def judged(self, document: Document, form: Form) -> Iterable[Problem]:
        """What is wrong, seen beside the form."""
        raise NotImplementedError


class PublicFormKind(_PublicKind):
    """A form for people without an account."""

    key = FORM
    title: ClassVar[Label] = {"en": "Public form", "zh-CN": "公开表单"}
    description: ClassVar[Label] = {
        "en": "A form that strangers fill in by a link: which fields, from when to when, how often.",
        "zh-CN": "外部人员通过链接填写的表单：哪些字段、起止时间、次数限制。",
    }
    properties: ClassVar[Mapping[str, Any]] = {
        **_ABOUT,
        "fields": field_names(("Fields", "What strangers fill in, in this order."), ("字段", "外部人员填写的字段。")),
        "open_from": described(_INSTANT, ("Opens", "Nothing can be sent before."), ("开始时间", "在此之前不能提交。")),
        "open_until": described(_INSTANT, ("Closes", "Nothing can be sent after."), ("结束时间", "在此之后不能提交。")),
        "quota": described(
            {"type": "integer", "minimum": 1, "maximum": 10_000_000},
            ("Quota", "How many may be sent in all."),
            ("名额", "总共可以提交多少份。"),
        ),
        "once": described(
            {"enum": ["device", "phone"]},
            ("Only once", "For each device, or for each phone number."),
            ("限填一次", "每台设备或每个手机号限填一次。"),
        ),
        "once_field": described(
            _NAME,
            ("Phone field", "Whose number may come once; the first phone field if nothing is said."),
            ("手机号字段", "按哪个手机号字段限填，默认第一个手机号字段。"),
        ),
        "prefill": described(_PREFILL, ("Prefill", "By the address."), ("预填", "通过网址预填。")),
        "thanks": described(_THANKS, ("Afterwards", "What follows the sending."), ("提交之后", "提交后显示什么。")),
        "capture": described(
            _CAPTURE,
            ("Captured", "What is noted of who sends; the page says so."),
            ("采集信息", "记录提交者的哪些信息，页面会明确告知。"),
        ),
        "pick": described(
            _PICK,
            ("Choices of relations", "What may be seen of the records that relations offer."),
            ("关联字段的可选范围", "关联字段向外部人员展示哪些列。"),
        ),
        "privacy": label_schema(
            ("Privacy", "What happens with what is sent; stands above the button."),
            ("隐私说明", "提交内容如何使用，显示在提交按钮上方。"),
        ),
        "draft": described(
            {"type": "boolean", "default": True},
            ("Keep a draft", "What was typed stays in the browser until it is sent."),
            ("保留草稿", "提交前把已填内容保存在浏览器中。"),
        ),
    }
    required = ("title", "form", "fields")

    def references(self, document: Document) -> Iterable[Reference]:
        """The form and each field that is named."""
        form = document["form"]
        yield Reference("form", form, "", "form")
        for at, key in _named(document):
            yield Reference("form", form, f"fields.{key}", at)

    def judged(self, document: Document, form: Form) -> Iterable[Problem]:
        """Types, signed and captured fields that nobody else fills in, relations with their columns."""
        chosen = document["fields"]
        if not chosen:
            yield Problem("public.no_fields", "fields", "Choose at least one field")
        picks = {one["key"]: one for one in document.get("pick", ())}
        for key in chosen:
            field = form.fields.get(key)
            if field is not None:
                yield from _fillable(field, picks)
        prefill = document.get("prefill", {})
        for way in ("open", "signed"):
            for key in prefill.get(way, ()):
                field = form.fields.get(key)
                if field is not None and (field.type.key not in PREFILLABLE or key not in chosen):
                    yield _unusable(
                        field, f"prefill.{way}", "public.not_prefilled", "cannot be filled in by an address"
                    )
        for what, key in document.get("capture", {}).items():
            field = form.fields.get(key)
            if field is not None and (field.type.key not in ("text", "textarea") or key in chosen):
                message = f"{field.label} must be a text field that the page does not show"
                yield Problem("public.capture", f"capture.{what}", message, {"label": str(field.label)})
        if document.get("once") == "phone" and phone_field(document, form) is None:
            yield Problem("public.no_phone", "once", "Once per phone number needs a phone field on the page")
        since, until = document.get("open_from"), document.get("open_until")
        if since and until and since >= until and since[-6:] == until[-6:]:
            yield Problem("public.never_open", "open_until", "The page closes before it opens")
        for key, pick in picks.items():
            field = form.fields.get(key)
            target = field.target if field is not None else None
            if not isinstance(target, Form):
                continue
            for column in pick["columns"]:
                one = target.fields.get(column)
                if one is None or one.type.key not in SHOWN or one.live:
                    message = f'"{column}" cannot be shown to strangers'
                    yield Problem("public.not_shown", f"pick.{key}.columns", message, {"label": column})


class PublicQueryKind(_PublicKind):
    """A search for people without an account."""

    key = QUERY
    title: ClassVar[Label] = {"en": "Public query", "zh-CN": "公开查询"}
    description: ClassVar[Label] = {
        "en": "Strangers find records by exact values, for example number and phone, and see chosen columns.",
        "zh-CN": "外部人员按精确条件（如单号加手机号）查询数据，只看到选定的列。",
    }
    properties: ClassVar[Mapping[str, Any]] = {
        **_ABOUT,
        "search": field_names(
            ("Asked for", "All of them must be given, exactly."), ("查询条件", "必须全部准确填写。"), 5
        ),
        "columns": field_names(("Shown", "What is seen of the records found."), ("显示列", "查到后显示哪些列。"), 30),
        "limit": described(
            {"type": "integer", "minimum": 1, "maximum": MOST_RESULTS, "default": 10},
            ("At most", "How many records are shown."),
            ("最多条数", "最多显示多少条。"),
        ),
    }
    required = ("title", "form", "search", "columns")

    def references(self, document: Document) -> Iterable[Reference]:
        """The form and each field that is named."""
        form = document["form"]
        yield Reference("form", form, "", "form")
        for name in ("search", "columns"):
            for key in document[name]:
                yield Reference("form", form, f"fields.{key}", name)

    def judged(self, document: Document, form: Form) -> Iterable[Problem]:
        """Types that can be compared exactly, and shown."""
        if not document["search"]:
            yield Problem("public.no_search", "search", "Choose at least one field to ask for")
        for key in document["search"]:
            field = form.fields.get(key)
            if field is not None and (field.type.key not in SEARCHABLE or field.live):
                yield _unusable(field, "search", "public.not_searched", "cannot be searched by strangers")
        for key in document["columns"]:
            field = form.fields.get(key)
            if field is not None and (field.type.key not in SHOWN or field.live):
                yield _unusable(field, "columns", "public.not_shown", "cannot be shown to strangers")


def fillable_column(one: Field) -> bool:
    """Whether strangers meet this column of a sub-form."""
    return not one.hidden and one.type.key in _PLAIN | _COMPUTED


def phone_field(document: Document, form: Form) -> str | None:
    """The field whose number may come once."""
    named = document.get("once_field")
    chosen = [named] if named else document["fields"]
    found = (key for key in chosen if key in document["fields"] and key in form.fields)
    return next((key for key in found if form.fields[key].type.key == "phone"), None)


def _fillable(field: Field, picks: Mapping[str, Any]) -> Iterable[Problem]:
    if field.type.key not in FILLABLE:
        yield _unusable(field, "fields", "public.not_fillable", "cannot stand on a public page")
    elif field.type.key == "relation" and (field.key not in picks or field.storage == "links"):
        message = f"{field.label} needs the columns that strangers may search"
        yield Problem("public.no_pick", "fields", message, {"label": str(field.label)})
    for inner in field.rows.values():
        if inner.type.key not in _PLAIN | _COMPUTED and not inner.hidden:
            yield _unusable(inner, "fields", "public.not_fillable", "cannot stand on a public page")


def _unusable(field: Field, at: str, code: str, why: str) -> Problem:
    return Problem(code, at, f"{field.label} {why}", {"label": str(field.label)})


def _named(document: Document) -> Iterable[tuple[str, str]]:
    for key in document["fields"]:
        yield "fields", key
    for way in ("open", "signed"):
        for key in document.get("prefill", {}).get(way, ()):
            yield f"prefill.{way}", key
    for what, key in document.get("capture", {}).items():
        yield f"capture.{what}", key
    for one in document.get("pick", ()):
        yield f"pick.{one['key']}", one["key"]
    if "once_field" in document:
        yield "once_field", document["once_field"]


PUBLIC_KINDS: Final[tuple[DocumentKind, ...]] = (PublicFormKind(), PublicQueryKind())
