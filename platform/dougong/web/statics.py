"""Static files: the compressed twin that the build wrote beside a file, where the browser takes it."""

import mimetypes
from pathlib import Path

from flask import Flask, Response, request, send_from_directory

from dougong.web.login import public

TWINS = (("br", ".br"), ("gzip", ".gz"))


def install(app: Flask) -> None:
    """Serve `/static/...` without sign-in, compressed where possible."""
    folder = Path(app.static_folder or "")

    @public
    def static(filename: str) -> Response:
        for encoding, ending in TWINS:
            twin = filename + ending
            if request.accept_encodings[encoding] > 0 and filename.startswith("dist/") and (folder / twin).is_file():
                kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
                response = send_from_directory(folder, twin, mimetype=kind, conditional=True)
                response.content_encoding = encoding
                response.vary.add("Accept-Encoding")
                return response
        return send_from_directory(folder, filename, conditional=True)

    app.view_functions["static"] = static
