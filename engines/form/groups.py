"""The kinds of documents beside forms: option sets, roles, permission groups, parameters, menus."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, ClassVar, Final

from engines.form.checks import compiled
from engines.form.fields.choice import CHOICE_LIST
from engines.form.fields.links import MEMBER
from engines.form.form import Form
from engines.form.references import PEOPLE, OwnFields
from engines.form.schema_parts import EXPRESSION, FORM_KEY, ICON, TITLE, keyed
from engines.formula import Place, compile_expression
from engines.kernel.documents import Document, DocumentKind, Label, Reference, described, key_schema, label_schema
from engines.kernel.layers import Effective
from engines.kernel.problems import NotFound, Problem, ProblemError, suggest

MASKED: Final = ("unmask", "reveal")
"""Rights of a group on masked fields: all read in full, or shown one at a time."""
OPERATIONS: Final = ("read", "create", "update", "delete", "export", "import", "submit")
SCOPES: Final = ("own", "team", "department", "all")
SETTING_KINDS: Final = ("number", "text", "boolean", "date", "choice")
PAGES: Final = ("home", "todo", "notifications", "reports")


def names(en: tuple[str, str], zh: tuple[str, str]) -> dict[str, Any]:
    """A list of distinct keys."""
    item = {"type": "string", "minLength": 1, "maxLength": 60}
    return described({"type": "array", "items": item, "uniqueItems": True, "maxItems": 500}, en, zh)


class OptionSetKind(DocumentKind):
    """Options that several fields share."""

    key = "option_set"
    title: ClassVar[Label] = {"en": "Option set", "zh-CN": "选项集"}
    description: ClassVar[Label] = {
        "en": "Options that several fields share.",
        "zh-CN": "多个字段共用的选项。",
    }
    properties: ClassVar[Mapping[str, Any]] = {
        "title": TITLE,
        "choices": described(CHOICE_LIST, ("Options", "The options in their order."), ("选项", "按顺序列出的选项。")),
    }
    required = ("title", "choices")


class RoleKind(DocumentKind):
    """What somebody is in the company."""

    key = "role"
    title: ClassVar[Label] = {"en": "Role", "zh-CN": "角色"}
    description: ClassVar[Label] = {
        "en": "What somebody is in the company; permission groups and flows name roles.",
        "zh-CN": "人在公司中的角色，权限组和流程都会引用。",
    }
    properties: ClassVar[Mapping[str, Any]] = {
        "title": TITLE,
        "description": label_schema(("Description", "What people with this role do."), ("说明", "此角色的职责。")),
    }
    required = ("title",)


class ParametersKind(DocumentKind):
    """Numbers that people argue about, changed by an administrator without publishing."""

    key = "parameters"
    title: ClassVar[Label] = {"en": "Parameters", "zh-CN": "参数"}
    description: ClassVar[Label] = {
        "en": "Settings that an administrator changes on one page; expressions read them with SETTING.",
        "zh-CN": "管理员在一个页面上修改的设置，表达式用 SETTING 读取。",
    }
    properties: ClassVar[Mapping[str, Any]] = {
        "title": TITLE,
        "settings": described(
            keyed(
                {
                    "type": described(
                        {"enum": list(SETTING_KINDS)},
                        ("Type", "What kind of value it is."),
                        ("类型", "值的类型。"),
                    ),
                    "title": TITLE,
                    "help": label_schema(("Help", "What it decides."), ("说明", "它决定什么。")),
                    "unit": label_schema(("Unit", "Shown behind the value."), ("单位", "显示在值后面。")),
                    "default": described(
                        {"type": ["string", "number", "boolean"]},
                        ("Default", "The value until somebody changes it; a day as 2026-06-05."),
                        ("默认值", "未修改前的值；日期写作 2026-06-05。"),
                    ),
                    "choices": described(
                        CHOICE_LIST,
                        ("Options", "Of a choice."),
                        ("选项", "选择类参数的选项。"),
                    ),
                },
                ("type", "title"),
            ),
            ("Settings", "The settings in their order."),
            ("设置项", "按顺序列出的设置项。"),
        ),
    }
    required = ("title", "settings")

    def check(self, document: Document, effective: Effective) -> Iterable[Problem]:
        """Defaults fit their types, and a setting is declared once in an app."""
        taken = {
            one["key"]: other["key"]
            for other in effective.of_kind("parameters")
            if other["key"] < document["key"]
            for one in other["settings"]
        }
        for one in document["settings"]:
            path = f"settings.{one['key']}"
            if one["key"] in taken:
                message = f'"{one["key"]}" is already declared in "{taken[one["key"]]}"'
                yield Problem("parameters.twice", path, message, {"key": one["key"], "in": taken[one["key"]]})
            if "default" in one and not _fits(one):
                message = f"The default is not a {one['type']}"
                yield Problem("parameters.default", f"{path}.default", message, {"type": one["type"]})


def _fits(setting: Mapping[str, Any]) -> bool:
    value = setting["default"]
    match setting["type"]:
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "choice":
            return value in [one["key"] for one in setting.get("choices", ())]
        case "date":
            try:
                return isinstance(value, str) and bool(date.fromisoformat(value))
            except ValueError:
                return False
        case _:
            return isinstance(value, str)


def _alternative(name: str, schema: Mapping[str, Any], **more: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: schema, **more},
        "required": [name],
        "additionalProperties": False,
    }


ROWS: Final = described(
    {
        "type": "array",
        "maxItems": 20,
        "x-value": True,
        "items": {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 2,
            "properties": {
                "scope": described(
                    {"enum": list(SCOPES)},
                    ("Scope", "Own records, those of the team, of the department, or all."),
                    ("范围", "本人、团队、部门或全部记录。"),
                ),
                "where": described(
                    EXPRESSION,
                    ("Condition", "Records for which this holds."),
                    ("条件", "满足此条件的记录。"),
                ),
                "inherit": key_schema(
                    40,
                    ("Inherit", "Visible when the record that this relation points at is."),
                    ("继承", "此关联字段指向的记录可见时可见。"),
                ),
                "member": described(
                    {"type": "string", "minLength": 1, "maxLength": 200},
                    ("Member of", "A member or department field, also of a related record or its rows."),
                    ("成员", "成员或部门字段，可以是关联记录或其子表中的字段。"),
                ),
                "until": described(
                    {"type": "string", "minLength": 1, "maxLength": 200},
                    ("Until", "Beside member: a date after which the membership ends; blank means for ever."),
                    ("截止", "与成员同用：日期字段，过后失效；为空表示长期。"),
                ),
            },
            "additionalProperties": False,
        },
    },
    ("Rows", "Which records; any one of the alternatives is enough."),
    ("数据范围", "哪些记录；满足任意一项即可。"),
)


class GroupKind(DocumentKind):
    """Who may do what in which records of a form, and on which fields."""

    key = "group"
    title: ClassVar[Label] = {"en": "Permission group", "zh-CN": "权限组"}
    description: ClassVar[Label] = {
        "en": "Who may do what in which records of a form, and which fields they see.",
        "zh-CN": "谁可以对表单的哪些记录做什么，能看到哪些字段。",
    }
    properties: ClassVar[Mapping[str, Any]] = {
        "title": TITLE,
        "form": described(
            {"type": "string", "pattern": "^(_member|_department|[a-z](_?[a-z0-9])*)$", "maxLength": FORM_KEY},
            ("Form", "The form that the rights are about."),
            ("表单", "权限所针对的表单。"),
        ),
        "members": described(
            {
                "type": "object",
                "properties": {
                    "roles": names(("Roles", "Everybody with one of these roles."), ("角色", "拥有这些角色的人。")),
                    "departments": described(
                        {"type": "array", "items": {"type": ["string", "integer"]}, "uniqueItems": True},
                        ("Departments", "Everybody in one of these departments."),
                        ("部门", "属于这些部门的人。"),
                    ),
                    "people": described(
                        {"type": "array", "items": {"type": ["string", "integer"]}, "uniqueItems": True},
                        ("People", "These members."),
                        ("成员", "这些成员。"),
                    ),
                    "everyone": described(
                        {"type": "boolean"},
                        ("Everyone", "All members of the workspace."),
                        ("所有人", "工作区的全部成员。"),
                    ),
                },
                "additionalProperties": False,
            },
            ("Members", "Who belongs to the group."),
            ("成员", "谁属于此权限组。"),
        ),
        "operations": described(
            {"type": "array", "items": {"enum": list(OPERATIONS)}, "uniqueItems": True},
            ("Operations", "What they may do."),
            ("操作", "可以做什么。"),
        ),
        "rows": ROWS,
        "fields": described(
            {
                "type": "object",
                "additionalProperties": described(
                    {"enum": ["edit", "read", "hidden"]},
                    ("Right", "Edit, read or hidden."),
                    ("权限", "可编辑、只读或隐藏。"),
                ),
            },
            ("Fields", 'Rights by field; "*" stands for the rest and is hidden when it is missing.'),
            ("字段权限", "按字段设置的权限；“*”代表其余字段，缺省为隐藏。"),
        ),
        "unmask": names(
            ("Read in full", "Masked fields that they read in full, in the rows of the group."),
            ("查看完整内容", "在本组的记录范围内可以查看完整内容的脱敏字段。"),
        ),
        "reveal": names(
            ("Show one at a time", "Masked fields that they may have shown, one value at a time; each is logged."),
            ("逐条显示", "可以逐条点击显示完整内容的脱敏字段；每次显示都会记入日志。"),
        ),
    }
    required = ("title", "form", "members", "operations", "rows")

    def references(self, document: Document) -> Iterable[Reference]:
        """The form, its fields, the roles."""
        form = document["form"]
        for role in document["members"].get("roles", ()):
            yield Reference("role", role, at=f"members.roles.{role}")
        if form in PEOPLE:
            return
        yield Reference("form", form, at="form")
        for name in (*document.get("fields", {}), *(one for part in MASKED for one in document.get(part, ()))):
            if name != "*" and not name.startswith("_"):
                path = "fields." + ".fields.".join(name.split("."))
                yield Reference("form", form, path, f"fields.{name}")
        for row in document["rows"]:
            yield from _row_references(form, row)

    def check(self, document: Document, effective: Effective) -> Iterable[Problem]:
        """The conditions compile, relations and member paths exist, field rights name fields."""
        try:
            form = compiled(effective).forms.get(document["form"], "form")
        except NotFound as error:
            return error.problems
        return list(_group_problems(form, document))


def _row_references(form: str, row: Mapping[str, Any]) -> Iterator[Reference]:
    if "inherit" in row and not row["inherit"].startswith("_"):
        yield Reference("form", form, f"fields.{row['inherit']}", "rows")
    for part in ("member", "until"):
        name = row.get(part, "_").split(".")[0]
        if not name.startswith("_"):
            yield Reference("form", form, f"fields.{name}", "rows")
    if "where" in row:
        yield from OwnFields(form, {}).settings(row["where"], "rows")


def _group_problems(form: Form, document: Document) -> Iterator[Problem]:
    for name in document.get("fields", {}):
        if name != "*":
            try:
                form.at(name) if "." in name else form.get(name)
            except NotFound as error:
                yield from (Problem(p.code, f"fields.{name}", p.message, p.params) for p in error.problems)
    named = [(part, index, name) for part in MASKED for index, name in enumerate(document.get(part, ()))]
    for part, index, name in named:
        try:
            one = form.at(name) if "." in name else form.get(name)
        except NotFound as error:
            yield from (Problem(p.code, f"{part}[{index}]", p.message, p.params) for p in error.problems)
            continue
        if one.mask is None:
            message = f"{one.label()} is not masked"
            yield Problem("group.not_masked", f"{part}[{index}]", message, {"label": one.label()})
    for index, row in enumerate(document["rows"]):
        path = f"rows[{index}]"
        if len(row.keys() - {"until"}) != 1 or ("until" in row and "member" not in row):
            message = "Needs exactly one of scope, where, inherit and member; until stands beside member"
            yield Problem("group.row", path, message, {"keys": sorted(row)})
        if "where" in row:
            try:
                compile_expression(row["where"], form, place=Place.FILTER)
            except ProblemError as error:
                yield from (problem.under(f"{path}.where") for problem in error.problems)
        if "inherit" in row:
            yield from _inherits(form, row["inherit"], f"{path}.inherit")
        for part in ("member", "until"):
            if part in row:
                yield from _leads(form, row[part], f"{path}.{part}", part)


def _inherits(form: Form, key: str, path: str) -> Iterator[Problem]:
    try:
        field = form.get(key, path)
    except NotFound as error:
        yield from error.problems
        return
    target = field.type.target_form(field)
    if not field.parts and (target is None or target in PEOPLE):
        message = f"{field.label()} is no relation to a form"
        yield Problem("group.no_relation", path, message, {"field": key})


def _leads(form: Form, text: str, path: str, part: str) -> Iterator[Problem]:
    """A path to people (or to a date), through relations and at most one sub-form's rows."""
    scope: Any = form.scope
    parts = text.split(".")
    for index, name in enumerate(parts):
        found = scope.field(name) if scope is not None else None
        if found is None:
            known = list(scope.names()) if scope is not None else []
            message = f'There is no field "{name}"{suggest(name, known)}'
            yield Problem("field.unknown", path, message, {"key": name, "known": known})
            return
        last = index == len(parts) - 1
        if found.within is not None and not last:
            scope = found.within
            continue
        kind = found.type.value
        if last and part == "until" and kind not in ("date", "datetime"):
            yield Problem("group.no_date", path, f'"{text}" is no date', {"path": text})
        key = getattr(found.target, "key", None)
        if last and part == "member" and key not in PEOPLE:
            message = f'"{text}" does not lead to a member or a department'
            yield Problem("group.no_member", path, message, {"path": text, "example": MEMBER})
        scope = found.target


MENU_TARGETS: Final = described(
    {
        "anyOf": [
            _alternative(
                "form",
                key_schema(FORM_KEY, ("Form", "The list of this form."), ("表单", "打开此表单的列表。")),
                view=key_schema(40, ("View", "One of its views."), ("视图", "表单的某个视图。")),
            ),
            _alternative(
                "dashboard",
                key_schema(40, ("Dashboard", "This dashboard."), ("仪表盘", "打开此仪表盘。")),
            ),
            _alternative(
                "page",
                described({"enum": list(PAGES)}, ("Page", "A page of the system."), ("页面", "系统页面。")),
            ),
        ]
    },
    ("Target", "Where it leads."),
    ("目标", "点击后去哪里。"),
)


class MenuKind(DocumentKind):
    """What an app's navigation shows."""

    key = "menu"
    title: ClassVar[Label] = {"en": "Menu", "zh-CN": "菜单"}
    description: ClassVar[Label] = {"en": "The entries of an app's navigation.", "zh-CN": "应用导航中的条目。"}
    properties: ClassVar[Mapping[str, Any]] = {
        "title": TITLE,
        "items": described(
            keyed(
                {
                    "title": TITLE,
                    "icon": ICON,
                    "target": MENU_TARGETS,
                    "roles": names(
                        ("Roles", "Only people with one of these roles see it."),
                        ("角色", "只有这些角色能看到。"),
                    ),
                },
                ("title", "target"),
            ),
            ("Entries", "The entries in their order."),
            ("条目", "按顺序列出的条目。"),
        ),
    }
    required = ("items",)

    def references(self, document: Document) -> Iterable[Reference]:
        """Where the entries lead."""
        for item in document["items"]:
            target, at = item["target"], f"items.{item['key']}.target"
            if "form" in target:
                yield Reference("form", target["form"], at=at)
                if "view" in target:
                    yield Reference("form", target["form"], f"views.{target['view']}", f"{at}.view")
            if "dashboard" in target:
                yield Reference("dashboard", target["dashboard"], at=at)
            for role in item.get("roles", ()):
                yield Reference("role", role, at=f"items.{item['key']}.roles.{role}")
