"""The first people of a server, made by its operator: nobody can be invited before somebody can sign in."""

from dougong.identity.accounts import ensure_account, find_account, set_membership
from dougong.identity.links import make_link
from dougong.identity.members import ensure_member, set_admin
from dougong.identity.passwords import fold_email
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo, create_workspace
from engines.form.transaction import SYSTEM
from engines.kernel.problems import NotFound, Problem, Rejected


def add_administrator(workspaces: Workspaces, key: str, title: str, email: str, name: str) -> tuple[WorkspaceInfo, str]:
    """Make somebody an administrator of a workspace, which is made where it is missing.

    Gives the workspace and the path to open: the invitation, or the sign-in page for somebody with a password.
    Raises `Rejected` for an address that is none or a key that cannot be.
    """
    email, name = fold_email(email), name.strip()
    if "@" not in email or not name:
        raise Rejected(Problem("invite.email", "email", "Give an e-mail address and a name"))
    try:
        info = workspaces.get(key)
    except NotFound:
        info = create_workspace(workspaces.engine, key, title or key)
    with workspaces.engine.begin() as control:
        account = ensure_account(control, email, name)
    with workspaces.begin(info, SYSTEM, origin="system") as tx:
        member_id = ensure_member(tx, name, email, account_id=account.id, is_admin=True)
    with workspaces.engine.begin() as control:
        set_membership(control, account.id, info.id, member_id, is_admin=True)
    with workspaces.begin(info, SYSTEM, origin="system") as tx:
        set_admin(tx, workspaces.engine, info.id, member_id, True)
    if account.has_password:
        return info, "/sign-in"
    with workspaces.engine.begin() as control:
        token = make_link(control, "invite", account_id=account.id, workspace_id=info.id, email=email)
    return info, f"/join/{token}"


def password_path(workspaces: Workspaces, email: str) -> str:
    """The path of a link with which this account chooses a new password. Raises `NotFound`."""
    with workspaces.engine.begin() as control:
        account = find_account(control, email)
        if account is None:
            message = f"There is no account {fold_email(email)}"
            raise NotFound(Problem("account.unknown", "email", message, {"email": fold_email(email)}))
        return f"/reset/{make_link(control, 'password', account_id=account.id, email=account.email)}"
