"""What is not in the record: settings of the workspace and the person who acts."""

from dataclasses import dataclass

from engines.formula.functions.base import BLANK, Checking, Example, Function
from engines.formula.syntax import Apply
from engines.formula.tree import Constant, FactValue, Node
from engines.formula.types import Type


@dataclass(frozen=True)
class Setting(Function):
    """SETTING("key")."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """The key must be a literal text that names a setting."""
        if not self.count_between(call, checker, 1, 1):
            return BLANK
        key = checker.check(call.arguments[0])
        span = call.arguments[0].span
        if not (isinstance(key, Constant) and isinstance(key.value, str)):
            return checker.report("formula.setting_key", span, 'The setting must be named by a literal: SETTING("key")')
        kind = checker.setting_type(key.value)
        if kind is None:
            return checker.report("formula.unknown_setting", span, f"There is no setting {key.value}", name=key.value)
        return FactValue(("setting", key.value), kind)


@dataclass(frozen=True)
class CurrentUser(Function):
    """CURRENTUSER()."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """The person who acts, comparable with fields that hold people."""
        return FactValue(("user",), Type.RECORD) if self.count_between(call, checker, 0, 0) else BLANK


FUNCTIONS: tuple[Function, ...] = (
    Setting(
        "SETTING",
        ("设置",),
        "reference",
        'SETTING("key")',
        {
            "zh-CN": "工作区的参数。",
            "en": "A setting of the workspace.",
        },
        (Example('SETTING("vat_rate")', "0.13"),),
    ),
    CurrentUser(
        "CURRENTUSER",
        ("当前用户",),
        "reference",
        "CURRENTUSER()",
        {
            "zh-CN": "当前操作人，可与人员字段比较，也可取 .name 等。存储公式中不可用。",
            "en": "The person who acts; compare it with people, or take .name. Not in stored formulas.",
        },
        (Example("CURRENTUSER().name", '"李雷"'), Example("owner = CURRENTUSER()", "TRUE")),
        volatile=True,
    ),
)
