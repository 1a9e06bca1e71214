"""The schemas from which the designer draws its panels, in one language and without references.

Beside JSON Schema's own words they carry hints for the input: `x-widget` (label, expression, form, option_set, field,
path, icon, width, color, template), `x-words` (what people call the values of an enum), `x-when` (with which values
of other settings it means anything) and `x-lines` (how many lines words take). A field type may write both itself.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from engines.form.fields import FIELD_TYPES
from engines.form.fields.base import FieldType
from engines.form.layout import WIDE_TYPES
from engines.form.protect.masks import MASKABLE
from engines.form.schemas import FORM_DEFINITIONS, FORM_PROPERTIES
from engines.kernel.labels import LABEL_SCHEMA, label
from engines.kernel.schemas import resolve

EXPRESSION_LENGTH: Final = 10_000
DEPTH: Final = 12

WITH_PLACEHOLDER: Final = frozenset(
    (
        "text",
        "textarea",
        "richtext",
        "number",
        "money",
        "percent",
        "slider",
        "phone",
        "email",
        "url",
        "id_card",
        "plate",
        "address",
        "tags",
        "period",
        "relation",
        "link",
        "member",
        "members",
        "department",
        "departments",
    )
)
"""The types whose empty inputs show a placeholder."""

GROUPS: Final[Mapping[str, Mapping[str, str]]] = {
    "text": {"en": "Text", "zh-CN": "文本"},
    "number": {"en": "Numbers", "zh-CN": "数字"},
    "choice": {"en": "Choices", "zh-CN": "选择"},
    "time": {"en": "Date and time", "zh-CN": "日期时间"},
    "people": {"en": "People", "zh-CN": "成员部门"},
    "link": {"en": "Links and rows", "zh-CN": "关联与明细"},
    "file": {"en": "Files", "zh-CN": "文件"},
    "layout": {"en": "Layout", "zh-CN": "布局"},
    "advanced": {"en": "Advanced", "zh-CN": "高级"},
}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "gray": {"en": "Grey", "zh-CN": "灰"},
    "red": {"en": "Red", "zh-CN": "红"},
    "orange": {"en": "Orange", "zh-CN": "橙"},
    "yellow": {"en": "Yellow", "zh-CN": "黄"},
    "green": {"en": "Green", "zh-CN": "绿"},
    "teal": {"en": "Teal", "zh-CN": "青绿"},
    "cyan": {"en": "Cyan", "zh-CN": "青"},
    "blue": {"en": "Blue", "zh-CN": "蓝"},
    "indigo": {"en": "Indigo", "zh-CN": "靛蓝"},
    "purple": {"en": "Purple", "zh-CN": "紫"},
    "pink": {"en": "Pink", "zh-CN": "粉"},
    "text": {"en": "Text", "zh-CN": "文本"},
    "number": {"en": "Number", "zh-CN": "数字"},
    "money": {"en": "Money", "zh-CN": "金额"},
    "date": {"en": "Date", "zh-CN": "日期"},
    "datetime": {"en": "Date and time", "zh-CN": "日期时间"},
    "time": {"en": "Time", "zh-CN": "时间"},
    "boolean": {"en": "Yes or no", "zh-CN": "是/否"},
    "percent": {"en": "Percent", "zh-CN": "百分比"},
    "day": {"en": "Day", "zh-CN": "日"},
    "month": {"en": "Month", "zh-CN": "月"},
    "year": {"en": "Year", "zh-CN": "年"},
    "minute": {"en": "Minute", "zh-CN": "分"},
    "second": {"en": "Second", "zh-CN": "秒"},
    "never": {"en": "Never", "zh-CN": "从不"},
    "keep": {"en": "Keep", "zh-CN": "保持原值"},
    "clear": {"en": "Clear", "zh-CN": "清空"},
    "recompute": {"en": "Compute anew", "zh-CN": "重新计算"},
    "show": {"en": "Show", "zh-CN": "显示"},
    "hide": {"en": "Hide", "zh-CN": "隐藏"},
    "require": {"en": "Make required", "zh-CN": "设为必填"},
    "optional": {"en": "Make optional", "zh-CN": "设为选填"},
    "readonly": {"en": "Make read-only", "zh-CN": "设为只读"},
    "editable": {"en": "Make editable", "zh-CN": "设为可编辑"},
    "set": {"en": "Set the value", "zh-CN": "赋值"},
    "choices": {"en": "Limit the options", "zh-CN": "限制选项"},
    "color": {"en": "Colour", "zh-CN": "着色"},
    "block": {"en": "Refuse to save", "zh-CN": "阻止保存"},
    "warn": {"en": "Warn", "zh-CN": "提醒"},
    "lock": {"en": "Lock the record", "zh-CN": "锁定记录"},
    "create": {"en": "When created", "zh-CN": "新建时"},
    "update": {"en": "When changed", "zh-CN": "修改时"},
    "delete": {"en": "When deleted", "zh-CN": "删除时"},
    "restore": {"en": "When restored", "zh-CN": "恢复时"},
    "sum": {"en": "Sum", "zh-CN": "求和"},
    "count": {"en": "Count", "zh-CN": "计数"},
    "average": {"en": "Average", "zh-CN": "平均"},
    "min": {"en": "Smallest", "zh-CN": "最小"},
    "max": {"en": "Largest", "zh-CN": "最大"},
    "earliest": {"en": "Earliest", "zh-CN": "最早"},
    "latest": {"en": "Latest", "zh-CN": "最晚"},
    "filled": {"en": "Filled in", "zh-CN": "已填写"},
    "value": {"en": "Value", "zh-CN": "值"},
    "image": {"en": "Pictures", "zh-CN": "图片"},
    "any": {"en": "Any", "zh-CN": "任意"},
    "file": {"en": "Files", "zh-CN": "文件"},
    "dropdown": {"en": "Drop-down", "zh-CN": "下拉"},
    "buttons": {"en": "Buttons", "zh-CN": "按钮"},
    "radio": {"en": "Circles", "zh-CN": "单选按钮"},
    "left": {"en": "Left", "zh-CN": "左"},
    "right": {"en": "Right", "zh-CN": "右"},
    "center": {"en": "Centre", "zh-CN": "居中"},
    "info": {"en": "Information", "zh-CN": "信息"},
    "success": {"en": "Success", "zh-CN": "成功"},
    "warning": {"en": "Warning", "zh-CN": "警告"},
    "danger": {"en": "Danger", "zh-CN": "危险"},
    "small": {"en": "Small", "zh-CN": "小"},
    "medium": {"en": "Medium", "zh-CN": "中"},
    "large": {"en": "Large", "zh-CN": "大"},
    "all": {"en": "All", "zh-CN": "全部"},
    "own": {"en": "Own", "zh-CN": "本人"},
    "_member": {"en": "Member", "zh-CN": "成员"},
    "_department": {"en": "Department", "zh-CN": "部门"},
    "none": {"en": "None", "zh-CN": "无"},
    "auto": {"en": "Automatic", "zh-CN": "自动"},
    "checkbox": {"en": "Tick box", "zh-CN": "复选框"},
    "switch": {"en": "Switch", "zh-CN": "开关"},
    "yes_no": {"en": "Yes / no", "zh-CN": "是/否"},
    "list": {"en": "List", "zh-CN": "列表"},
    "tiles": {"en": "Tiles", "zh-CN": "平铺"},
    "plain": {"en": "Plain", "zh-CN": "普通"},
    "primary": {"en": "Primary", "zh-CN": "主要"},
    "open": {"en": "Open a page", "zh-CN": "打开页面"},
    "html": {"en": "Formatted", "zh-CN": "带格式"},
    "code128": {"en": "Barcode", "zh-CN": "条形码"},
    "qr": {"en": "QR code", "zh-CN": "二维码"},
    "bolt": {"en": "Bolt", "zh-CN": "闪电"},
    "flag": {"en": "Flag", "zh-CN": "旗帜"},
    "heart": {"en": "Heart", "zh-CN": "爱心"},
    "star": {"en": "Star", "zh-CN": "星星"},
    "thumb-up": {"en": "Thumb", "zh-CN": "点赞"},
    "company": {"en": "Company name", "zh-CN": "公司名称"},
    "place": {"en": "Place", "zh-CN": "地名"},
    "lower": {"en": "Small letters", "zh-CN": "小写"},
    "upper": {"en": "Capitals", "zh-CN": "大写"},
    "nospaces": {"en": "Without blanks", "zh-CN": "去除空格"},
    "spaces": {"en": "One blank", "zh-CN": "合并空格"},
    "trim": {"en": "Trimmed", "zh-CN": "去首尾空格"},
    "width": {"en": "Full and half width", "zh-CN": "全角转半角"},
    "phone": {"en": "Phone number", "zh-CN": "电话号码"},
    "kind": {"en": "Kind", "zh-CN": "性质"},
    "won": {"en": "Won", "zh-CN": "赢单"},
    "lost": {"en": "Lost", "zh-CN": "输单"},
    "void": {"en": "Void", "zh-CN": "无效"},
    "rate": {"en": "Rate", "zh-CN": "赢率"},
    "stay": {"en": "Longest stay", "zh-CN": "最长停留"},
    "since": {"en": "Since when", "zh-CN": "进入时间"},
    "due": {"en": "Until when", "zh-CN": "到期时间"},
    "overdue": {"en": "Overdue", "zh-CN": "是否超期"},
    "rows": {"en": "Add a row each time", "zh-CN": "每次新增一行"},
    "quantity": {"en": "Raise the quantity", "zh-CN": "累加数量"},
    "field": {"en": "A field", "zh-CN": "字段"},
    "call": {"en": "Call a service", "zh-CN": "调用服务"},
    "zh-CN": {"en": "Chinese", "zh-CN": "中文"},
    "en": {"en": "English", "zh-CN": "英文"},
    "common": {"en": "Ordinary", "zh-CN": "普通"},
    "landline": {"en": "Landline", "zh-CN": "座机"},
    "mobile": {"en": "Mobile", "zh-CN": "手机"},
    "new_energy": {"en": "New energy", "zh-CN": "新能源"},
    "city": {"en": "City", "zh-CN": "市"},
    "detail": {"en": "Street", "zh-CN": "详细地址"},
    "district": {"en": "District", "zh-CN": "区县"},
    "province": {"en": "Province", "zh-CN": "省"},
    "record": {"en": "Record", "zh-CN": "记录"},
    "restrict": {"en": "Refuse", "zh-CN": "禁止删除"},
    "cascade": {"en": "Delete too", "zh-CN": "一并删除"},
    "eq": {"en": "is", "zh-CN": "等于"},
    "ne": {"en": "is not", "zh-CN": "不等于"},
    "in": {"en": "is one of", "zh-CN": "属于"},
    "nin": {"en": "is none of", "zh-CN": "不属于"},
    "between": {"en": "between", "zh-CN": "介于"},
    "contains": {"en": "contains", "zh-CN": "包含"},
    "ncontains": {"en": "does not contain", "zh-CN": "不包含"},
    "empty": {"en": "is blank", "zh-CN": "为空"},
    "ge": {"en": "at least", "zh-CN": "大于等于"},
    "gt": {"en": "more than", "zh-CN": "大于"},
    "le": {"en": "at most", "zh-CN": "小于等于"},
    "lt": {"en": "less than", "zh-CN": "小于"},
    "is_me": {"en": "is me", "zh-CN": "是我"},
    "my_department": {"en": "my department", "zh-CN": "我的部门"},
    "my_team": {"en": "my team", "zh-CN": "我的团队"},
    "relative": {"en": "relative", "zh-CN": "动态时间"},
    "starts": {"en": "starts with", "zh-CN": "开头是"},
    "under": {"en": "is under", "zh-CN": "下级"},
    "nunder": {"en": "is not under", "zh-CN": "非下级"},
    "within": {"en": "within", "zh-CN": "范围内"},
    "quarter": {"en": "Quarter", "zh-CN": "季度"},
    "week": {"en": "Week", "zh-CN": "周"},
    "always": {"en": "Always", "zh-CN": "始终"},
    "error": {"en": "Error", "zh-CN": "错误"},
    "user": {"en": "User", "zh-CN": "用户"},
}

_BY_NAME: Final[Mapping[str, str]] = {
    "form": "form",
    "set": "option_set",
    "title_field": "field",
    "subtitle_field": "field",
    "field": "field",
    "of": "field",
    "path": "path",
    "take": "path",
    "icon": "icon",
    "color": "color",
    "width": "width",
}
_WITH_VALUES: Final = ("color", "width")
"""The inputs of `_BY_NAME` that also stand for one of a list of values; any other list of values is a plain choice."""
_FIELD_LISTS: Final = ("columns", "totals", "fields")


@lru_cache(maxsize=4)
def panels(locale: str) -> dict[str, Any]:
    """Everything that the panels need in one language: types with their groups, and the schemas of form, field,
    section, tab and rule. Without secrets and the same for everybody."""
    properties = form_properties(locale)
    fields = {name: one for name, one in FORM_DEFINITIONS["field"]["properties"].items() if name != "fields"}
    return {
        "locale": locale,
        "groups": [{"key": key, "title": label(words, locale)} for key, words in GROUPS.items()],
        "types": [_type(kind, locale) for kind in FIELD_TYPES],
        "field": _localised("", {"type": "object", "properties": fields}, locale)["properties"],
        "form": {
            name: one
            for name, one in properties.items()
            if name not in ("fields", "sections", "tabs", "rules", "views", "related")
        },
        "section": _items(properties.get("sections")),
        "tab": _items(properties.get("tabs")),
        "rule": _items(properties.get("rules")),
    }


@lru_cache(maxsize=4)
def form_properties(locale: str) -> dict[str, Any]:
    """The schemas of all properties of a form, with their titles in one language."""
    found: dict[str, Any] = _localised("", {"type": "object", "properties": FORM_PROPERTIES}, locale)["properties"]
    return found


def _items(schema: Any) -> Any:
    return (schema or {}).get("items", {}).get("properties", {})


def _type(kind: FieldType, locale: str) -> dict[str, Any]:
    group = kind.group if kind.group in GROUPS else "advanced"
    return {
        "key": kind.key,
        "title": label(kind.title, locale),
        "titles": dict(kind.title),
        "description": label(kind.description, locale),
        "icon": kind.icon,
        "group": group,
        "options": _localised("", kind.options_schema, locale).get("properties", {}),
        "required": list(kind.required_options),
        "storage": kind.storage,
        "value": kind.formula.value,
        "in_subform": kind.in_subform,
        "may_be_unique": kind.may_be_unique,
        "may_be_encrypted": kind.may_be_encrypted,
        "may_be_masked": kind.key in MASKABLE,
        "has_placeholder": kind.key in WITH_PLACEHOLDER,
        "writable": kind.writable,
        "choices": kind.has_choices,
        "is_value": kind.is_value,
        "wide": kind.key in WIDE_TYPES,
        "operators": list(kind.operator_names),
    }


def _localised(name: str, schema: Any, locale: str, depth: int = 0) -> Any:
    """A schema with its words in one language, references followed, and hints for the input."""
    if not isinstance(schema, Mapping) or depth > DEPTH:
        return {}
    found = {**resolve(schema, {"$defs": FORM_DEFINITIONS}), **schema}
    found.pop("$ref", None)
    words = found.pop("x-zh", {})
    if locale.startswith("zh"):
        found |= {word: text for word, text in words.items() if word in ("title", "description")}
    hint = found.get("x-widget") or _hint(name, found)
    if hint:
        found["x-widget"] = hint
    if hint == "label":
        found.pop("anyOf", None)
    if "enum" in found and "x-words" not in found:
        found["x-words"] = {value: label(WORDS[value], locale) for value in found["enum"] if value in WORDS}
    elif "x-words" in found:
        found["x-words"] = {value: label(word, locale) for value, word in found["x-words"].items()}
    if isinstance(found.get("properties"), Mapping):
        found["properties"] = {key: _localised(key, one, locale, depth + 1) for key, one in found["properties"].items()}
    if isinstance(found.get("items"), Mapping):
        found["items"] = _localised(name, found["items"], locale, depth + 1)
    if isinstance(found.get("anyOf"), list):
        found["anyOf"] = [_localised(name, one, locale, depth + 1) for one in found["anyOf"]]
    return found


def _hint(name: str, schema: Mapping[str, Any]) -> str:
    if schema.get("anyOf") == LABEL_SCHEMA["anyOf"]:
        return "label"
    if schema.get("type") == "string" and schema.get("maxLength") == EXPRESSION_LENGTH:
        return "expression"
    if schema.get("type") == "array" and name in _FIELD_LISTS and schema.get("uniqueItems"):
        return "fields"
    if schema.get("type") in ("string", "integer") or "enum" in schema:
        found = _BY_NAME.get(name, "")
        return found if "enum" not in schema or found in _WITH_VALUES else ""
    return ""
