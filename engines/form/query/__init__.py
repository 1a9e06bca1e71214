"""The one way to read records (D4): lists, details, pickers. None of it can be called without a policy."""

from engines.form.query.ask import Ask, ask
from engines.form.query.conditions import filter_condition
from engines.form.query.detail import exists_for, get_record
from engines.form.query.lists import condition_of, ids_in_order, list_records, visible_ids
from engines.form.query.pick import Pick, options_of, pick, picked
from engines.form.query.types import Meta, Page, Query, Record, Sort

__all__ = [
    "Ask",
    "Meta",
    "Page",
    "Pick",
    "Query",
    "Record",
    "Sort",
    "ask",
    "condition_of",
    "exists_for",
    "filter_condition",
    "get_record",
    "ids_in_order",
    "list_records",
    "options_of",
    "pick",
    "picked",
    "visible_ids",
]
