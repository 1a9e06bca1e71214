"""What numbers count: the currency of an amount, followed through an expression.

Amounts of different currencies are never added up in silence. A field says what it counts (`FieldRef.unit`): a currency
known while the app is designed, or the one that a field of its record names. Here an expression is walked once after it
was checked. Adding or comparing what differs is a problem; an aggregate over rows of different currencies takes the
amounts in the base currency where the field keeps them (`FieldRef.worth`), else it is a problem too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from engines.formula.tree import Aggregate, Call, Constant, FieldValue, Node, PriorValue
from engines.formula.types import FieldRef, Scope, Type, Unit, Worth, form_scope

ALIKE: Final = frozenset({
    "add", "subtract", "sum_of", "average_of", "min_of", "max_of", "modulo",
    "equal", "unequal", "less", "less_equal", "greater", "greater_equal",
})  # fmt: skip
"""Primitives whose arguments must count the same thing."""
SAME: Final = frozenset({
    "negate", "plus", "absolute", "round", "round_up", "round_down", "floor", "ceiling_to", "floor_to", "cut",
    "add", "subtract", "sum_of", "average_of", "min_of", "max_of", "modulo",
})  # fmt: skip
"""Primitives whose result counts what their first amount counts."""
EITHER: Final = frozenset({"conditional", "first_present", "switch"})
"""Primitives whose result is one of their arguments."""
ADDING: Final = frozenset({"sum", "average", "min", "max", "progressive"})

Report = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One row that an expression sees, and where the record that it belongs to stands: so many rows outside of it."""

    scope: Scope
    up: int = 1
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """What a part counts; `worth` and `field` where it is a field as it stands."""

    unit: Unit | None = None
    worth: Worth | None = None
    field: FieldValue | None = None
    holder: Unit | None = None
    """Where the field stands, as a path with nothing behind it: its rate is found from there."""


class Units:
    """The units of one expression. `report(code, message, **params)` takes what is wrong."""

    def __init__(self, scopes: Sequence[Scope], report: Report) -> None:
        self.rows = [Row(scope) for scope in scopes]
        self.report = report
        self.exchanged: dict[tuple[str, ...], tuple[str, ...]] = {}
        """Paths of amounts whose base amounts are read instead."""

    def follow(self, node: Node) -> tuple[Node, Unit | None]:
        """The tree with base amounts where they are needed, and what its value counts."""
        made, counted = self._node(node)
        return made, counted.unit

    def _node(self, node: Node) -> tuple[Node, Counted]:
        match node:
            case FieldValue():
                return node, self._field(node)
            case PriorValue():
                return node, Counted(self._field(FieldValue((node.key,), node.type, node.up)).unit)
            case Call():
                return self._call(node)
            case Aggregate():
                return self._aggregate(node)
            case _:
                return node, Counted()

    def _field(self, node: FieldValue) -> Counted:
        if node.type is not Type.NUMBER or node.up >= len(self.rows):
            return Counted()
        row = self.rows[-1 - node.up]
        ref = self._ref(row.scope, node.path)
        if ref is None or ref.unit is None:
            return Counted(field=node)
        holder = Unit(path=node.path[:-1], up=node.up)
        return Counted(self._placed(ref.unit, holder, row), ref.worth, node, holder)

    def _placed(self, unit: Unit, holder: Unit, row: Row) -> Unit:
        """The unit as it is read where the expression stands."""
        if unit.code:
            return unit
        up, path = holder.up, holder.path
        for _ in range(unit.up):
            if path:  # the record around a row that a relation leads to: known by this way only
                path = (*path, "^")
            else:
                up, path = up + row.up, row.path
                row = self.rows[-1 - up] if up < len(self.rows) else row
        return Unit(path=(*path, *unit.path), up=up)

    def _ref(self, scope: Scope | None, path: Sequence[str]) -> FieldRef | None:
        ref: FieldRef | None = None
        for key in path:
            ref = None if scope is None else scope.field(key)
            if ref is None:
                return None
            scope = ref.target if ref.type in (Type.RECORD, Type.RECORDS) else None
        return ref

    # -- calls ----------------------------------------------------------------------------------------------------

    def _call(self, node: Call) -> tuple[Node, Counted]:
        parts = [self._node(argument) for argument in node.arguments]
        made = replace(node, arguments=tuple(part for part, _ in parts))
        counted = [found for _, found in parts]
        key = node.primitive.key
        if key in ALIKE:
            self._alike([one.unit for one in counted])
        if key == "convert":
            target = node.arguments[2]
            return made, Counted(Unit(target.value) if isinstance(target, Constant) and target.value else None)
        if key in ("multiply", "product_of"):
            return made, Counted(self._product(counted))
        if key == "divide":
            over, under = counted[0].unit, counted[1].unit
            return made, Counted(over if under is None else None)
        units = {one.unit for one in counted if one.unit is not None}
        if key in SAME:
            return made, Counted(next((one.unit for one in counted if one.unit is not None), None))
        if key in EITHER and len(units) == 1:
            return made, Counted(units.pop())
        return made, Counted()

    def _product(self, parts: Sequence[Counted]) -> Unit | None:
        """Money times a number is money; times its own rate it is the base currency; money times money is nothing."""
        money = [one for one in parts if one.unit is not None]
        if len(money) != 1:
            return None
        one = money[0]
        if one.worth is not None and one.worth.rate and one.holder is not None:
            row = self.rows[-1 - one.holder.up]
            rate = self._placed(Unit(path=one.worth.rate, up=one.worth.up), one.holder, row)
            if any(self._is(other.field, rate) for other in parts if other is not one):
                return one.worth.unit
        return one.unit

    def _is(self, field: FieldValue | None, place: Unit) -> bool:
        return field is not None and field.path == place.path and field.up == place.up

    def _alike(self, units: Sequence[Unit | None]) -> None:
        known = list(dict.fromkeys(one for one in units if one is not None))
        if len(known) > 1:
            first, second = known[0].words, known[1].words
            message = f"{first} and {second} are different currencies: bring them into one with CONVERT"
            self.report("formula.mixed_currencies", message, first=first, second=second)

    # -- rows -----------------------------------------------------------------------------------------------------

    def _aggregate(self, node: Aggregate) -> tuple[Node, Counted]:
        arguments = tuple(self._node(argument)[0] for argument in node.arguments)
        entered = len(self.rows)
        reached = self._enter(node)
        if not reached:
            del self.rows[entered:]
            return node, Counted()
        body, counted = (None, Counted()) if node.body is None else self._node(node.body)
        where = None if node.where is None else self._node(node.where)[0]
        key = None if node.key is None else self._node(node.key)[0]
        unit = counted.unit
        if unit is not None and not unit.code:
            if unit.up >= node.levels:
                unit = replace(unit, up=unit.up - node.levels)
            elif node.kind in ADDING:
                body, unit = self._exchange(body, counted)
            else:
                unit = None
        del self.rows[entered:]
        adds = node.kind in ADDING or node.kind in ("first", "last")
        return replace(node, body=body, where=where, key=key, arguments=arguments), Counted(unit if adds else None)

    def _exchange(self, body: Node | None, counted: Counted) -> tuple[Node | None, Unit | None]:
        """The base amounts in place of amounts in many currencies."""
        if isinstance(body, Call) and body.primitive.key in EITHER and counted.unit is not None:
            swapped = self._swapped(body)
            if swapped is not None:
                return swapped
        if counted.field is None or counted.worth is None:
            name = counted.unit.words if counted.unit is not None else ""
            message = (
                f"Each row has the currency that {name} names: they cannot be added up. Give the amount a base amount"
                ' ("base"), or convert each row: CONVERT(amount, currency, "CNY", date)'
            )
            self.report("formula.rows_currencies", message, name=name)
            return body, None
        return self._base(counted.field, counted.worth), counted.worth.unit

    def _swapped(self, body: Call) -> tuple[Node, Unit | None] | None:
        """`IF(condition, amount, "")` with the base amount; None where more than one amount stands in it."""
        found = [(place, self._node(one)[1]) for place, one in enumerate(body.arguments)]
        money = [(place, one) for place, one in found if one.unit is not None]
        if len(money) != 1 or money[0][1].field is None or money[0][1].worth is None:
            return None
        place, one = money[0]
        assert one.field is not None  # asked above
        assert one.worth is not None
        arguments = list(body.arguments)
        arguments[place] = self._base(one.field, one.worth)
        return replace(body, arguments=tuple(arguments)), one.worth.unit

    def _base(self, field: FieldValue, worth: Worth) -> FieldValue:
        path = (*field.path[:-1], worth.amount)
        self.exchanged[field.path] = path
        return replace(field, path=path)

    def _enter(self, node: Aggregate) -> bool:
        """Put the rows that an aggregate runs over before those around it; False where they are not known."""
        scope: Scope | None
        path: tuple[str, ...] = ()
        if node.form is not None:
            scope = form_scope(self.rows[0].scope, node.form)
            if scope is None:
                return False
            self.rows.append(Row(scope))
            up = 1
        else:
            if node.up >= len(self.rows):
                return False
            scope, up = self.rows[-1 - node.up].scope, node.up + 1
        for key, many in node.steps:
            ref = scope.field(key) if scope is not None else None
            if ref is None:
                return False
            scope = ref.target
            if many and scope is not None:
                self.rows.append(Row(scope, up, path))
                up, path = 1, ()
            else:
                path = (*path, key)
        return True
