"""The schemas from which the designer draws its panels, in one language and without references.

Beside JSON Schema's own words they carry hints for the input: `x-widget` (label, expression, form, option_set, field,
path, icon, width, color) and `x-words` (what people call the values of an enum). A field type may write both itself.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from engines.form.fields import FIELD_TYPES
from engines.form.fields.base import FieldType
from engines.form.layout import WIDE_TYPES
from engines.form.schemas import FORM_DEFINITIONS, FORM_PROPERTIES
from engines.kernel.labels import LABEL_SCHEMA, label
from engines.kernel.schemas import resolve

EXPRESSION_LENGTH: Final = 10_000
DEPTH: Final = 12

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
_FIELD_LISTS: Final = ("columns", "totals", "fields")


@lru_cache(maxsize=4)
def panels(locale: str) -> dict[str, Any]:
    """Everything that the panels need in one language: types with their groups, and the schemas of form, field,
    section, tab and rule. Without secrets and the same for everybody."""
    form = _localised("", {"type": "object", "properties": FORM_PROPERTIES}, locale)
    fields = {name: one for name, one in FORM_DEFINITIONS["field"]["properties"].items() if name != "fields"}
    properties = form["properties"]
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
        "writable": kind.writable,
        "choices": kind.has_choices,
        "is_value": kind.is_value,
        "wide": kind.key in WIDE_TYPES,
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
        return _BY_NAME.get(name, "")
    return ""
