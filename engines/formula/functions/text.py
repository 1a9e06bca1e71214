"""Functions on texts. Characters are code points; see EXPRESSIONS.md, rules 8 and 9."""

from dataclasses import dataclass
from decimal import Decimal

from engines.formula import money, numbers, patterns, pieces, texts
from engines.formula.functions.base import (
    Checking,
    Example,
    Function,
    Parameter,
    Signature,
    calls,
    coerce,
)
from engines.formula.functions.operators import EQUAL, IS_BLANK, JOIN
from engines.formula.sql import build
from engines.formula.sql.build import dg
from engines.formula.syntax import Apply
from engines.formula.tree import Aggregate, Call, Constant, Node, Primitive
from engines.formula.types import Type

_T, _N, _B, _L = Type.TEXT, Type.NUMBER, Type.BOOLEAN, Type.LIST

LENGTH = Primitive("length", texts.length, build.length, total=True)
LEFT = Primitive("left", texts.left, dg("left", _T))
RIGHT = Primitive("right", texts.right, dg("right", _T))
MID = Primitive("mid", texts.mid, dg("mid", _T))
FIND = Primitive("find", texts.find, dg("find", _N))
UPPER = Primitive("upper", texts.upper, dg("upper", _T))
LOWER = Primitive("lower", texts.lower, dg("lower", _T))
TRIM = Primitive("trim", texts.trim, dg("trim", _T))
SUBSTITUTE = Primitive("substitute", texts.substitute, dg("substitute", _T))
SUBSTITUTE_NTH = Primitive("substitute_nth", pieces.substitute_nth, dg("substitute_nth", _T))
CONTAINS = Primitive("contains", texts.contains, build.contains, total=True)
HAS = Primitive("has", texts.has, build.has, total=True)
STARTS = Primitive("starts", texts.starts, build.starts, total=True)
ENDS = Primitive("ends", texts.ends, build.ends, total=True)
SAME = Primitive("same", texts.same, build.same, total=True)
PLAIN = Primitive("plain", numbers.plain, dg("plain", _T))
TO_NUMBER = Primitive("to_number", numbers.from_text, dg("to_number", _N))
RMB = Primitive("rmb", money.rmb, dg("rmb", _T))
FORMAT_NUMBER = Primitive("format_number", patterns.format_number, dg("format_number", _T))
FORMAT_DATE = Primitive("format_date", patterns.format_date, dg("format_date", _T))
FORMAT_INSTANT = Primitive("format_instant", patterns.format_instant, dg("format_instant", _T), zoned=True)

_text = Parameter("text", (_T,))
_part = Parameter("part", (_T,))
_count = Parameter("count", (_N,))
_one = Parameter("count", (_N,), Decimal(1))
_old, _new = Parameter("old", (_T,)), Parameter("new", (_T,))


def _signature(primitive: Primitive, result: Type, *parameters: Parameter) -> Signature:
    return Signature(parameters, result, calls(primitive, result))


@dataclass(frozen=True)
class TextOf(Function):
    """TEXT: a value as text, plainly or by a literal pattern."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """The pattern is read here, so that the back ends only fill it in."""
        if not self.count_between(call, checker, 1, 2):
            return Constant(None, _T)
        value = checker.check(call.arguments[0])
        allowed = {_T, _N, Type.DATE, Type.DATETIME}
        if value.type is Type.BLANK:
            return Constant(None, _T)
        if value.type not in allowed:
            return self.wrong_type(call, checker, 0, value.type, allowed)
        pattern: Node | None = checker.check(call.arguments[1]) if len(call.arguments) == 2 else None
        if pattern is None:
            return self._plain(value)
        written = pattern.value if isinstance(pattern, Constant) and isinstance(pattern.value, str) else None
        formatted = None if written is None else self._formatted(value, written)
        if formatted is not None:
            return formatted
        message = 'The pattern must be a literal text such as "0.00", "#,##0", "0%" or "yyyy-mm-dd" for a date'
        return checker.report("formula.pattern", call.arguments[1].span, message, given=written)

    def _plain(self, value: Node) -> Node:
        match value.type:
            case Type.NUMBER:
                return Call(PLAIN, (value,), _T)
            case Type.DATE:
                return self._formatted(value, "yyyy-mm-dd") or value
            case Type.DATETIME:
                return self._formatted(value, "yyyy-mm-dd hh:mm:ss") or value
            case _:
                return value

    def _formatted(self, value: Node, written: str) -> Node | None:
        match value.type:
            case Type.NUMBER:
                parts = patterns.number_pattern(written)
                if parts is None:
                    return None
                counts = [Constant(Decimal(n), _N) for n in (parts.whole_digits, parts.fewest, parts.most)]
                flags = [Constant(flag, _B) for flag in (parts.grouped, parts.percent)]
                edges = [Constant(edge or None, _T) for edge in (parts.before, parts.after)]
                return Call(FORMAT_NUMBER, (value, *counts, *flags, *edges), _T)
            case Type.DATE:
                pattern = patterns.date_pattern(written, with_time=False)
                return None if pattern is None else Call(FORMAT_DATE, (value, Constant(pattern, _T)), _T)
            case Type.DATETIME:
                pattern = patterns.date_pattern(written, with_time=True)
                return None if pattern is None else Call(FORMAT_INSTANT, (value, Constant(pattern, _T)), _T)
            case _:
                return None


@dataclass(frozen=True)
class IsBlank(Function):
    """ISBLANK: also of a sub-form, which is blank without rows."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """Anything may be asked."""
        if not self.count_between(call, checker, 1, 1):
            return Constant(False, _B)
        path = checker.peek(call.arguments[0])
        if path is not None and path.type is Type.RECORDS:
            rows = Aggregate("rows", path.steps, None, _N, path.up)
            return Call(EQUAL, (rows, Constant(Decimal(0), _N)), _B)
        return Call(IS_BLANK, (coerce(checker.check(call.arguments[0]), _T),), _B)


def _function(
    key: str, aliases: tuple[str, ...], usage: str, zh: str, en: str, examples: dict[str, str], *signatures: Signature
) -> Function:
    shown = tuple(Example(text, shows) for text, shows in examples.items())
    return Function(key, aliases, "text", usage, {"zh-CN": zh, "en": en}, shown, signatures)


FUNCTIONS: tuple[Function, ...] = (
    _function(
        "LEN",
        ("长度",),
        "LEN(text)",
        "文本的字符数；空为 0。",
        "The number of characters; 0 for blank.",
        {'LEN("斗拱 OK")': "5", 'LEN("")': "0", 'LEN("😀")': "1"},
        _signature(LENGTH, _N, _text),
    ),
    _function(
        "LEFT",
        ("左取",),
        "LEFT(text, [count])",
        "左边的若干个字符，默认 1 个；个数为负则为空。",
        "The first characters, one by default; blank for a negative count.",
        {'LEFT("斗拱结构", 2)': '"斗拱"', 'LEFT("abc")': '"a"', 'LEFT("abc", -1)': "blank"},
        _signature(LEFT, _T, _text, _one),
    ),
    _function(
        "RIGHT",
        ("右取",),
        "RIGHT(text, [count])",
        "右边的若干个字符，默认 1 个。",
        "The last characters, one by default.",
        {'RIGHT("13800001234", 4)': '"1234"', 'RIGHT("abc", 9)': '"abc"'},
        _signature(RIGHT, _T, _text, _one),
    ),
    _function(
        "MID",
        ("截取",),
        "MID(text, start, count)",
        "从第 start 个字符起取 count 个。",
        "So many characters from a place, counted from 1.",
        {'MID("110101199003071234", 7, 8)': '"19900307"', 'MID("abc", 0, 1)': "blank"},
        _signature(MID, _T, _text, Parameter("start", (_N,)), _count),
    ),
    _function(
        "FIND",
        ("查找",),
        "FIND(part, text, [start])",
        "首次出现的位置，从 1 数起；没有则为空（Excel 报错）。",
        "The place of the first occurrence, counted from 1; blank if there is none (Excel: an error).",
        {'FIND("@", "li@example.com")': "3", 'FIND("x", "abc")': "blank", 'FIND("a", "abca", 2)': "4"},
        _signature(FIND, _N, _part, _text, Parameter("start", (_N,), Decimal(1))),
    ),
    _function(
        "UPPER",
        ("转大写",),
        "UPPER(text)",
        "字母转大写，一个字母对一个字母。",
        "Capital letters, one for one.",
        {'UPPER("abc-é")': '"ABC-É"', 'UPPER("ß")': '"ß"'},
        _signature(UPPER, _T, _text),
    ),
    _function(
        "LOWER",
        ("转小写",),
        "LOWER(text)",
        "字母转小写，一个字母对一个字母。",
        "Small letters, one for one.",
        {'LOWER("ABC")': '"abc"'},
        _signature(LOWER, _T, _text),
    ),
    _function(
        "TRIM",
        ("去空格",),
        "TRIM(text)",
        "去掉两端空白，含全角空格；中间的空白保留（Excel 会合并）。",
        "Without the spaces at both ends, wide ones included; those inside stay (Excel reduces them).",
        {'TRIM("　a b ")': '"a b"', 'TRIM("  ")': "blank"},
        _signature(TRIM, _T, _text),
    ),
    _function(
        "SUBSTITUTE",
        ("替换",),
        "SUBSTITUTE(text, old, new, [occurrence])",
        "替换所有出现之处，或只替换第几处。",
        "Replaces every occurrence, or only one of them.",
        {'SUBSTITUTE("a-b-c", "-", "/")': '"a/b/c"', 'SUBSTITUTE("Quarter 1, 2011", "1", "2", 3)': '"Quarter 1, 2012"'},
        _signature(SUBSTITUTE, _T, _text, _old, _new),
        _signature(SUBSTITUTE_NTH, _T, _text, _old, _new, Parameter("occurrence", (_N,))),
    ),
    _function(
        "CONCAT",
        ("CONCATENATE", "拼接"),
        "CONCAT(text, …)",
        "依次连接文本，空略过；同 &。",
        "Joins texts, skipping blanks; the same as &.",
        {'CONCAT("a", "", "b")': '"ab"'},
        Signature((), _T, calls(JOIN, _T), rest=_text),
    ),
    TextOf(
        "TEXT",
        ("转文本", "STRING"),
        "text",
        "TEXT(value, [pattern])",
        {
            "zh-CN": "数字、日期转为文本。数字默认不补零；格式如 0.00、#,##0、0%、yyyy-mm-dd hh:mm、yyyy年m月d日。",
            "en": 'A number or date as text. Plainly, or by a pattern: "0.00", "#,##0", "0%", "yyyy-mm-dd hh:mm".',
        },
        (
            Example("TEXT(1.50)", '"1.5"'),
            Example('TEXT(1234.5, "#,##0.00")', '"1,234.50"'),
            Example('TEXT(0.125, "0.0%")', '"12.5%"'),
            Example('TEXT(DATE(2024, 3, 5), "yyyy年m月d日")', '"2024年3月5日"'),
            Example('TEXT(created, "hh:mm")', '"16:30"'),
        ),
    ),
    _function(
        "VALUE",
        ("转数字", "NUMBER"),
        "VALUE(text)",
        "文本转数字，可带千分位和百分号；不是数字则为空。",
        "The number that a text writes, also with commas or a percent sign; else blank.",
        {'VALUE("12.50")': "12.5", 'VALUE("1,234.5")': "1234.5", 'VALUE("12%")': "0.12", 'VALUE("12元")': "blank"},
        _signature(TO_NUMBER, _N, _text),
    ),
    _function(
        "CONTAINS",
        ("包含", "INCLUDE"),
        "CONTAINS(text, part)",
        "文本是否包含一段文字，或多选是否选中一项。",
        "Whether a text contains another, or a list has an item.",
        {'CONTAINS("斗拱平台", "平台")': "TRUE", 'CONTAINS(tags, "vip")': "TRUE", 'CONTAINS("", "a")': "FALSE"},
        _signature(CONTAINS, _B, _text, _part),
        _signature(HAS, _B, Parameter("list", (_L,)), _part),
    ),
    _function(
        "STARTSWITH",
        ("开头是", "STARTS"),
        "STARTSWITH(text, part)",
        "文本是否以此开头。",
        "Whether the text begins with the part.",
        {'STARTSWITH("SO-001", "SO")': "TRUE"},
        _signature(STARTS, _B, _text, _part),
    ),
    _function(
        "ENDSWITH",
        ("结尾是", "ENDS"),
        "ENDSWITH(text, part)",
        "文本是否以此结尾。",
        "Whether the text ends with the part.",
        {'ENDSWITH("a.pdf", ".pdf")': "TRUE"},
        _signature(ENDS, _B, _text, _part),
    ),
    IsBlank(
        "ISBLANK",
        ("为空", "ISEMPTY"),
        "text",
        "ISBLANK(value)",
        {
            "zh-CN": "是否为空；没有行的子表也为空。",
            "en": "Whether there is no value; a sub-form without rows is blank.",
        },
        (Example('ISBLANK("")', "TRUE"), Example("ISBLANK(0)", "FALSE"), Example("ISBLANK(lines)", "FALSE")),
    ),
    _function(
        "SAME",
        ("相同",),
        "SAME(a, b)",
        "忽略大小写、全半角和两端空白后是否相同。",
        "Whether two texts are equal when case, width and outer spaces do not matter.",
        {'SAME("ＡＢＣ ", "abc")': "TRUE"},
        _signature(SAME, _B, Parameter("a", (_T,)), Parameter("b", (_T,))),
    ),
    _function(
        "RMBCAP",
        ("人民币大写",),
        "RMBCAP(number)",
        "金额的人民币大写，四舍五入到分；一亿亿元及以上为空。",
        "An amount in capital Chinese characters, rounded to fen; blank from 1e16 on.",
        {"RMBCAP(120.5)": '"壹佰贰拾元伍角整"', "RMBCAP(100001.05)": '"壹拾万零壹元零伍分"', "RMBCAP(0)": '"零元整"'},
        _signature(RMB, _T, Parameter("number", (_N,))),
    ),
)
