"""What a person goes on with: open tasks, new records, what was open last."""

from markupsafe import Markup

from dougong.web.blocks.first_steps import creatable
from dougong.web.home import fragment
from dougong.web.pages.todo import link_of
from dougong.web.records.menu import app_entries
from dougong.web.shell import Shell
from engines.form.transaction import Transaction
from engines.workflow.tasks import count_open, my_tasks

TASKS = 5
SHORTCUTS = 6


def tasks(tx: Transaction) -> Markup | None:
    """The newest tasks; nothing where nobody ever asked this person."""
    found = my_tasks(tx, limit=TASKS)
    if not found.items:
        return None
    lines = [(item, link_of(item)) for item in found.items]
    return fragment("home/tasks.html", {"lines": lines, "total": count_open(tx)})


def shortcuts(tx: Transaction) -> Markup | None:
    """New records of the forms in the menu."""
    forms = list(creatable(tx, list(app_entries(tx)), "create"))[:SHORTCUTS]
    if not forms:
        return None
    return fragment("home/shortcuts.html", {"forms": forms, "locale": tx.actor.locale})


def recent(_tx: Transaction) -> Markup | None:
    """The records opened last."""
    entries = Shell().recent
    return fragment("home/recent.html", {"entries": entries}) if entries else None
