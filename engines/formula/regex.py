"""Regular expressions with a time that grows with the text only: a subset, matched by an automaton.

Read once, when the expression is compiled, into a program of few instructions; the browser
(`platform/ui/src/formula/regex.ts`) runs the same program. There is nothing that goes back in the text, so no back
references and no looking around.

A program is instructions joined by spaces: `=97-122,48` one of these characters, `!10` any other one, `>3,1` go on at
both (the first is preferred), `^` and `$` the edges of the text, `.` the end of the match.
"""

from dataclasses import dataclass
from functools import lru_cache

MAX_STEPS = 400
"""Instructions of a program."""
MAX_WORK = 100_000
"""Instructions times characters: a longer text does not match."""
_LAST = 0x10FFFF
_CLASSES: dict[str, list[tuple[int, int]]] = {
    "d": [(48, 57)],
    "w": [(48, 57), (65, 90), (95, 95), (97, 122)],
    "s": [(9, 13), (32, 32), (0x85, 0x85), (0xA0, 0xA0), (0x2000, 0x200A), (0x3000, 0x3000)],
}
_SIGNS = {"n": "\n", "t": "\t", "r": "\r"}


class Unreadable(ValueError):
    """The pattern uses what the subset does not have, or is too large."""

    def __init__(self, reason: str, in_chinese: str) -> None:
        super().__init__(reason)
        self.words = {"en": reason, "zh-CN": in_chinese}


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a program whose jumps count from its own start."""

    steps: tuple[tuple[str, tuple[int, ...]], ...]


def _moved(part: _Part, by: int) -> tuple[tuple[str, tuple[int, ...]], ...]:
    return tuple((sign, tuple(n + by for n in numbers) if sign == ">" else numbers) for sign, numbers in part.steps)


def _chain(*parts: _Part) -> _Part:
    steps: list[tuple[str, tuple[int, ...]]] = []
    for part in parts:
        steps += _moved(part, len(steps))
        if len(steps) > MAX_STEPS:
            raise Unreadable("the pattern is too large", "太长")
    return _Part(tuple(steps))


def _either(first: _Part, second: _Part) -> _Part:
    split = _Part(((">", (1, len(first.steps) + 2)),))
    leave = _Part(((">", (1 + len(second.steps),)),))
    return _chain(split, first, leave, second)


def _optional(part: _Part, lazy: bool) -> _Part:
    ways = (1, len(part.steps) + 1)
    return _chain(_Part(((">", ways[::-1] if lazy else ways),)), part)


def _repeated(part: _Part, lazy: bool) -> _Part:
    """One or more."""
    size = len(part.steps)
    ways = (-size, 1)
    return _chain(part, _Part(((">", ways[::-1] if lazy else ways),)))


class _Reader:
    """Recursive descent over the pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.place = 0

    def whole(self) -> _Part:
        part = self.alternatives(0)
        if self.place < len(self.pattern):
            raise Unreadable("a closing parenthesis without an opening one", "多了右括号")
        return part

    def peek(self) -> str:
        return self.pattern[self.place : self.place + 1]

    def take(self) -> str:
        sign = self.peek()
        self.place += 1
        return sign

    def alternatives(self, depth: int) -> _Part:
        if depth > 20:
            raise Unreadable("nested too deeply", "嵌套太深")
        part = self.sequence(depth)
        if self.peek() != "|":
            return part
        self.take()
        return _either(part, self.alternatives(depth))

    def sequence(self, depth: int) -> _Part:
        part = _Part(())
        while self.peek() not in ("", "|", ")"):
            part = _chain(part, self.counted(self.atom(depth)))
        return part

    def atom(self, depth: int) -> _Part:
        sign = self.take()
        if sign == "(":
            if self.pattern.startswith("?:", self.place):
                self.place += 2
            elif self.peek() == "?":
                raise Unreadable("(?…) is not in the subset", "不支持 (?…)")
            part = self.alternatives(depth + 1)
            if self.take() != ")":
                raise Unreadable("a parenthesis is not closed", "括号没有闭合")
            return part
        if sign in ("^", "$"):
            return _Part(((sign, ()),))
        if sign in ("*", "+", "?", "{"):
            raise Unreadable(f"nothing to repeat before {sign}", f"{sign} 前面没有可重复的内容")
        if sign == ".":
            return _one([(10, 10)], negated=True)
        if sign == "[":
            return self.choice()
        return _one(*self.escaped()) if sign == "\\" else _one([(ord(sign), ord(sign))])

    def escaped(self) -> tuple[list[tuple[int, int]], bool]:
        sign = self.take()
        if not sign:
            raise Unreadable("nothing after the last backslash", "反斜杠后面没有字符")
        if sign.lower() in _CLASSES:
            return _CLASSES[sign.lower()], sign.isupper()
        if sign in _SIGNS:
            return [(ord(_SIGNS[sign]), ord(_SIGNS[sign]))], False
        if sign.isascii() and sign.isalnum():
            raise Unreadable(f"\\{sign} is not in the subset", f"不支持 \\{sign}")
        return [(ord(sign), ord(sign))], False

    def choice(self) -> _Part:
        negated = self.peek() == "^"
        self.place += negated
        found: list[tuple[int, int]] = []
        first = True
        while first or self.peek() != "]":
            first = False
            low = self.limit(found)
            if low is None:
                continue
            if self.peek() == "-" and self.pattern[self.place + 1 : self.place + 2] not in ("]", ""):
                self.take()
                high = self.limit(found)
                if high is None or high < low:
                    raise Unreadable("a range must end after it begins", "字符范围的终点应不小于起点")
                found.append((low, high))
            else:
                found.append((low, low))
        self.take()
        return _one(found, negated)

    def limit(self, found: list[tuple[int, int]]) -> int | None:
        """A character of a choice; None after a class such as `\\d`, which is noted at once."""
        sign = self.take()
        if not sign:
            raise Unreadable("a bracket is not closed", "方括号没有闭合")
        if sign != "\\":
            return ord(sign)
        ranges, negated = self.escaped()
        if len(ranges) == 1 and ranges[0][0] == ranges[0][1] and not negated:
            return ranges[0][0]
        found += _others(ranges) if negated else ranges
        return None

    def counted(self, part: _Part) -> _Part:
        sign = self.peek()
        if sign not in ("*", "+", "?", "{"):
            return part
        self.take()
        low, high = {"*": (0, -1), "+": (1, -1), "?": (0, 1)}.get(sign) or self.bounds()
        lazy = self.peek() == "?"
        self.place += lazy
        if self.peek() in ("*", "+", "?", "{"):
            raise Unreadable("repeated twice", "不能连续重复")
        if max(low, high) * len(part.steps) > MAX_STEPS:
            raise Unreadable("the pattern is too large", "太长")
        required = [part] * low
        if high < 0:
            return _chain(*required[:-1], _repeated(part, lazy)) if low else _optional(_repeated(part, lazy), lazy)
        rest = _Part(())
        for _ in range(high - low):
            rest = _optional(_chain(part, rest), lazy)
        return _chain(*required, rest)

    def bounds(self) -> tuple[int, int]:
        end = self.pattern.find("}", self.place)
        low, comma, high = self.pattern[self.place : end].partition(",")
        if end < 0 or not _is_count(low) or (high and not _is_count(high)):
            raise Unreadable("a repetition is {2}, {2,} or {2,5}", "重复应写作 {2}、{2,} 或 {2,5}")
        self.place = end + 1
        bounds = int(low), int(high) if high else -1 if comma else int(low)
        if 0 <= bounds[1] < bounds[0]:
            raise Unreadable("a repetition must not end below its beginning", "重复的上限应不小于下限")
        return bounds


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 3


def _one(ranges: list[tuple[int, int]], negated: bool = False) -> _Part:
    return _Part((("!" if negated else "=", tuple(end for pair in ranges for end in pair)),))


def _others(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found, low = [], 0
    for start, end in sorted(ranges):
        found.append((low, start - 1))
        low = end + 1
    return [*found, (low, _LAST)]


def program(pattern: str) -> str:
    """The program of a pattern. Raises `Unreadable`, whose text says why."""
    whole = _chain(_Reader(pattern).whole(), _Part(((".", ()),)))
    return " ".join(sign + ",".join(map(str, numbers)) for sign, numbers in whole.steps)


Steps = tuple[tuple[str, tuple[int, ...]], ...]


@lru_cache(maxsize=256)
def _steps(code: str) -> Steps:
    return tuple((step[0], tuple(map(int, step[1:].split(","))) if len(step) > 1 else ()) for step in code.split(" "))


class _Machine:
    """Threads in order of preference; each remembers where its match began."""

    def __init__(self, steps: Steps, codes: list[int]) -> None:
        self.steps = steps
        self.codes = codes

    def follow(self, threads: list[tuple[int, int]], seen: set[int], step: int, began: int, place: int) -> None:
        """Adds the thread at a step, and those that it goes on to without reading."""
        todo = [step]
        while todo:
            at = todo.pop()
            if at in seen:
                continue
            seen.add(at)
            sign, numbers = self.steps[at]
            if sign == ">":
                todo.extend(reversed(numbers))
            elif sign == "^":
                todo.extend([at + 1] if place == 0 else [])
            elif sign == "$":
                todo.extend([at + 1] if place == len(self.codes) else [])
            else:
                threads.append((at, began))

    def first(self) -> tuple[int, int] | None:
        """The first match: of those that begin first, the preferred one."""
        threads: list[tuple[int, int]] = []
        best: tuple[int, int] | None = None
        seen: set[int] = set()
        for place in range(len(self.codes) + 1):
            if best is None:
                self.follow(threads, seen, 0, place, place)
            following: list[tuple[int, int]] = []
            seen = set()
            for at, began in threads:
                sign, numbers = self.steps[at]
                if sign == ".":
                    best = (began, place)
                    break
                if place < len(self.codes) and _fits(sign, numbers, self.codes[place]):
                    self.follow(following, seen, at + 1, began, place + 1)
            threads = following
            if best is not None and not threads:
                break
        return best


def _fits(sign: str, numbers: tuple[int, ...], code: int) -> bool:
    inside = any(numbers[n] <= code <= numbers[n + 1] for n in range(0, len(numbers), 2))
    return inside == (sign == "=")


def _search(value: str | None, code: str | None) -> tuple[int, int] | None:
    if code is None:
        return None
    steps, codes = _steps(code), [ord(sign) for sign in value or ""]
    if len(steps) * len(codes) > MAX_WORK:
        return None
    return _Machine(steps, codes).first()


def matches(value: str | None, code: str | None) -> bool:
    """Whether the pattern is found in the text; blank is an empty text."""
    return _search(value, code) is not None


def extract(value: str | None, code: str | None) -> str | None:
    """The first part of the text that the pattern fits; blank if there is none."""
    found = _search(value, code)
    return None if found is None or value is None else value[found[0] : found[1]] or None
