"""Keeping and finding files. The bytes lie in a folder of the installation (or any place that fsspec knows); the row in
`_file` knows their name, kind and size. What a file is is read from its content, not from what the sender says.
"""

import hashlib
import mimetypes
import re
import secrets
from dataclasses import dataclass
from typing import IO, Any

import fsspec
from sqlalchemy import insert, select

from dougong.config import Settings
from dougong.workspace.tables import FILE
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem, Rejected

CHUNK = 1024 * 1024
SIGNATURE = "signature.png"
"""The name under which pages send drawn signatures."""
NAME_LIMIT = 200
REFUSED = frozenset({"exe", "dll", "msi", "bat", "cmd", "com", "scr", "ps1", "vbs", "js", "jar", "hta", "lnk", "sh"})
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"MZ", "application/x-msdownload"),
    (b"\x7fELF", "application/x-executable"),
)
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"})
"""Kinds that a browser may show in place; everything else is only handed down."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One stored file. `id` is the token by which fields of records name it."""

    id: str
    name: str
    size: int
    mime: str
    created_by: int | None = None
    place: str = ""

    def as_dict(self) -> dict[str, Any]:
        """What an attachment field holds of it."""
        return {"id": self.id, "name": self.name, "size": self.size, "mime": self.mime}


def keep(tx: Transaction, settings: Settings, stream: IO[bytes], name: str) -> Stored:
    """Store a file for the actor. Raises `Rejected` for an empty one, a program, or a name that says another kind."""
    name = _clean(name)
    extension = name.rpartition(".")[2].lower()
    head = stream.read(CHUNK)
    if not head:
        raise Rejected(Problem("file.empty", "file", f'"{name}" is empty', {"name": name}))
    mime = sniff(head, name)
    if extension in REFUSED or mime in ("application/x-msdownload", "application/x-executable"):
        message = f'"{name}" is a program; programs are not kept here'
        raise Rejected(Problem("file.program", "file", message, {"name": name}))
    said = mimetypes.guess_type(name)[0] or ""
    if said.startswith("image/") and said != "image/svg+xml" and not mime.startswith("image/"):
        message = f'"{name}" is called a picture but is none'
        raise Rejected(Problem("file.not_an_image", "file", message, {"name": name}))
    token = secrets.token_urlsafe(16)
    place = f"{tx.workspace}/{token[:2]}/{token}"
    digest, size = hashlib.sha256(), 0
    with _open(settings, place, "wb") as target:
        while head:
            digest.update(head)
            size += len(head)
            target.write(head)
            head = stream.read(CHUNK)
    values = {
        "token": token,
        "name": name,
        "media_type": mime,
        "size": size,
        "digest": digest.digest(),
        "place": place,
        "created_by": tx.actor.id,
        "created_at": tx.now,
    }
    tx.connection.execute(insert(FILE).values(values))
    return Stored(token, name, size, mime, tx.actor.id, place)


def find(tx: Transaction, token: str) -> Stored:
    """A stored file by its token; whether the person may have it is for the caller to say. Raises `NotFound`."""
    row = tx.connection.execute(select(FILE).where(FILE.c.token == token, FILE.c.deleted_at.is_(None))).one_or_none()
    if row is None:
        raise NotFound(Problem("file.unknown", "", "There is no such file"))
    return Stored(row.token, row.name, row.size, row.media_type, row.created_by, row.place)


def last_signature(tx: Transaction) -> Stored | None:
    """The signature that the actor drew last, to be used again; None where there is none."""
    mine = FILE.c.created_by == tx.actor.id, FILE.c.name == SIGNATURE, FILE.c.deleted_at.is_(None)
    row = tx.connection.execute(select(FILE).where(*mine).order_by(FILE.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else Stored(row.token, row.name, row.size, row.media_type, row.created_by, row.place)


def read(settings: Settings, stored: Stored) -> IO[bytes]:
    """The bytes of a stored file. Raises `NotFound` where the storage has lost them."""
    try:
        return _open(settings, stored.place, "rb")
    except FileNotFoundError as error:
        message = f'The content of "{stored.name}" is missing in the file storage'
        raise NotFound(Problem("file.lost", "", message, {"name": stored.name})) from error


def sniff(head: bytes, name: str) -> str:
    """What kind of file begins like this; texts and office files by their name, unknown ones as bytes."""
    for magic, mime in _MAGIC:
        if head.startswith(magic):
            return mime
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    said = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if said.startswith("image/") or said in SHOWN or said in ("text/html", "application/xhtml+xml"):
        return "application/octet-stream"  # nothing that a browser would run, or show by its name alone, in our pages
    return said


def _clean(name: str) -> str:
    name = re.sub(r"[\x00-\x1f\x7f/\\:*?\"<>|]+", " ", name).strip(" .")
    return name[-NAME_LIMIT:] or "file"


def _open(settings: Settings, place: str, mode: str) -> Any:
    root = settings.files_url or str(settings.data_folder / "files")
    return fsspec.open(f"{root.rstrip('/')}/{place}", mode, auto_mkdir=True).open()
