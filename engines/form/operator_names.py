"""The operators that conditions know, whichever field they are about."""

from typing import Final

OPERATORS: Final = (
    "eq", "ne", "in", "nin", "lt", "le", "gt", "ge", "between", "contains", "ncontains", "starts", "empty", "filled",
    "relative", "is_me", "my_team", "my_department",
    "under", "nunder", "within",
)  # fmt: skip
