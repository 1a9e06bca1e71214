"""The installation's keys as the form engine knows them: a cipher for the encrypted fields of one workspace."""

import base64
from dataclasses import dataclass, field

from dougong.vault.box import Box


@dataclass(frozen=True, slots=True)
class WorkspaceCipher:
    """Seals with the installation's box. Digests carry the workspace's name, so none is the same in two workspaces."""

    box: Box = field(repr=False)
    workspace: str

    @property
    def keys(self) -> str:
        """The names of the keys, the first one first."""
        return self.box.names

    def seal(self, text: str) -> str:
        """The text as nobody can read it."""
        return self.box.seal(text)

    def open(self, sealed: str) -> str:
        """What was sealed. Raises `Rejected` (`vault.no_key`)."""
        return self.box.open(sealed)

    def is_current(self, sealed: str) -> bool:
        """Whether the first key sealed it."""
        return self.box.is_current(sealed)

    def digests(self, text: str, purpose: str) -> tuple[str, ...]:
        """The digest under every key, as texts: staged rows carry them as JSON."""
        found = self.box.digests(text, f"field:{self.workspace}:{purpose}")
        return tuple(base64.urlsafe_b64encode(one).decode().rstrip("=") for one in found)


def cipher_of(box: Box | None, workspace: str) -> WorkspaceCipher | None:
    """The cipher of a workspace; None where this process has no keys."""
    return None if box is None else WorkspaceCipher(box, workspace)
