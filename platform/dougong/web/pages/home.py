"""The first page after sign-in: blocks that the areas give, each person seeing those made for them."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from dougong.web.home import BLOCKS, Shown
from dougong.web.request import begin_tx

home_pages = Blueprint("home", __name__)


@home_pages.get("/")
def page() -> ResponseReturnValue:
    """Home."""
    with begin_tx() as tx:
        shown: list[Shown] = []
        for block in sorted(BLOCKS, key=lambda each: each.order):
            content = block.show(tx)
            if content is not None:
                shown.append(Shown(block, content))
        return render_template("pages/home.html", blocks=shown, name=tx.actor.name)
