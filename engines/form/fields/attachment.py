# ruff: noqa: ARG002
"""Files kept with a record: a list of `{"id", "name", "size", "mime"}`. The host stores the bytes, checks the ids."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from engines.form.fields.base import Context, Field, FieldType, reject
from engines.form.fields.options import one_of, properties, words
from engines.form.fields.text import without_controls
from engines.formula.types import Type
from engines.kernel.documents import described
from engines.kernel.problems import Problem

MOST_FILES = 50
MEGABYTE = 1024 * 1024
LONGEST_ID = 100


class AttachmentField(FieldType):
    """Contracts, pictures, recordings."""

    key = "attachment"
    icon = "paperclip"
    group = "file"
    title = words("Attachment", "附件")
    description = words("Files or pictures.", "文件或图片。")
    formula = Type.LIST
    searchable = True
    sortable = False
    operator_names = ("empty", "filled")
    option_properties = properties(
        kind=one_of(
            ("any", "image"),
            "any",
            ("Files", "All files, or pictures only."),
            ("文件类型", "所有文件，或仅图片。"),
        ),
        max_files=described(
            {"type": "integer", "minimum": 1, "maximum": MOST_FILES, "default": 20},
            ("At most", "How many files there may be."),
            ("最多个数", "最多可以有几个文件。"),
        ),
        max_megabytes=described(
            {"type": "integer", "minimum": 1, "maximum": 2048},
            ("Largest file", "The size of one file in megabytes."),
            ("单个大小", "单个文件最大多少 MB。"),
        ),
    )

    def column_type(self, field: Field) -> TypeEngine[Any]:
        return JSONB(none_as_null=True)

    def from_column(self, stored: Any, field: Field) -> Any:
        return tuple(stored) if stored else None

    def to_columns(self, value: Any, field: Field) -> dict[str, Any]:
        return {field.key: list(value) if value else None}

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> tuple[dict[str, Any], ...] | None:
        """File ids, or objects with an id. Name, size and mime are taken from the stored file by the writer."""
        if raw in (None, ""):
            return None
        if not isinstance(raw, list | tuple):
            raise reject("attachment.not_a_list", "Must be a list of files")
        files: dict[str, dict[str, Any]] = {}
        for one in raw:
            known = one if isinstance(one, Mapping) else {"id": one}
            key = known.get("id")
            if isinstance(key, bool) or not isinstance(key, str | int) or not str(key).strip():
                raise reject("attachment.not_a_file", "Must be the id of an uploaded file", value=str(one)[:50])
            name = str(key)[:LONGEST_ID]
            if without_controls(name) != str(key):
                raise reject("attachment.not_a_file", "Must be the id of an uploaded file", value=ascii(name)[:50])
            files[name] = {"id": name, **_about(known)}
        return tuple(files.values()) or None

    def check(self, value: Any, field: Field, context: Context | None = None) -> Iterable[Problem]:
        high = field.options.get("max_files", 20)
        if len(value) > high:
            yield Problem("attachment.too_many", "", f"At most {high} files", {"max": high})
        size = field.options.get("max_megabytes")
        for file in value:
            name = file.get("name", file["id"])
            if size and file.get("size", 0) > size * MEGABYTE:
                message = f'"{name}" is larger than {size} MB'
                yield Problem("attachment.too_large", "", message, {"name": name, "max": size})
            if field.options.get("kind") == "image" and not str(file.get("mime", "image/")).startswith("image/"):
                yield Problem("attachment.not_an_image", "", f'"{name}" is not a picture', {"name": name})

    def to_json(self, value: Any, field: Field) -> Any:
        return [dict(file) for file in value or ()]

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        names = [str(file.get("name") or file["id"]) for file in value or ()]
        return ("、" if locale.startswith("zh") else ", ").join(names)

    def search_text(self, value: Any, field: Field) -> str:
        return " ".join(str(file.get("name", "")) for file in value or ()).strip()

    def import_cell(self, cell: Any, field: Field, context: Context) -> Any:
        """Lines of `name (id)`, as an export wrote them: a file of records cannot carry files."""
        if not isinstance(cell, str):
            return self.parse(cell, field, context)
        lines = [line.strip() for line in cell.splitlines() if line.strip()]
        files = []
        for line in lines:
            name, _, key = line.removesuffix(")").rpartition("(")
            files.append({"id": key, "name": name.strip()})
        return self.parse(files, field, context)

    def export_cell(self, value: Any, field: Field, context: Context) -> Any:
        return "\n".join(f"{file.get('name', '')} ({file['id']})".strip() for file in value) if value else None

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        contract = {"id": "7", "name": "合同 (终稿).pdf", "size": 1024, "mime": "application/pdf"}
        return [({}, (contract,)), ({"kind": "image", "max_files": 2}, ({"id": "8"}, {"id": "9", "name": "a.png"}))]


def _about(known: Mapping[str, Any]) -> dict[str, Any]:
    about: dict[str, Any] = {}
    for name in ("name", "mime"):
        if isinstance(known.get(name), str) and known[name]:
            about[name] = without_controls(known[name])[:255]
    if isinstance(known.get("size"), int) and known["size"] >= 0:
        about["size"] = known["size"]
    return about
