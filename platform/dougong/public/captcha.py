"""Our own captcha: a small picture with crooked digits, and beside it a sum in words for who cannot see pictures.

The puzzle lives in a sealed text in the page, so nothing is stored until it is answered. The picture is a PNG drawn
here: no service outside is asked, and no text stands in it for a program to read.
"""

import hmac
import json
import math
import random
import secrets
import struct
import time
import unicodedata
import zlib
from dataclasses import dataclass
from typing import Final

from dougong.public.signing import unsealed
from dougong.vault.box import Box

SECONDS: Final = 15 * 60
DIGITS: Final = 5
WIDTH, HEIGHT = 180, 56
_CHINESE: Final = "零一二三四五六七八九十"
_ENGLISH: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

# Each digit as lines on a grid of 4 by 6.
_STROKES: Final[dict[str, tuple[tuple[float, float, float, float], ...]]] = {
    "0": ((0, 1, 0, 5), (4, 1, 4, 5), (0, 1, 2, 0), (2, 0, 4, 1), (0, 5, 2, 6), (2, 6, 4, 5)),
    "1": ((1, 1, 2, 0), (2, 0, 2, 6), (1, 6, 3, 6)),
    "2": ((0, 1, 2, 0), (2, 0, 4, 1), (4, 1, 4, 2.4), (4, 2.4, 0, 6), (0, 6, 4, 6)),
    "3": ((0, 0, 4, 0), (4, 0, 2, 2.5), (2, 2.5, 4, 4), (4, 4, 3.4, 5.6), (3.4, 5.6, 1, 6), (1, 6, 0, 5)),
    "4": ((3, 6, 3, 0), (3, 0, 0, 4), (0, 4, 4, 4)),
    "5": ((4, 0, 0.4, 0), (0.4, 0, 0.2, 2.6), (0.2, 2.6, 3, 2.5), (3, 2.5, 4, 4), (4, 4, 3, 6), (3, 6, 0, 5.6)),
    "6": ((3.6, 0, 1, 2), (1, 2, 0, 4), (0, 4, 1, 6), (1, 6, 3.4, 6), (3.4, 6, 4, 4.4), (4, 4.4, 2.6, 3),
          (2.6, 3, 0.2, 3.8)),
    "7": ((0, 0, 4, 0), (4, 0, 1.4, 6), (1.4, 3, 3.6, 3)),
    "8": ((2, 2.8, 0.4, 1.4), (0.4, 1.4, 2, 0), (2, 0, 3.6, 1.4), (3.6, 1.4, 2, 2.8), (2, 2.8, 0, 4.6),
          (0, 4.6, 2, 6), (2, 6, 4, 4.6), (4, 4.6, 2, 2.8)),
    "9": ((4, 2.4, 2, 3.2), (2, 3.2, 0, 2), (0, 2, 1.4, 0), (1.4, 0, 3.4, 0.2), (3.4, 0.2, 4, 2), (4, 2, 3, 6)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Puzzle:
    """A puzzle: the digits of the picture and the two numbers of the sum. `name` lets it be answered once."""

    name: str
    digits: str
    left: int
    right: int
    at: int


def make(box: Box) -> str:
    """A fresh puzzle, sealed."""
    digits = "".join(secrets.choice("23456789") for _ in range(DIGITS))
    body = [secrets.token_urlsafe(9), digits, secrets.randbelow(9) + 1, secrets.randbelow(9) + 1, int(time.time())]
    return box.seal(json.dumps(["captcha", *body]))


def read(box: Box, text: str) -> Puzzle | None:
    """The puzzle in a sealed text; None for anything else, or when its time is over."""
    found = unsealed(box, text)
    if not isinstance(found, list) or len(found) != 6 or found[0] != "captcha":
        return None
    puzzle = Puzzle(*found[1:])
    return puzzle if 0 <= time.time() - puzzle.at <= SECONDS else None


def answers(puzzle: Puzzle, answer: str) -> bool:
    """Whether the digits, or the sum, were given."""
    text = unicodedata.normalize("NFKC", answer[:40]).replace(" ", "").encode()
    digits, total = puzzle.digits.encode(), str(puzzle.left + puzzle.right).encode()
    return hmac.compare_digest(text, digits) | hmac.compare_digest(text, total)


def question(puzzle: Puzzle, locale: str) -> str:
    """The sum in words."""
    if locale == "en":
        return f"{_ENGLISH[puzzle.left]} + {_ENGLISH[puzzle.right]}"
    return f"{_CHINESE[puzzle.left]}加{_CHINESE[puzzle.right]}"


def picture(puzzle: Puzzle) -> bytes:
    """The digits as a PNG, crooked in another way each time it is drawn."""
    chance = random.SystemRandom()
    pixels = [bytearray(b"\xf6" * WIDTH) for _ in range(HEIGHT)]
    wave, phase, tall = chance.uniform(14, 24), chance.uniform(0, 6), chance.uniform(1.5, 3)
    for _ in range(5):
        ends = [
            chance.uniform(0, WIDTH),
            chance.uniform(0, HEIGHT),
            chance.uniform(0, WIDTH),
            chance.uniform(0, HEIGHT),
        ]
        _line(pixels, *ends, thick=0.9, shade=150)
    for place, digit in enumerate(puzzle.digits):
        angle, size = chance.uniform(-0.35, 0.35), chance.uniform(4.6, 5.8)
        left = 16 + place * (WIDTH - 24) / DIGITS + chance.uniform(-3, 3)
        top = (HEIGHT - 6 * size) / 2 + chance.uniform(-4, 4)
        for stroke in _STROKES[digit]:
            points = []
            for x, y in (stroke[:2], stroke[2:]):
                dx, dy = (x - 2) * size, (y - 3) * size
                across = left + 2 * size + dx * math.cos(angle) - dy * math.sin(angle)
                down = top + 3 * size + dx * math.sin(angle) + dy * math.cos(angle)
                points += [across, down + tall * math.sin(across / wave + phase)]
            _line(pixels, *points, thick=1.7, shade=chance.randrange(30, 90))
    for _ in range(260):
        pixels[chance.randrange(HEIGHT)][chance.randrange(WIDTH)] = chance.randrange(90, 200)
    return _png(pixels)


def _line(pixels: list[bytearray], x0: float, y0: float, x1: float, y1: float, *, thick: float, shade: int) -> None:
    steps = max(1, int(2 * max(abs(x1 - x0), abs(y1 - y0))))
    reach = math.ceil(thick)
    for step in range(steps + 1):
        x, y = x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps
        for row in range(int(y) - reach, int(y) + reach + 2):
            for column in range(int(x) - reach, int(x) + reach + 2):
                inside = 0 <= row < HEIGHT and 0 <= column < WIDTH
                if inside and (row - y) ** 2 + (column - x) ** 2 <= thick * thick:
                    pixels[row][column] = shade


def _png(pixels: list[bytearray]) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 0, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + bytes(row) for row in pixels), 6)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
