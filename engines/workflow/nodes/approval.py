"""Approval: people answer, one for all or all together."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from engines.kernel.documents import Label, described
from engines.kernel.problems import Conflict, Problem
from engines.workflow.facts import Facts
from engines.workflow.nodes.base import NEXT, Node, NodeType, Passing
from engines.workflow.people import PEOPLE

ACTIONS = ("approve", "reject", "return")


def _choice(*values: str) -> dict[str, Any]:
    return {"enum": list(values)}


LIMIT = described(
    {
        "type": "object",
        "properties": {
            "hours": described(
                {"type": "number", "exclusiveMinimum": 0, "maximum": 10_000},
                ("Working hours", "So many hours of work may pass before somebody answers."),
                ("工作小时", "应在多少个工作小时内处理。"),
            ),
            "calendar": described(
                {"type": "string", "minLength": 1, "maxLength": 40},
                (
                    "Calendar",
                    "The business calendar that the hours count along; without one that of the record or its"
                    " department.",
                ),
                ("日历", "这些小时按哪个工作日历计算；不填则用记录或其部门的日历。"),
            ),
            "tell": described(
                {"type": "array", "items": _choice("people", "submitter", "admins"), "uniqueItems": True},
                ("Tells", "Who hears of it once the time is over; the people who are asked if nothing is said."),
                ("提醒", "超时后提醒谁：`people` 处理人、`submitter` 发起人、`admins` 管理员；不写则提醒处理人。"),
            ),
        },
        "required": ["hours"],
        "additionalProperties": False,
    },
    ("Time limit", "How long an answer may take, in working hours; whoever is late is reminded."),
    ("处理时限", "应在多少个工作小时内处理，超时提醒。"),
)


class ApprovalNode(NodeType):
    """Rule `one`: the first answer decides. Rule `all`: all must approve and one rejection rejects.

    A return is one person's act and asks no rule (market practice: return is not reject).
    """

    key = "approval"
    title: ClassVar[Label] = {"en": "Approval", "zh-CN": "审批"}
    description: ClassVar[Label] = {
        "en": "People approve, reject or return the record.",
        "zh-CN": "由处理人同意、拒绝或退回记录。",
    }
    icon = "user-check"
    waits = True
    properties: ClassVar[Mapping[str, Any]] = {
        "people": PEOPLE,
        "rule": described(
            _choice("one", "all"),
            ("Rule", "`one`: the first answer decides. `all`: all must approve, one rejection rejects."),
            ("会签方式", "`one` 或签：第一个处理的人决定；`all` 会签：所有人同意才通过，一人拒绝即拒绝。"),
        ),
        "on_empty": described(
            _choice("admin", "pass"),
            ("Nobody found", "`admin`: administrators are asked. `pass`: the flow goes on."),
            ("找不到处理人时", "`admin` 转交管理员；`pass` 自动通过。"),
        ),
        "may": described(
            {"type": "array", "items": _choice(*ACTIONS), "uniqueItems": True, "contains": {"const": "approve"}},
            ("Actions", "What people may do here: `approve`, `reject`, `return`."),
            ("可用操作", "处理人可以进行的操作：同意、拒绝、退回。"),
        ),
        "return_to": described(
            _choice("start", "passed"),
            ("Return to", "`start`: to the submitter only. `passed`: also to any approval that was passed."),
            ("可退回到", "`start` 仅退回发起人；`passed` 还可退回已通过的审批节点。"),
        ),
        "after_return": described(
            _choice("walk", "jump"),
            ("After a return", "`walk`: the way is walked again. `jump`: the record comes straight back here."),
            ("退回后重新提交", "`walk` 重新依次流转；`jump` 直接回到本节点。"),
        ),
        "comment": described(
            {"type": "array", "items": _choice(*ACTIONS), "uniqueItems": True},
            ("Comment needed", "The actions that need a comment."),
            ("意见必填", "进行这些操作时必须填写意见。"),
        ),
        "fields": described(
            {
                "type": "object",
                "propertyNames": {"maxLength": 40},
                "additionalProperties": _choice("read", "edit", "required"),
            },
            (
                "Field rights",
                "What people may do with fields while they work on this task: `read`, `edit`, or `required` "
                "(must be filled in before they approve).",
            ),
            ("字段权限", "处理此任务时的字段权限：`read` 可见、`edit` 可编辑、`required` 同意前必填。"),
        ),
        "limit": LIMIT,
        "next": NEXT,
    }
    required = ("people", "next")

    def arrive(self, node: Node, facts: Facts) -> Passing:
        people = facts.people_of(node.key)
        if people:
            return Passing(ask=people)
        if node.options.get("on_empty", "admin") == "pass":
            return Passing(node.options["next"], say="nobody_passed")
        return self.ask_administrators(node, facts)

    def ask_administrators(self, node: Node, facts: Facts) -> Passing:
        """Administrators are asked because the rules find nobody. Raises `Conflict` when there are none either."""
        admins = facts.administrators(node.key)
        if not admins:
            message = f'Nobody can be asked at "{node.title("en")}": its rules find nobody, nor is there an admin'
            raise Conflict(Problem("flow.nobody", f"nodes.{node.key}.people", message, {"node": node.label}))
        return Passing(ask=admins, say="nobody_admin", params={"people": admins})

    def decide(
        self, node: Node, people: Sequence[int], answers: Mapping[int, str]
    ) -> Literal["approved", "rejected"] | None:
        """What the answers given so far amount to; None while it is open."""
        if "reject" in answers.values():
            return "rejected"
        approved = [person for person in people if answers.get(person) == "approve"]
        enough = bool(approved) if rule(node) == "one" else len(approved) == len(people)
        return "approved" if enough else None


def rule(node: Node) -> str:
    """`one` or `all`."""
    return str(node.options.get("rule", "one"))


def allowed(node: Node) -> tuple[str, ...]:
    """The actions that people may take at an approval."""
    return tuple(node.options.get("may", ACTIONS))


def limit_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """What a task of a node with these options keeps of its time limit."""
    limit = options.get("limit") or {}
    return {"within": limit.get("hours"), "along": limit.get("calendar")}
