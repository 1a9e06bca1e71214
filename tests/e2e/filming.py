"""What Chromium's fake camera sees: films of codes, raw frames (Y4M) drawn here with segno and python-barcode."""

from pathlib import Path

import segno
from barcode.ean import EAN13

WIDTH, HEIGHT = 640, 480
DARK, LIGHT = b"\x10", b"\xeb"


def _frame(rows: list[bytes]) -> bytes:
    return b"FRAME\n" + b"".join(rows) + b"\x80" * (WIDTH * HEIGHT // 2)


def blank() -> bytes:
    """A frame with nothing on it."""
    return _frame([LIGHT * WIDTH] * HEIGHT)


def qr(text: str, scale: int = 8) -> bytes:
    """A frame with a QR code in its middle."""
    matrix = [
        b"".join((DARK if dark else LIGHT) * scale for dark in row) for row in segno.make(text, micro=False).matrix
    ]
    side = (WIDTH - len(matrix[0])) // 2
    drawn = [(LIGHT * side + row).ljust(WIDTH, LIGHT) for row in matrix for _ in range(scale)]
    above = (HEIGHT - len(drawn)) // 2
    empty = LIGHT * WIDTH
    return _frame([empty] * above + drawn + [empty] * (HEIGHT - above - len(drawn)))


def ean(digits: str, scale: int = 5) -> bytes:
    """A frame with a bar code (EAN-13) across its middle."""
    (modules,) = EAN13(digits).build()
    bars = b"".join((LIGHT if one == "0" else DARK) * scale for one in modules)
    row = bars.center(WIDTH, LIGHT)
    return _frame([LIGHT * WIDTH] * 120 + [row] * (HEIGHT - 240) + [LIGHT * WIDTH] * 120)


def film(path: Path, *scenes: bytes, each: int = 4, speed: int = 5) -> Path:
    """A film that shows each scene for some frames, again and again."""
    path.write_bytes(
        f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{speed}:1 Ip A1:1 C420mpeg2\n".encode() + b"".join(one * each for one in scenes)
    )
    return path
