"""The first page after sign-in: blocks that the areas give, each person seeing those made for them."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from dougong.web.blocks import first_steps, work
from dougong.web.home import BLOCKS, Block, Shown
from dougong.web.request import begin_tx

home_pages = Blueprint("home", __name__)
OWN_BLOCKS = (
    Block("first_steps", first_steps.show, order=10, width="full"),
    Block("tasks", work.tasks, order=20, width="two-thirds"),
    Block("shortcuts", work.shortcuts, order=30, width="third"),
    Block("recent", work.recent, order=80, width="third"),
)


@home_pages.get("/")
def page() -> ResponseReturnValue:
    """Home."""
    with begin_tx() as tx:
        shown: list[Shown] = []
        for block in sorted([*OWN_BLOCKS, *BLOCKS], key=lambda each: each.order):
            content = block.show(tx)
            if content is not None:
                shown.append(Shown(block, content))
        return render_template("pages/home.html", blocks=shown, name=tx.actor.name)


@home_pages.post("/first-steps/close")
def close_steps() -> ResponseReturnValue:
    """Take the checklist of the first minutes away."""
    with begin_tx() as tx:
        first_steps.close(tx)
    return ""
