"""The person who acts, and where people stand: departments, superiors, roles. Nothing here may be stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, cast, func, literal
from sqlalchemy.dialects.postgresql import ARRAY

from engines.formula.functions.base import BLANK, Checking, Example, Function, coerce
from engines.formula.functions.logic import FIRST_PRESENT, OR
from engines.formula.functions.text import HAS
from engines.formula.sql.build import Element
from engines.formula.syntax import Apply, Name, Span
from engines.formula.tree import Call, FactValue, Node, Primitive, SqlValue
from engines.formula.types import NAMED_SCOPE, Facts, Type

_B, _L, _R, _T = Type.BOOLEAN, Type.LIST, Type.RECORD, Type.TEXT


def _id_text(value: Any) -> str | None:
    return None if value is None else str(value)


ID_TEXT = Primitive("id_text", _id_text, lambda value: cast(value.element, Text))
"""The id of a record as the text under which lists of people hold it."""


def above(departments: Mapping[int, tuple[int | None, str]], start: Any) -> list[int]:
    """A department and those it belongs to, innermost first. A circle ends it."""
    found: list[int] = []
    here = start
    while here is not None and here in departments and here not in found:
        found.append(here)
        here = departments[here][0]
    return found


def _within(facts: Facts, department: Any, wanted: str | None) -> bool:
    return wanted is not None and any(wanted == str(one) for one in above(facts.departments, department))


def _within_named(facts: Facts, department: Any, wanted: str | None) -> bool:
    known = facts.departments
    return wanted is not None and any(wanted == known[one][1] for one in above(known, department))


def _pairs(facts: Facts, department: SqlValue, wanted: SqlValue, named: bool) -> Element:
    """Which department lies in which is known here; the statement gets the pairs as one array."""
    known = facts.departments
    pairs = [f"{start}/{known[one][1] if named else one}" for start in sorted(known) for one in above(known, start)]
    asked = cast(department.element, Text).concat("/").concat(wanted.element)
    return func.coalesce(asked == func.any(literal(pairs, ARRAY(Text()))), False)


WITHIN = Primitive("within", _within, lambda f, a, b: _pairs(f, a, b, named=False), total=True, moment=True)
WITHIN_NAMED = Primitive(
    "within_named", _within_named, lambda f, a, b: _pairs(f, a, b, named=True), total=True, moment=True
)


def user_fact(key: str, type_: Type) -> Node:
    """Something about the person who acts."""
    return FactValue(("user", key), type_)


@dataclass(frozen=True)
class OfPerson(Function):
    """DEPT and MANAGER: of the person who acts, or of the person in a field."""

    fact: str = "main_department"
    ways: tuple[tuple[str, ...], ...] = (("department",),)
    """The fields of a member that lead to the answer; the first that is not blank counts."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """`F()` or `F(member field)`."""
        if not self.count_between(call, checker, 0, 1):
            return BLANK
        if not call.arguments:
            return user_fact(self.fact, _R)
        found = [follow(self, call, 0, way, checker) for way in self.ways]
        nodes = tuple(node for node in found if node is not None)
        if len(nodes) < len(self.ways):
            return BLANK
        return nodes[0] if len(nodes) == 1 else Call(FIRST_PRESENT, nodes, _R)

    def named(self, call: Apply, name: str, span: Span, checker: Checking) -> Node | None:
        """`F(member field).name`: the same of the department or superior of the person in a field."""
        if not call.arguments:
            return None
        ref = NAMED_SCOPE.field(name)
        if ref is None:
            message = f"There is no field {name}, only id and name"
            return checker.report("formula.unknown_name", span, message, name=name, suggestion=None)
        found = [follow(self, call, 0, (*way, ref.key), checker) for way in self.ways]
        nodes = tuple(node for node in found if node is not None)
        return nodes[0] if len(nodes) == 1 else Call(FIRST_PRESENT, nodes, ref.type)


def follow(function: Function, call: Apply, place: int, way: tuple[str, ...], checker: Checking) -> Node | None:
    """What a relation of the person in an argument leads to; None after reporting that it is no person."""
    argument = call.arguments[place]
    if isinstance(argument, Name):
        read = set(checker.references)
        path = checker.peek(argument)
        checker.references &= read  # the person is not read, only where the person stands
        scope = None if path is None else path.scopes[-1]
        if path is not None and path.type is _R and scope is not None and scope.field(way[0]) is not None:
            spans = (*argument.spans, *(argument.span for _ in way))
            return checker.check(Name((*argument.parts, *way), spans))
    given = checker.check(argument)
    message = f"Argument {place + 1} of {function.key} must be a field that holds a member"
    checker.report(
        "formula.member_field", argument.span, message, function=function.key, position=place + 1,
        given=given.type.value, given_label=given.type.words,
    )  # fmt: skip
    return None


@dataclass(frozen=True)
class HasRole(Function):
    """HASROLE."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """`HASROLE("role", …)`."""
        if not self.count_between(call, checker, 1, None):
            return BLANK
        asked = []
        for place, argument in enumerate(call.arguments):
            role = checker.check(argument)
            if role.type not in (_T, Type.BLANK):
                return self.wrong_type(call, checker, place, role.type, {_T})
            asked.append(Call(HAS, (user_fact("roles", _L), coerce(role, _T)), _B))
        return asked[0] if len(asked) == 1 else Call(OR, tuple(asked), _B)


@dataclass(frozen=True)
class InDepartment(Function):
    """INDEPT."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """`INDEPT(department, [member])`: a department field, or a department's name as text."""
        if not self.count_between(call, checker, 1, 2):
            return BLANK
        department = checker.check(call.arguments[0])
        if department.type not in (_R, _T, Type.BLANK):
            return self.wrong_type(call, checker, 0, department.type, {_R, _T})
        named = department.type is _T
        wanted = coerce(department, _T) if department.type is not _R else Call(ID_TEXT, (department,), _T)
        if len(call.arguments) == 1:
            known = user_fact("department_names" if named else "department_ids", _L)
            return Call(HAS, (known, wanted), _B)
        start = follow(self, call, 1, ("department",), checker)
        if start is None:
            return BLANK
        checker.needs_server = True
        return Call(WITHIN_NAMED if named else WITHIN, (start, wanted), _B)


@dataclass(frozen=True)
class Subordinates(Function):
    """SUBORDINATES."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """The people below the person who acts; `IN(owner, SUBORDINATES())` asks for one."""
        return user_fact("subordinates", _L) if self.count_between(call, checker, 0, 0) else BLANK


@dataclass(frozen=True)
class Among(Function):
    """IN: whether a value is one of several, or in a list."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """`IN(value, a, b, …)` or `IN(value, list)`."""
        if not self.count_between(call, checker, 2, None):
            return BLANK
        value = checker.check(call.arguments[0])
        asked: list[Node] = []
        for argument in call.arguments[1:]:
            other = checker.check(argument)
            if other.type is _L:
                item = Call(ID_TEXT, (value,), _T) if value.type is _R else coerce(value, _T)
                if item.type is not _T:
                    return self.wrong_type(call, checker, 0, value.type, {_T, _R})
                asked.append(Call(HAS, (other, item), _B))
                continue
            both = Apply("=", call.name_span, (call.arguments[0], argument), argument.span, call.depth, operator=True)
            same = checker.check(both)
            if same.type is Type.BLANK:
                return BLANK
            asked.append(same)
        return asked[0] if len(asked) == 1 else Call(OR, tuple(asked), _B)


def _examples(examples: dict[str, str]) -> tuple[Example, ...]:
    return tuple(Example(text, shows) for text, shows in examples.items())


FUNCTIONS: tuple[Function, ...] = (
    OfPerson(
        "DEPT",
        ("所在部门", "当前部门"),
        "people",
        "DEPT([member])",
        {
            "zh-CN": "当前操作人的主部门；给出成员字段时是该成员的主部门。可与部门字段比较，也可取 .name。",
            "en": "The main department of the person who acts or of the member in a field: compare it or take .name.",
        },
        _examples({"DEPT() = DEPT(owner)": "TRUE", "DEPT(owner).name": '"华东销售"'}),
        volatile=True,
    ),
    OfPerson(
        "MANAGER",
        ("直属上级", "上级"),
        "people",
        "MANAGER([member])",
        {
            "zh-CN": "当前操作人的直属上级；没有填写时是主部门的负责人。给出成员字段时是该成员的上级。都可取 .name。",
            "en": "The superior of the person who acts, else the head of the main department; or of the member in a"
            " field. Compare it or take .name.",
        },
        _examples({"MANAGER() = MANAGER(owner)": "TRUE", "MANAGER(owner).name": '"韩梅梅"'}),
        volatile=True,
        fact="manager",
        ways=(("manager",), ("department", "head")),
    ),
    HasRole(
        "HASROLE",
        ("有角色", "是否角色"),
        "people",
        'HASROLE("role", …)',
        {
            "zh-CN": "当前操作人是否有其中一个角色。",
            "en": "Whether the person who acts has one of these roles.",
        },
        _examples({'HASROLE("sales")': "TRUE", 'HASROLE("finance", "hr")': "FALSE"}),
        volatile=True,
    ),
    InDepartment(
        "INDEPT",
        ("属于部门", "在部门"),
        "people",
        "INDEPT(department, [member])",
        {
            "zh-CN": "当前操作人（或该成员）是否在此部门或其下级部门。部门写部门字段，或部门名称的文本。",
            "en": "Whether the person who acts (or the member) belongs to the department or one below it. Give a"
            " department field, or the name as a text.",
        },
        _examples({'INDEPT("华东销售")': "TRUE", 'INDEPT("销售部", owner)': "TRUE", 'INDEPT("财务部")': "FALSE"}),
        volatile=True,
    ),
    Subordinates(
        "SUBORDINATES",
        ("下属", "我的下属"),
        "people",
        "SUBORDINATES()",
        {
            "zh-CN": "当前操作人负责的部门（含下级）里的成员，配合 IN(负责人, SUBORDINATES()) 使用。",
            "en": "The members of the departments that the person who acts heads, with all below them; for"
            " IN(owner, SUBORDINATES()).",
        },
        _examples({"IN(owner, SUBORDINATES())": "FALSE", "COUNT(SUBORDINATES())": "2"}),
        volatile=True,
    ),
    Among(
        "IN",
        ("在其中",),
        "logic",
        "IN(value, a, b, …) / IN(value, list)",
        {
            "zh-CN": "值是否等于其中之一，或在列表中。",
            "en": "Whether the value equals one of the others, or is in a list.",
        },
        _examples({"IN(amount, 100, 120)": "TRUE", 'IN("vip", tags)': "TRUE", 'IN("", tags)': "FALSE"}),
    ),
)
