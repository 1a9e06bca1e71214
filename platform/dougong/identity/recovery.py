"""Who may give somebody a new password.

An administrator rules one workspace. An account that also belongs to another one is not theirs: with a link for its
password they would walk into the other workspace. There only the operator of the server helps (`dougong user`).
"""

from sqlalchemy import Connection, exists, select

from dougong.db.control import MEMBERSHIP
from dougong.identity.accounts import get_account
from dougong.identity.links import make_link
from engines.kernel.problems import Forbidden, Problem


def belongs_elsewhere(control: Connection, account_id: int, workspace_id: int) -> bool:
    """Whether an account is (or was) a member of a workspace other than this one."""
    other = exists().where(MEMBERSHIP.c.account_id == account_id, MEMBERSHIP.c.workspace_id != workspace_id)
    return bool(control.scalar(select(other)))


def password_link(control: Connection, account_id: int, workspace_id: int, *, created_by: int | None) -> str:
    """The token of a link with which a member chooses a new password. Raises `Forbidden` for one of elsewhere too."""
    if belongs_elsewhere(control, account_id, workspace_id):
        message = "This person belongs to another workspace too; only the operator of the server can help"
        raise Forbidden(Problem("member.elsewhere", "", message))
    account = get_account(control, account_id)
    return make_link(control, "password", account_id=account_id, email=account.email, created_by=created_by)
