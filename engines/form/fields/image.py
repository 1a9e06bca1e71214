"""Pictures and signatures: attachments that hold pictures only, shown as pictures."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from engines.form.fields.attachment import AttachmentField
from engines.form.fields.base import Context, Field, reject, with_options
from engines.form.fields.options import flag, properties, words
from engines.kernel.documents import described
from engines.kernel.problems import Problem, Rejected, suggest

SHOWABLE: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")
"""Kinds of pictures that every browser shows."""

WATERMARKS: Final = ("user", "time", "place")
SOURCES: Final = ("camera", "file")
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_WORDS: Final = frozenset({"user", "date", "time", "place", "form"})


class PictureField(AttachmentField):
    """What pictures and signatures share."""

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> tuple[dict[str, Any], ...] | None:
        """As an attachment; a page sends the list as JSON."""
        if isinstance(raw, str) and raw.strip():
            try:
                raw = json.loads(raw)
            except (ValueError, RecursionError):
                raise reject("attachment.not_a_list", "Must be a list of files") from None
        files = super().parse(raw, field, context)
        told = {str(one.get("id")): one.get("source") for one in raw or () if isinstance(one, Mapping)} if files else {}
        return files and tuple(
            {**one, "source": source} if (source := told.get(one["id"])) in SOURCES else one for one in files
        )

    def held(self, value: Any, field: Field) -> tuple[dict[str, Any], ...]:
        """The files of a value or of what a page sent, for the input; none where it cannot be read."""
        try:
            return self.parse(value, field) or ()
        except Rejected:
            return ()

    def check(self, value: Any, field: Field, context: Context | None = None) -> Iterable[Problem]:
        yield from super().check(value, self._limited(field), context)
        for file in value:
            name = file.get("name", file["id"])
            if file.get("mime", SHOWABLE[0]) not in SHOWABLE:
                yield Problem("attachment.not_an_image", "", f'"{name}" is not a picture', {"name": name})

    def _limited(self, field: Field) -> Field:
        return field


class ImageField(PictureField):
    """Photographs of a place, a product, a damage."""

    key = "image"
    icon = "photo"
    group = "file"
    title = words("Picture", "图片")
    description = words(
        "Photographs or pictures, shown small with a click to full size.", "照片或图片，以缩略图显示，点击查看大图。"
    )
    option_properties = properties(
        max_files=described(
            {"type": "integer", "minimum": 1, "maximum": 50, "default": 9},
            ("At most", "How many pictures there may be."),
            ("最多张数", "最多可以有几张图片。"),
        ),
        max_megabytes=described(
            {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
            ("Largest picture", "The size of one picture in megabytes, after it was made smaller."),
            ("单张大小", "压缩后单张图片最大多少 MB。"),
        ),
        camera_only=flag(
            False,
            (
                "Camera only",
                "The picture is taken on the spot: phones open the camera, computers a window with it. Files cannot "
                "be chosen on the page.",
            ),
            ("仅拍照", "只能现场拍摄：手机打开相机，电脑打开摄像头窗口，页面上不能选择文件。"),
        ),
        watermark=described(
            {"type": "array", "items": {"enum": list(WATERMARKS)}, "uniqueItems": True, "x-value": True},
            ("Watermark", "What is written into the picture before it is sent: who, when, where."),
            ("水印", "上传前写入图片的内容：拍摄人、时间、地点。"),
        ),
        watermark_text=described(
            {"type": "string", "minLength": 1, "maxLength": 200, "x-widget": "template"},
            (
                "Watermark text",
                "A line written into the picture, with {user}, {date}, {time}, {place}, {form} and the fields of the "
                "form in braces, such as {customer}.",
            ),
            (
                "水印文字",
                "写入图片的一行文字，可用 {user}、{date}、{time}、{place}、{form} 及表单字段，例如 {customer}。",
            ),
        ),
        longest_side=described(
            {"type": "integer", "minimum": 320, "maximum": 8000, "default": 2560},
            ("Longest side", "Larger pictures are made smaller in the browser, to so many pixels."),
            ("最长边", "超过此像素数的图片先在浏览器中缩小。"),
        ),
    )

    def check_among(self, options: Mapping[str, Any], fields: Mapping[str, Field]) -> Iterable[Problem]:
        """What a watermark names must be there: one of the words, or a field beside this one."""
        for name in _PLACEHOLDER.findall(options.get("watermark_text") or ""):
            if name.strip() not in _WORDS and name.strip() not in fields:
                known = [*sorted(_WORDS), *fields]
                message = f'There is no field "{name}"{suggest(name, known)}'
                yield Problem("field.unknown", "watermark_text", message, {"key": name, "known": known})

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        photo = {"id": "7", "name": "现场 (1).jpg", "size": 204800, "mime": "image/jpeg"}
        options = {
            "max_files": 3,
            "camera_only": True,
            "watermark": ["user", "time"],
            "watermark_text": "{form} · {date} {place}",
        }
        taken = {"id": "8", "name": "b.png", "mime": "image/png", "source": "camera"}
        return [({}, (photo,)), (options, (photo, taken))]


class SignatureField(PictureField):
    """The hand that accepted a delivery. One picture, drawn on the page."""

    key = "signature"
    icon = "signature"
    group = "file"
    title = words("Signature", "手写签名")
    description = words("A signature drawn with finger, pen or mouse.", "用手指、触控笔或鼠标签名。")
    option_properties = properties(
        reuse=flag(
            False,
            ("Use again", "The person's own last signature may be used again with one press."),
            ("可用上次签名", "可以一键使用本人上一次的签名。"),
        ),
    )

    def _limited(self, field: Field) -> Field:
        return with_options(field, max_files=1)

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        drawn = {"id": "9", "name": "signature.png", "size": 8000, "mime": "image/png"}
        return [({"reuse": True}, (drawn,))]
